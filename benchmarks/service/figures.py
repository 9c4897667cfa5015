"""Figures: what the parts measure, by the names under which they are printed."""

Figures = dict[str, int | float]

NAMES = (
    "killed",
    "lost",
    "doubled",
    "slowest_recovery_s",
    "changes",
    "unaccounted",
    "runs_per_minute_one_worker",
    "runs_per_minute_two_workers",
    "two_over_one",
    "queue_p50_s_one_worker",
    "queue_p95_s_one_worker",
    "queue_p50_s_two_workers",
    "queue_p95_s_two_workers",
    "soak_runs",
    "memory_mb_per_100_runs",
    "disk_mb_per_100_runs",
    "images_as_root",
    "image_start_s",
)
