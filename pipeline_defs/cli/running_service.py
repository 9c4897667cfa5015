"""Running service: where a running Shipline is. `shipline up` says so in `service.json`, docker/compose.yaml in variables."""

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psutil

from pipeline_defs.config import Home
from pipeline_defs.config.web_token import read_token

_SAME_START = 2.0  # seconds: a clock that was set meanwhile; no process number is given out again that fast


@dataclass
class Service:
    """Addresses and processes of one Shipline; in containers there are no processes that could be known.

    `code`: the code server as gRPC names it, `unix:/path` or `host:port`. `pids` and `started` (seconds since 1970) are by name:
    `up`, `code`, `daemon`, `webserver`. A number alone could be another process by now; together with its start time it cannot.
    `ready` once the webserver answers for the definitions.
    """

    url: str
    webserver_port: int
    code: str = ""
    ready: bool = False
    pids: dict[str, int] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)

    @classmethod
    def find(cls, home: Home) -> Self | None:
        """The Shipline of this home: in containers the one that SHIPLINE_WEB names, else what `shipline up` wrote, if it runs."""
        web = os.environ.get("SHIPLINE_WEB")
        if not web:
            return cls.read(home.service)
        code = f"{os.environ['SHIPLINE_CODE_HOST']}:{os.environ['SHIPLINE_CODE_PORT']}"
        return cls(web, urlsplit(web).port or 80, code, ready=True)

    @property
    def in_containers(self) -> bool:
        """True where what runs is not this machine's `shipline up`, which writes down at least itself."""
        return not self.pids

    def token(self, home: Home) -> str:
        """What the web server asks for; empty in containers, where it asks for nothing."""
        return "" if self.in_containers else read_token(home.token)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What the file says, None where there is none or it cannot be read."""
        try:
            said = json.loads(file.read_text())
            # Another version of Shipline may have written more; it has to be found all the same, to be ended.
            return cls(**{each.name: said[each.name] for each in fields(cls) if each.name in said})
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
