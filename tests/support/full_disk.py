"""A disk that is full at each write: `python -m tests.support.full_disk` tries all of them, on a disk of its own in memory.

It needs Linux and the right to make name spaces. What is written has to be there as it was before, or whole, and never half.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Host, Secret
from pipeline_defs.config.web_token import new_token, read_token
from pipeline_defs.github.webhooks.inbox import Inbox
from pipeline_defs.github.webhooks.webhook_senders import Sender, SendersFile, write_senders
from pipeline_defs.resources.host_keys import trust, trusted
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.runtime.backups.archive import check, writing
from pipeline_defs.runtime.backups.backup_manifest import BadBackup, Kind, Manifest
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.lock import Owner, take
from tests.unit.sample import site

PAGES = (0, 1, 2)
"""How many pages of 4 KiB are free when something is written: none, or too few for all of it."""
LONG = "x" * 20_000

_IN_NAME_SPACES = ["unshare", "--user", "--map-root-user", "--mount", "--"]
_KEYS = [paramiko.ECDSAKey.generate(bits=bits) for bits in (256, 384)]


@dataclass(frozen=True)
class Writer:
    """What writes a value below a folder, the first and then the second; and what is read there: a value, or empty."""

    write: Callable[[Path, int], object]
    read: Callable[[Path], str]


def _inbox(folder: Path) -> Inbox:
    return Inbox(folder / "deliveries.db")


def _host(folder: Path, number: int = 0) -> Host:
    return Host(address=f"{number}.example.org", known_hosts=folder / "known_hosts")


def _backup(folder: Path, number: int) -> None:
    with writing(folder / f"{number}.tar.gz", []) as archive:
        archive.add("large", Path(paramiko.transport.__file__))
        archive.finish(
            Manifest(kind=Kind.HOME, made="2026-05-04", shipline="0", commit="", dagster="", revision="", files={})
        )


def _is_whole(file: Path) -> bool:
    try:
        check(file)
    except BadBackup:
        return not file.exists()
    return True


def _locked(folder: Path) -> str:
    lock = site(folder).path("lock")
    text = Path(lock).read_text() if Path(lock).exists() else ""
    return Owner.read(text).run if text else "free"


def _take(folder: Path, number: int) -> None:
    owner = Owner(run=f"run {number}", task="deploy", since="2026-05-04T12:00:00+00:00", actor=LONG)
    dead = Path(site(folder).path("lock")).read_text().strip() if number else ""
    if not LocalRunner().run(take(site(folder), owner, dead), timeout=30).ok:
        raise ServerError("it could not be taken")


WRITERS: dict[str, Writer] = {
    "token": Writer(lambda folder, _: new_token(folder / "token"), lambda folder: read_token(folder / "token")),
    "service.json": Writer(
        lambda folder, number: Service(LONG, number, "unix:/code").write(folder / "service.json"),
        lambda folder: str(found.webserver_port) if (found := Service.read(folder / "service.json")) else "",
    ),
    "senders": Writer(
        lambda folder, number: write_senders(folder / "senders", [Sender(str(number), LONG, Secret("s"))]),
        lambda folder: "".join(each.app for each in SendersFile(folder / "senders").all()),
    ),
    "deliveries": Writer(
        lambda folder, number: _inbox(folder).put(f"guid-{number}", ("shop",), LONG, 0),
        lambda folder: str(_inbox(folder).waiting() or ""),
    ),
    "known_hosts": Writer(
        lambda folder, number: trust(_host(folder, number), _KEYS * 40),
        lambda folder: "trusted" if len(trusted(_host(folder))) == len(_KEYS) else "",
    ),
    "backup": Writer(_backup, lambda folder: "whole" if all(map(_is_whole, folder.glob("*.tar.gz"))) else ""),
    "lock on a server": Writer(_take, _locked),
}


def faults() -> Iterator[tuple[str, tuple[str, str]]]:
    """Each fault: what the writer said, and what was wrong after it, empty where nothing was. tmpfs has to be allowed to be mounted."""
    for name, writer in WRITERS.items():
        for pages in PAGES:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=True)
                try:
                    yield f"{name}, {pages} pages free", _tried(writer, Path(folder), pages)
                finally:
                    subprocess.run(["umount", "--lazy", folder], check=True)


def _tried(writer: Writer, folder: Path, pages: int) -> tuple[str, str]:
    writer.write(folder, 0)
    before = writer.read(folder)
    if not before:
        return "", "it could not be written to begin with"
    _fill(folder, pages)
    try:
        writer.write(folder, 1)
        said = ""
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    (folder / "filled").unlink()
    after = writer.read(folder)
    return said, "" if after else f"nothing can be read, and before it was {before}"


def _fill(folder: Path, pages: int) -> None:
    with (folder / "filled").open("wb", buffering=0) as file:
        with suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        file.truncate(max(file.tell() - pages * 4096, 0))


def tried() -> dict[str, tuple[str, str]]:
    """All of it, in name spaces of its own, as `faults` gives it. Raises RuntimeError where that is not allowed."""
    done = subprocess.run(
        [*_IN_NAME_SPACES, sys.executable, "-m", "tests.support.full_disk"], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"no disk can be filled here: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: (str(said), str(wrong)) for name, (said, wrong) in found.items()}


if __name__ == "__main__":
    print(json.dumps(dict(faults())))
