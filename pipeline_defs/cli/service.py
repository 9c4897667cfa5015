"""Service: what a running `shipline up` says about itself in `service.json`, so that others find it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import psutil

_SAME_START = 2.0  # seconds: a clock that was set meanwhile; no process number is given out again that fast


@dataclass
class Service:
    """Addresses and processes of one `shipline up`.

    `pids` and `started` (seconds since 1970) are by name: `up`, `code`, `daemon`, `webserver`. A number alone could be
    another process by now; together with its start time it cannot. `ready` once the webserver answers for the definitions.
    """

    url: str
    webserver_port: int
    code_port: int
    ready: bool = False
    pids: dict[str, int] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What the file says, None where there is none or it cannot be read."""
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, file: Path) -> None:
        """Replace the file in one step, so that nobody reads half of it."""
        new = file.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=2) + "\n")
        new.replace(file)

    def record(self, name: str, process: psutil.Process) -> None:
        """Note this process under this name."""
        self.pids[name] = process.pid
        self.started[name] = process.create_time()

    def process(self, name: str) -> psutil.Process | None:
        """The recorded process if it still lives; never another one that has its number now."""
        try:
            process = psutil.Process(self.pids[name])
            same = abs(process.create_time() - self.started[name]) < _SAME_START
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (KeyError, psutil.NoSuchProcess):
            return None
