"""Step names: what the steps of rehearsals, deployments and rollbacks are called in journals, records, logs and plans.

The values stand in records that were written years ago. A step that gets another value is not found in them any more.
"""

from enum import StrEnum

AHEAD = "ahead"
"""What follows the name of a step of a fleet that is executed on all hosts before the first one is changed."""


class StepName(StrEnum):
    """Every step there is."""

    AFTER_DEPLOY = "after deploy"
    AFTER_ROLLBACK = "after rollback"
    AFTER_STAGE = "after stage"
    ALSO_HEALTHY = "also healthy"
    ALSO_UP = "also up"
    APART = "apart"
    BACKUP = "backup"
    BACKUP_WHOLE = "backup whole"
    BEFORE_DEPLOY = "before deploy"
    BEFORE_ROLLBACK = "before rollback"
    BEFORE_STAGE = "before stage"
    BESIDE = "beside"
    COMPOSE_FILE = "compose file"
    COPY_REMOVED = "copy removed"
    COUNTS = "counts"
    DATA = "data"
    DATABASE_READY = "database ready"
    DATABASE_START = "database start"
    DATABASE_STATUS = "database status"
    DATABASE_UP = "database up"
    DOWN = "down"
    DOWNGRADE = "downgrade"
    DRAIN = "drain"
    E2E = "e2e"
    FACTS = "facts"
    FILES = "files"
    GONE = "gone"
    HANDOVER = "handover"
    HEALTHY = "healthy"
    HEALTHY_AGAIN = "healthy again"
    IMAGES = "images"
    LEFTOVERS = "leftovers"
    LIMITED = "limited"
    LIVE_HEALTHY = "live healthy"
    LOG = "log"
    MAINTENANCE = "maintenance"
    MIGRATE = "migrate"
    MIGRATE_AGAIN = "migrate again"
    NOTE_REMOVED = "note removed"
    NOTED = "noted"
    NOTED_BESIDE = "noted beside"
    OTHERS = "others"
    OUTSIDE = "outside"
    OUTSIDE_BEFORE = "outside before"
    PORT_FREED = "port freed"
    PREVIEW = "preview"
    PULL = "pull"
    REACHED = "reached"
    REMOVE = "remove"
    REPLACED_DROPPED = "replaced dropped"
    REST_UP = "rest up"
    RESTORE = "restore"
    RESTORE_BESIDE = "restore beside"
    RESTORED_DROPPED = "restored dropped"
    REVISION = "revision"
    REVISION_BEFORE = "revision before"
    ROOM = "room"
    ROUTE = "route"
    ROUTE_REMOVED = "route removed"
    ROUTER = "router"
    SANITIZE = "sanitize"
    SERVICES = "services"
    SERVICES_REMOVED = "services removed"
    SERVICES_STOPPED = "services stopped"
    SNAPSHOT = "snapshot"
    START = "start"
    SWAP = "swap"
    SWITCH = "switch"
    TAKE_BACK = "take back"
    TEST = "test"
    TIDY = "tidy"
    TIME_STAMP = "time stamp"
    TO_ITS_END = "to its end"
    UP = "up"
    UP_AGAIN = "up again"
    VOLUME = "volume"
    VOLUME_CREATED = "volume created"
    VOLUME_REMOVED = "volume removed"
    WAIT = "wait"
    WATCH = "watch"


class StepTitle(str):
    """The name of one step among several of its kind, such as `e2e 2` or `way back healthy`; only `titled` makes one."""

    __slots__ = ()


def titled(name: StepName | StepTitle, *, before: str = "", after: str | int = "") -> StepTitle:
    """A step's name with what tells it from others of its kind."""
    return StepTitle(" ".join(str(part) for part in (before, name, after) if part))


def is_a(step: str, name: StepName) -> bool:
    """Whether a step of a record is one with this name, or the like of it: `e2e` and `e2e 2`."""
    return step == name or step.startswith(f"{name} ")
