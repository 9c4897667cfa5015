"""Program log: what programs that run for long say, as text for people or as JSON lines for what gathers them.

`python -m pipeline_defs.runtime.program_log MODULE WORDS…` runs another program's module so: Dagster's own have an
option for the format, which
holds for what Dagster says, and not for what its libraries do.
"""

import json
import logging
import os
import runpy
import sys
from datetime import UTC, datetime

from pipeline_defs.config.process_protection import protect_process

FORMAT = "SHIPLINE_LOG_FORMAT"
"""The variable: `json` in containers; without it text."""

_WITH_HANDLERS = frozenset({"dagster", "dagster-webserver"})
"""Loggers to which Dagster's programs give handlers of their own."""


def is_json() -> bool:
    """True where every line is to be JSON, so that nothing is told to people beside it."""
    return os.environ.get(FORMAT) == "json"


def write_log(level: int = logging.INFO) -> None:
    """Let everything that this process logs, its libraries too, be written to standard error; of Dagster's what Dagster does not write."""
    handler = logging.StreamHandler()
    handler.addFilter(_is_unwritten)
    if is_json():
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class JsonLines(logging.Formatter):
    """One JSON object a line, with the names that Dagster's own programs use: event, logger, level, timestamp, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message contains."""
        said = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def _is_unwritten(record: logging.LogRecord) -> bool:
    name = record.name.partition(".")[0]
    return name not in _WITH_HANDLERS or not logging.getLogger(name).handlers


def main(module: str, *words: str) -> None:
    """Run a module as `python -m` does, with all that it logs written; what is no warning of its libraries is left out."""
    protect_process()
    write_log(logging.WARNING)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
