"""Truth: what really happened in a generated history, written down by the generator and not by Shipline."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge: its commit, its pull request and the issue that this is about."""

    commit: str
    pull: int
    issue: int


@dataclass(slots=True)
class Told:
    """What `shipline trace` and `shipline history` have to say of one deployment. `pull` and `issue` are what its image was made for,
    `brought` the merges that it has and the release before had not, newest first."""

    id: str
    at: str
    app: str
    environment: str
    kind: str
    version: str
    digest: str
    commit: str
    run: str
    actor: str
    reason: str
    outcome: str = ""
    seconds: float = 0.0
    previous_version: str | None = None
    because_of: str | None = None
    tests: int | None = None
    backup: str | None = None
    error: str | None = None
    configuration: str = ""
    live: bool = False
    pull: int = 0
    issue: int = 0
    brought: list["Merge"] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """What the row of the history has to say."""
        told = asdict(self)
        return {key: value for key, value in told.items() if key not in ("pull", "issue", "tests", "brought")}


@dataclass(slots=True)
class Delivered:
    """What a deployment did to people, as the generator saw it happen: when it ended, whether it shipped, from when until when it did
    harm, and how old its commits were, in seconds."""

    at: datetime
    shipped: bool
    broken: datetime | None = None
    restored: datetime | None = None
    leads: tuple[float, ...] = ()

    @property
    def failed(self) -> bool:
        """It broke what people use, or was taken back."""
        return self.broken is not None


@dataclass
class Truth:
    """What happened to all apps: deployments by app, ids of rehearsals by digest, and deliveries by app and environment."""

    deployments: dict[str, list[Told]] = field(default_factory=dict)
    rehearsals: dict[str, list[str]] = field(default_factory=dict)
    delivered: dict[tuple[str, str], list[Delivered]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many deployments there were, rollbacks among them."""
        return sum(map(len, self.deployments.values()))
