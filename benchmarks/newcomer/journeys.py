"""Journeys: each app from a clone to its first deployment, by the commands of getting started, with what that takes."""

import os
import re
import time
from pathlib import Path

from benchmarks.newcomer.figures import Figures
from benchmarks.newcomer.ground import SERVER, Ground
from benchmarks.parts import Failed, Tell
from tests.support.shop import git

_VALUES = {"PASSWORD": "s3cr3t-w0rd", "KEY": "a-long-key"}


def measure(ground: Ground, tell: Tell) -> Figures:
    """Ship them one after another. Raises Failed with what was said where one does not get there."""
    wanted = os.environ.get("APPS", "").split() or list(ground.described)
    first, found = 0.0, list[Figures]()
    for app in wanted:
        began = time.monotonic()
        found.append(onboard(ground, app))
        first = first or time.monotonic() - ground.began
        tell(f"{app}: {time.monotonic() - began:.0f} s, {found[-1]}")
    most = {name: max(each[name] for each in found) for name in found[0]}
    return {"apps": len(found), "seconds_to_first_deployment": round(first, 1), "unclear_messages": 0, **most}


def onboard(ground: Ground, app: str) -> Figures:
    """One app: init, its files, the answers, the server, the checks, the first release."""
    ground.commands = 0
    clone = ground.clone(app)
    before = git(clone, "rev-parse", "HEAD")
    ground.must("shipline", "init", str(clone))
    proposed = ground.shipline_home / "proposed" / app
    if proposed.exists():
        ground.must("cp", "-r", f"{proposed}/.", f"{clone}/")
        ground.publish(clone, "Ship it")
        ground.commands += 1
    questions = answer(ground, app)
    ground.must("shipline", "check", app)
    ground.must("shipline", "trust-host", SERVER, "--yes")
    ground.must("shipline", "doctor", app)
    ground.be_up()
    for job in ("integrate", "stage"):
        ground.must("shipline", "run", job, app)
    ground.must("shipline", "deploy", app)
    ground.must("shipline", "status", app)
    _must_run(ground, app)
    files, lines = _added(clone, before)
    return {"commands": ground.commands, "files_added": files, "lines_added": lines, "questions_asked": questions}


def answer(ground: Ground, app: str) -> int:
    """Write what only the newcomer knows into the app's file and the home's `.env`; how many values that were."""
    file = ground.app_file(app)
    text = file.read_text()
    questions = text.count("CHANGE THIS: ")
    text = text.replace(f"registry.example.org/{app}", f"{ground.bed.registry.address}/{app}").replace(
        "server.example.org", SERVER
    )
    file.write_text(text)
    asked = list(dict.fromkeys(re.findall(r"^\s*[^#\n]*\{env: (\w+)\}", text, re.MULTILINE)))
    with (ground.shipline_home / ".env").open("a") as settings:
        for name in asked:
            settings.write(f"{name}={_value(ground, name)}\n")
    secret_files = re.findall(r"^[^#\n]*\{file: (/\S+)\}", text, re.MULTILINE)
    for path in map(Path, secret_files):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("POSTGRES_PASSWORD=s3cr3t-w0rd\nSECRET_KEY=a-long-key\n")
        path.chmod(0o600)
    return questions + len(asked) + len(secret_files)


def _value(ground: Ground, name: str) -> str:
    if name.endswith("REGISTRY_USER"):
        return ground.bed.registry.user
    if name.endswith("REGISTRY_PASSWORD"):
        return ground.bed.registry.password
    return next((value for ending, value in _VALUES.items() if name.endswith(ending)), "something")


def _must_run(ground: Ground, app: str) -> None:
    rows = {row["environment"]: row for row in ground.ask("status", app)}
    if rows["production"]["version"] is None:
        raise Failed(f"{app} does not run in production: {rows['production']}")


def _added(clone: Path, before: str) -> tuple[int, int]:
    """The files that the app's repository has now and had not, and the lines that were added to all of its files."""
    stat = [line.split("\t") for line in git(clone, "diff", "--numstat", before, "HEAD").splitlines()]
    new = git(clone, "diff", "--name-only", "--diff-filter=A", before, "HEAD").splitlines()
    return len(new), sum(int(added) for added, _, _ in stat)
