"""Lint container: a command of the app's in a container that has the files of a commit and nothing else."""

import csv
import io
import os
import stat
from pathlib import Path

from pipeline_defs.resources.compose_test_run import PROJECT, own_project
from pipeline_defs.resources.confinement import CPUS, MEMORY, PROCESSES
from pipeline_defs.resources.docker_client import Client, Stage
from pipeline_defs.server.core.command import Command, Listener, Result

PLACE = "/checkout"
"""Where the container has the files, read-only; the command's working directory."""

_NOBODY = 65534


def run_contained(
    client: Client,
    workspace: Path,
    app: str,
    image: str,
    command: Command,
    checkout: Path,
    *,
    timeout: float,
    stage: Stage,
    listen: Listener,
) -> Result:
    """Run the command in the image, with the checkout's files: no network, no user's rights, nothing of Shipline's environment.

    It may write to /tmp alone. Raises EngineError when it takes longer than `timeout` seconds, with the image's download.
    """
    with own_project(client, workspace, app) as project:
        return client.run(
            *("run", "--rm", "--init", "--label", f"{PROJECT}={project}", "--network", "none", "--read-only"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", _user(checkout)),
            *(
                "--memory",
                str(MEMORY),
                "--memory-swap",
                str(MEMORY),
                "--pids-limit",
                str(PROCESSES),
                "--cpus",
                str(CPUS),
            ),
            *("--tmpfs", "/tmp:rw,exec,size=512m", "--env", "HOME=/tmp", "--log-driver", "none"),
            *("--mount", _mount(checkout), "--workdir", PLACE, "--entrypoint", command.argv[0], "--", image),
            *command.argv[1:],
            timeout=timeout,
            stage=stage,
            listen=listen,
        )


def _user(checkout: Path) -> str:
    """Who owns the files, and nobody in root's place. The files of root's checkout are made readable for nobody."""
    owner = checkout.stat()
    if owner.st_uid:
        return f"{owner.st_uid}:{owner.st_gid}"
    for folder, _, files in os.walk(checkout):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) | (0o055 if mode & stat.S_IXUSR else 0o044))
    return f"{_NOBODY}:{_NOBODY}"


def _mount(checkout: Path) -> str:
    """The value of `--mount`, which is a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["type=bind", f"source={checkout}", f"target={PLACE}", "readonly"])
    return line.getvalue()
