"""`python -m tests.testbed prepare|present|up|down|service|redis|clean`: what every bed needs, a bed that stays, and its removal."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys

from tests.testbed import compose, docker, engine, images, present
from tests.testbed.bed import TestBed, remove_leftovers
from tests.testbed.checkout import CHECKOUT_LABEL, ID, STAND_IN_LABEL, STATE, BedError
from tests.testbed.progress import Progress


def main() -> int:
    """Status 0, or 1 with one sentence about what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.testbed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help in (("up", "start a bed that stays, and print its variables"), ("down", "remove that bed")):
        command = commands.add_parser(name, help=help)
        command.add_argument("--name", default="dev", help="name of the bed (default: dev)")
    commands.add_parser("prepare", help="provide a Docker Engine and all images")
    commands.add_parser("present", help="provide a present Docker Engine, and print its variables for a shell")
    commands.add_parser(
        "service", help="provide what scripts/service needs, and print its words as variables of a shell"
    )
    commands.add_parser("redis", help="provide what a service with workers needs besides")
    commands.add_parser("clean", help="remove all containers, networks, volumes, images and state of this checkout")
    chosen = parser.parse_args()
    # What `service` prints is read by a shell, which would take a line about progress for a command.
    printed = chosen.command in ("service", "present")
    progress = Progress(lambda line: print(line, file=sys.stderr)) if printed else Progress()
    try:
        if chosen.command == "prepare":
            engine.ensure(progress)
            images.ensure(progress)
        elif chosen.command == "present":
            for name, value in present.ensure(progress).items():
                print(f"export {name}={shlex.quote(value)}")
        elif chosen.command == "up":
            bed = TestBed(chosen.name, progress=progress)
            bed.up()
            print((bed.folder / "env").read_text(), end="")
        elif chosen.command == "down":
            TestBed(chosen.name, progress=progress).down()
        elif chosen.command == "service":
            engine.ensure(progress)
            images.ensure_for_service(progress)
            print(
                f"docker={shlex.quote(docker.client())} compose=({shlex.join(compose.command(progress))}) checkout={ID}"
            )
        elif chosen.command == "redis":
            images.ensure_redis(progress)
        else:
            clean(progress)
    except BedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def clean(progress: Progress) -> None:
    """Remove everything this checkout made: on the Engine by its labels, and its folder for state.

    The Engine itself is stopped when this checkout started it by hand and no container of anybody else runs on it.
    """
    _end_demo(progress)
    if engine.answers():
        for bed in sorted(path.name for path in (STATE / "beds").glob("*") if path.is_dir()):
            remove_leftovers(bed)  # with the images that were pushed to its registry
        with progress.step("remove containers, volumes, networks and images"):
            _remove("container", "ls", "rm", "--force", "--volumes")
            _remove("network", "ls", "rm")
            _remove("volume", "ls", "rm")
            _remove("image", "ls", "rm", "--force")
        engine.stop(progress)
    present.stop()
    shutil.rmtree(STATE, ignore_errors=True)


def _end_demo(progress: Progress) -> None:
    """End the Shipline of a demo that was killed and could not do so itself."""
    home = STATE / "demo"
    if home.is_dir():
        with progress.step("end the demo's Shipline"):
            command = [sys.executable, "-m", "pipeline_defs.cli.main", "down"]
            environment = {**os.environ, "SHIPLINE_HOME": str(home)}
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def _remove(kind: str, list_command: str, *remove_command: str) -> None:
    labels = [CHECKOUT_LABEL, STAND_IN_LABEL] if kind == "image" else [CHECKOUT_LABEL]
    everything = ["--all"] if kind in ("container", "image") else []
    for label in labels:
        listed = docker.docker(kind, list_command, *everything, "--quiet", "--filter", f"label={label}").split()
        if listed:
            docker.docker(kind, *remove_command, *dict.fromkeys(listed), check=False)


if __name__ == "__main__":
    sys.exit(main())
