"""`make demo`: set everything up, tell the story, leave it running to be looked at (ONCE=1: end by itself)."""

import os
import secrets
import shutil
import signal
import sys
import time
from types import FrameType

from filelock import FileLock, Timeout
from rich.table import Table

from examples.demo.developer import Developer
from examples.demo.shipline import Shipline, StoryFailed, link_home
from examples.demo.story import Story
from pipeline_defs.cli.output import CommandError, Output
from pipeline_defs.config import Home
from tests.testbed.bed import TestBed
from tests.testbed.checkout import BedError, state


def main() -> int:
    """Tell the story. Exit status 0 when it went as it should, 1 otherwise."""
    output = Output()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with FileLock(state() / "demo.lock", timeout=0):
            return _demo(output, once=os.environ.get("ONCE", "") not in ("", "0"))
    except Timeout:
        output.error("a demo is running in this checkout already; end it with Ctrl-C there")
    except KeyboardInterrupt:
        output.say("\nended; the registry and the server stay until: make clean")
        return 130
    except (StoryFailed, BedError, CommandError) as error:
        output.error(str(error))
    return 1


def _demo(output: Output, *, once: bool) -> int:
    began = time.monotonic()
    home = Home((state() / "demo").resolve())
    _forget_earlier(home, output)
    bed = TestBed("demo")
    developer = Developer(home.root / "git")
    output.say(("\n1  A repository, a registry and a server", "bold yellow"))
    bed.up()
    developer.begin()
    variables = {
        **bed.environment(),
        "SHOP_REPOSITORY": str(developer.origin),
        "SHOP_DB_PASSWORD": secrets.token_urlsafe(12),
    }
    shipline = Shipline(home, variables, output)
    linked = link_home(home)
    try:
        url = shipline.up()
        output.say(
            ("  Shipline runs at ", "bold"),
            (url, "bold underline"),
            ": look at Runs and Lineage while the story goes on",
        )
        shipline.wait_for_first_look("shop")
        story = Story(shipline, developer, variables["SHOP_PRODUCTION_URL"], output)
        story.seconds["1  A repository, a registry and a server"] = time.monotonic() - began
        story.tell()
        _tell_times(story, time.monotonic() - began, output)
        prefix = "" if linked else f"SHIPLINE_HOME={home.root} "
        output.say(
            f"\nLook around: {prefix}.venv/bin/shipline history shop, the shop at {variables['SHOP_PRODUCTION_URL']}/docs"
        )
        if not once:
            output.say("Dagster's page stays at ", (url, "bold underline"), " until Ctrl-C.")
            signal.pause()
    finally:
        shipline.down()
    output.say("Shipline has ended; the registry and the server stay until: make clean")
    return 0


def _forget_earlier(home: Home, output: Output) -> None:
    """End and remove what an earlier demo left, also one that was killed. Its state is the demo's own, nobody else's."""
    if home.root.exists():
        Shipline(home, {}, output).end_leftovers()
        shutil.rmtree(home.root)


def _tell_times(story: Story, total: float, output: Output) -> None:
    table = Table("part", "seconds", title="How long it took", title_justify="left")
    for title, seconds in story.seconds.items():
        table.add_row(title, f"{seconds:.0f}")
    table.add_row("all", f"{total:.0f}", style="bold")
    output.console.print("", table)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
