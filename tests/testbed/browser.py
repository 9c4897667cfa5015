"""A browser for the tests that need a real one: Chromium without a window."""

from docs.browser import find_browser
from tests.testbed.checkout import BedError
from tests.testbed.packages import apt_install, can_install


def browser() -> str:
    """The path of Chromium, which is installed where this machine has none. Raises BedError."""
    found = find_browser()
    if found is None and can_install():
        apt_install("chromium-headless-shell")
        found = find_browser()
    if found is None:
        raise BedError("there is no Chromium on this machine; on Debian: apt-get install chromium-headless-shell")
    return found
