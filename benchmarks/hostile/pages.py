"""Pages: what a page of somebody else's reaches from the browser of somebody who is logged in."""

import tempfile
from pathlib import Path

from benchmarks.parts import tell
from docs.browser import page_of
from tests.support.foreign_pages import REBINDING, TRIES, shipline, somebody_elses_page, tried
from tests.testbed.browser import browser

_HOSTS = ("evil.example", "127.0.0.1", "localhost")


def measure() -> dict[str, int | float]:
    """Tries, each from another site, another port and a name that was pointed here, and requests that got behind the guard."""
    tries, reached = 0, list[str]()
    with (
        tempfile.TemporaryDirectory() as folder,
        page_of(browser(), Path(folder), REBINDING) as page,
        somebody_elses_page() as port,
    ):
        for login in (True, False):
            with shipline(page, login=login) as (recorder, at):
                rebound = at.replace("127.0.0.1", "evil.example")
                for here, there in [*((f"http://{host}:{port}/", at) for host in _HOSTS), (f"{rebound}/", rebound)]:
                    page.go(here)
                    tried(page, there, *TRIES.values())
                    tries += len(TRIES)
                reached += recorder.reached
    tell(f"reached: {reached or 'nothing'}")
    return {"cross_site_tries": tries, "cross_site_reached": len(reached)}
