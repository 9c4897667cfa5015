"""Home: the one folder in which a Shipline keeps its state."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config.process_protection import protect_process
from pipeline_defs.config.settings_file import take

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """Where state, settings and the apps' files are.

    `root` is Dagster's home too: runs, history and the lineage. It comes from SHIPLINE_HOME, else it is `.shipline/home` in the checkout.
    """

    root: Path

    @classmethod
    def find(cls) -> "Home":
        """The home of this process, with the settings of its `.env` file put into the environment (`settings_file.py`).

        From then on no other program of this user can read the process.
        """
        home = cls(Path(os.environ.get("SHIPLINE_HOME") or PROJECT / ".shipline" / "home").resolve())
        protect_process()
        take(home.settings)
        os.environ["SHIPLINE_HOME"] = os.environ["DAGSTER_HOME"] = str(home.root)
        return home

    def prepare(self) -> None:
        """Make the folder, and give Dagster the settings beside this code unless the home has its own."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings, given = self.root / "dagster.yaml", PROJECT / "dagster.yaml"
        if settings.is_symlink() and settings.readlink() != given:
            settings.unlink()  # a checkout that was moved leaves a link to nowhere
        if not settings.exists():  # a link that is right is left alone: others may be reading it
            settings.symlink_to(given)

    @property
    def settings(self) -> Path:
        """The `.env` file: secrets and addresses, one NAME=value a line, mode 0600."""
        return self.root / ".env"

    @property
    def shown_versions(self) -> Path:
        """Which version is where, as the lineage page shows it; kept by a sensor, and for people to look at alone."""
        return self.root / "shown_versions.json"

    @property
    def limits(self) -> Path:
        """What is kept, and how much of it; without the file the defaults hold."""
        return self.root / "limits.yaml"

    @property
    def apps(self) -> Path:
        """The folder of the apps' files: SHIPLINE_APPS, else `apps/` in the checkout."""
        return Path(os.environ.get("SHIPLINE_APPS") or PROJECT / "apps")

    @property
    def workspace(self) -> Path:
        """Clones and checkouts; everything in it can be made anew."""
        return self.root / "workspace"

    @property
    def service(self) -> Path:
        """What `shipline up` wrote about itself: addresses and process ids, JSON."""
        return self.root / "service.json"

    @property
    def token(self) -> Path:
        """What lets its owner in at the web page while `shipline up` runs."""
        return self.root / "token"

    @property
    def deliveries(self) -> Path:
        """The folder of GitHub's deliveries: all of the home that the receiver of webhooks needs to see."""
        return self.root / "deliveries"

    @property
    def page(self) -> str:
        """The address of the web page, without a slash at its end: SHIPLINE_URL where people reach it under a name of its own,
        else the one that `shipline up` wrote down; empty where there is neither."""
        named = os.environ.get("SHIPLINE_URL")
        if not named:
            try:
                named = str(json.loads(self.service.read_text())["url"])
            except (OSError, ValueError, TypeError, KeyError):
                return ""
        return named.rstrip("/")
