"""`make demo`: set everything up, tell the story, leave it running to be looked at (ONCE=1: end by itself)."""

import os
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout
from rich.table import Table

from examples.demo.developer import SHOP, Developer
from examples.demo.hub import SETTINGS, Hub
from examples.demo.shipline import Shipline, StoryFailed, link_home
from examples.demo.story import Story
from examples.demo.visitors import Visitors
from pipeline_defs.cli.cli_output import Output
from pipeline_defs.config import Home
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.home import PROJECT
from tests.testbed.bed import PRELOADED, TestBed
from tests.testbed.checkout import BedError, state
from tests.testbed.container import free_port
from tests.testbed.images import CADDY

FIRST_CHAPTER = "1  GitHub, a registry and a server"


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
    except (StoryFailed, BedError, ShiplineError) as error:
        output.error(str(error))
    return 1


def _demo(output: Output, *, once: bool) -> int:
    began = time.monotonic()
    home = Home((state() / "demo").resolve())
    _forget_earlier(home, output)
    bed = TestBed("demo", preload=(*PRELOADED, CADDY.name))
    developer, hub = Developer(home.root / "git"), Hub(home.root / "hub", output)
    output.say((f"\n{FIRST_CHAPTER}", "bold yellow"))
    bed.up()
    webhooks = free_port()
    variables = {
        **bed.environment(),
        **hub.begin(SHOP),
        "SHOP_DB_PASSWORD": secrets.token_urlsafe(12),
        "SHIPLINE_WEBHOOKS": str(webhooks),
        "SHIPLINE_APPS": str(_apps(home)),
    }
    hub.invite(developer)
    shipline = Shipline(home, variables, output)
    linked = link_home(home)
    try:
        url = shipline.up()
        output.say(
            ("  Shipline runs at ", "bold"),
            (url, "bold underline"),
            ": look at Runs and Lineage while the story goes on",
        )
        shipline.wait_for_first_look("shop", "github")
        hub.send_deliveries(webhooks, variables["SHOP_WEBHOOK_SECRET"])
        story = Story(shipline, hub, developer, Visitors(variables["SHOP_PRODUCTION_URL"], output), output)
        story.seconds[FIRST_CHAPTER] = time.monotonic() - began
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
        hub.end()
    output.say("Shipline has ended; the registry and the server stay until: make clean")
    return 0


def _apps(home: Home) -> Path:
    """The folder of the sample app's file, with what the demo adds to it."""
    apps = home.root / "apps"
    apps.mkdir(parents=True)
    (apps / "shop.yaml").write_text((PROJECT / "apps" / "shop.yaml").read_text() + SETTINGS)
    return apps


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
