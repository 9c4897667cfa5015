"""A home with generated apps, whose lineage Dagster keeps in SQLite or in a PostgreSQL of its own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lineage.story import EUROPE, PRODUCTION, STAGING
from benchmarks.parts import Failed
from pipeline_defs.config.home import PROJECT

SQLITE, POSTGRES = "sqlite", "postgres"

_APP = f"""
repository: team/{{app}}
image: registry.example.org/team/{{app}}
environments:
  {STAGING}: {{{{hosts: a.example.org, directory: /opt/{{app}}/staging, compose: staging.yml, rehearses: production,
            database: {{{{name: shop, user: shop}}}}}}}}
  {PRODUCTION}: {{{{hosts: a.example.org, directory: /opt/{{app}}/production, compose: production.yml}}}}
  {EUROPE}: {{{{hosts: b.example.org, directory: /opt/{{app}}/eu, compose: production.yml}}}}
"""
_STARTS = 30.0  # seconds that PostgreSQL may take


@contextmanager
def home(folder: Path, storage: str, apps: list[str]) -> Iterator[Path]:
    """A home below a folder, with a file for each app; the variables of this process point to it."""
    root = folder / "home"
    (root / "apps").mkdir(parents=True)
    for app in apps:
        (root / "apps" / f"{app}.yaml").write_text(_APP.format(app=app))
    settings = (PROJECT / "dagster.yaml").read_text()
    os.environ |= {"SHIPLINE_HOME": str(root), "DAGSTER_HOME": str(root), "SHIPLINE_APPS": str(root / "apps")}
    if storage == SQLITE:
        (root / "dagster.yaml").write_text(settings)
        yield root
        return
    with _postgres(folder / "postgres") as url:
        (root / "dagster.yaml").write_text(f"{settings}\nstorage:\n  postgres:\n    postgres_url: {url}\n")
        yield root


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL as an ordinary process with its data in a folder, reached by a socket there; it ends with the block.

    It refuses to run as root, and is then given to the user of Debian's package.
    """
    programs = _programs()
    user = "postgres" if os.geteuid() == 0 else None
    folder.mkdir(mode=0o700)
    if user:
        shutil.chown(folder, user)
        for parent in folder.parents[:2]:
            parent.chmod(parent.stat().st_mode | 0o011)  # the way to it
    made = subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "shipline", "-E", "UTF8", "--locale=C"],
        user=user, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        raise Failed(f"initdb failed: {made.stderr.strip().splitlines()[-1:]}")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="],
            user=user, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(programs, folder, server)
        yield f"postgresql+psycopg2://shipline@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait()


def _programs() -> Path:
    """Where PostgreSQL's programs are: on the path, or where Debian puts them. Raises Failed."""
    found = shutil.which("initdb")
    places = (
        [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    if not places:
        raise Failed("there is no PostgreSQL on this machine; install the package postgresql, or set STORAGE=sqlite")
    return places[0]


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode:
        if server.poll() is not None or time.monotonic() > until:
            raise Failed(f"PostgreSQL did not start; see {folder / 'log'}")
        time.sleep(0.1)
