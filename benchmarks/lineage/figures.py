"""Figures: what the parts measure, by the names under which they are printed."""

Figures = dict[str, int | float | str]

NAMES = (
    "deployments",
    "storage",
    "index_s",
    "status_s",
    "history_s",
    "trace_s",
    "status_query_s",
    "history_query_s",
    "trace_query_s",
    "traces_checked",
    "trace_mismatches",
    "metrics_checked",
    "metrics_mismatches",
    "docs_commands",
    "docs_commands_failed",
)
