"""Packages of Debian and Ubuntu that the test bed needs on the machine itself."""

import os
import shutil
import subprocess
import time

from tests.testbed.checkout import BedError

PATIENCE = 300
"""Seconds to wait for another installation on this machine, perhaps one that a killed run left going."""
APT = ["apt-get", "-y", "-q", "-o", f"DPkg::Lock::Timeout={PATIENCE}"]


def can_install() -> bool:
    """True when this process may install packages: apt is there and it is root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str, optional: list[str] | None = None) -> None:
    """Install packages without their recommendations; of `optional` those this distribution knows.

    Nothing that is installed is removed for it. Raises BedError with apt's last line.
    """
    _run(["dpkg", "--configure", "-a"])  # after kill -9 in the middle of an installation nothing else is allowed
    apt_update()
    known = [name for name in optional or [] if _apt_knows(name)]
    _run([*APT, "install", "--no-remove", "--no-install-recommends", *packages, *known])


def apt_update() -> None:
    """Fetch the lists of packages. Raises BedError with apt's last line."""
    _run([*APT, "update"])


def _apt_knows(package: str) -> bool:
    return subprocess.run(["apt-cache", "show", package], capture_output=True).returncode == 0


def _run(argv: list[str]) -> None:
    """apt's own patience does not cover the lock on its package lists, so that one is waited for here."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + PATIENCE
    while True:
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
        if done.returncode == 0:
            return
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        if "lock" not in done.stderr or time.monotonic() > deadline:
            raise BedError(f"`{' '.join(argv)}` failed: {said[-1]}")
        time.sleep(1)
