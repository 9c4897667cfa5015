"""Debian's package sources as this machine knows them, and packages of another release from the same place."""

import os
import subprocess
from pathlib import Path

from tests.testbed.checkout import BedError

OWN = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def of_suite(suite: str) -> list[str]:
    """Lines for sources.list: those this machine itself uses for the suite, else the suite from where its own release comes.

    Empty where this machine is no Debian, or knows no place for it.
    """
    form = "$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"], capture_output=True, text=True
    )
    known = [line.split("|") for line in listed.stdout.splitlines()]
    debian = [
        (site, release) for origin, site, release, component in known if (origin, component) == ("Debian", "main")
    ]
    wanted = [each for each in debian if each[1].removesuffix("-updates") in (suite, f"{suite}-security")]
    if any(release == suite for _, release in wanted):
        return [f"deb {site} {release} main" for site, release in wanted]
    sites = [site for site, release in debian if "-" not in release]
    return [f"deb {sites[0]} {suite} main"] if sites and suite != OWN else []


def download(suite: str, packages: tuple[str, ...], folder: Path) -> list[Path]:
    """Download packages of a suite without what they depend on; gives their files. Raises BedError."""
    state = folder / "apt"
    for needed in ("lists/partial", "cache/archives/partial"):
        (state / needed).mkdir(parents=True, exist_ok=True)
    lines = [line.replace("deb ", f"deb [signed-by={KEYRING}] ", 1) for line in of_suite(suite)]
    (state / "sources.list").write_text("\n".join(lines) + "\n")
    options = [f"Dir::State::lists={state}/lists", f"Dir::Cache={state}/cache", "Dir::Etc::sourceparts=-"]
    options += [
        f"Dir::Etc::sourcelist={state}/sources.list",
        "APT::Sandbox::User=root",
        "Acquire::Check-Valid-Until=false",
    ]
    apt = ["apt-get", "-q", *(word for option in options for word in ("-o", option))]
    _run([*apt, "update"], folder)
    for file in folder.glob("*.deb"):
        file.unlink()
    _run([*apt, "download", *packages], folder)
    return sorted(folder.glob("*.deb"))


def _run(argv: list[str], folder: Path) -> None:
    environment = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    if done.returncode:
        raise BedError(f"apt-get failed: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")
