"""PostgreSQL: as a service of the compose file, or elsewhere by its URL. Only how a client program is called differs."""

from abc import abstractmethod

from typing_extensions import override

from pipeline_defs.config.database import Database, Sanitize
from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.database import catalog, side_by_side_restore
from pipeline_defs.server.database.database_driver import REMOVE_VOLUME, STATUS, Driver
from pipeline_defs.server.database.dump_program import BACKUP
from pipeline_defs.server.database.postgres_address import Address
from pipeline_defs.server.database.postgres_clients import ELSEWHERE, IN_SERVICE, SERVICE
from pipeline_defs.server.database.postgres_ready import READY
from pipeline_defs.server.database.row_counts import PROVE
from pipeline_defs.server.database.space_check import ROOM

_PROVE = (
    PROVE
    + """
expected=$1 sql=$2
printf '%s\\n' "set row_security = off;" "$sql" | client psql -XAtq -v ON_ERROR_STOP=1 >"$expected.copy"
prove "$expected" "$expected.copy"
"""
)

_SANITIZE_SQL = 'client psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f - <"$1"'
_SANITIZE_SCRIPT = 'client sh -eus <"$1"'

_MAKE_ANEW = (
    side_by_side_restore.DISCARD
    + """
case $name in postgres|template0|template1) echo "the database $name is none that may be dropped" >&2; exit 1 ;; esac
tell -f - <<'SQL'
drop database if exists :"live" with (force);
create database :"live";
SQL
echo "$name is empty"
"""
)


class Postgres(Driver):
    """What both kinds share."""

    counts_rows = True

    @abstractmethod
    def _client(self, text: str, *words: str, says: str) -> Command:
        """A program that calls the functions of `clients`; its own words come after those of the kind."""

    @override
    def room(self, target: Site) -> Command | None:
        text = (
            ROOM + 'enough "$(client psql -XAtq -c "select pg_database_size(current_database())" </dev/null)" "$1" "$2"'
        )
        here = "no" if target.config.database is not None and target.config.database.url else "yes"
        return self._client(text, target.path("backups"), here, says="is there room for a backup and a copy?")

    @override
    def backup(self, path: str) -> Command:
        """Format: https://www.postgresql.org/docs/15/app-pgdump.html (custom)."""
        asked = (
            catalog.COUNTS,
            catalog.REFUSALS,
            catalog.ROLES,
            catalog.DATABASE,
            "yes" if self.in_container else "no",
        )
        return self._client(BACKUP, path, *asked, says=f"pg_dump -Fc {self} > {path}")

    @override
    def restore(self, path: str) -> Command:
        words = (*self._names, path, str(self.config.jobs), "copy", catalog.DATABASE)
        return self._client(side_by_side_restore.COPY, *words, says=f"pg_restore {path} into {self}")

    @override
    def prove(self, path: str) -> Command:
        words = (f"{path}.counts", catalog.COUNTS)
        return self._client("as_admin\n" + _PROVE, *words, says=f"compare the rows of {self} with {path}.counts")

    def restore_beside(self, path: str) -> Command:
        """Load a backup into a new database beside the environment's own, after its checksum was checked."""
        words = (*self._names, path, str(self.config.jobs), "", catalog.DATABASE)
        return self._client(side_by_side_restore.RESTORE, *words, says=f"pg_restore {path} beside {self}")

    def prove_beside(self, path: str) -> Command:
        """Compare the rows of what was restored beside with those of the backup."""
        words = (*self._names, f"{path}.counts", catalog.COUNTS)
        return self._client(
            side_by_side_restore.PROVE_NEW + _PROVE, *words, says=f"compare the rows with {path}.counts"
        )

    def swap(self) -> Command:
        """Put what was restored beside in the place of the environment's own, which is kept under another name."""
        return self._client(side_by_side_restore.SWAP, *self._names, says=f"{self._names[0]} becomes {self}")

    def take_back(self) -> Command:
        """Put what was replaced back in its place, wherever a restore was cut off; what was restored is dropped."""
        return self._client(
            side_by_side_restore.TAKE_BACK, *self._names, says=f"{self} is what it was before the restore"
        )

    def give_up(self) -> Command:
        """Drop what was restored beside, unless it has taken the place of the environment's own."""
        return self._client(side_by_side_restore.FORGET_NEW, *self._names, says=f"drop {self._names[0]}")

    def discard(self) -> Command:
        """Drop what a restore has left beside the environment's own database: what was replaced, once that is final."""
        return self._client(side_by_side_restore.DISCARD, *self._names, says=f"drop what is left beside {self}")

    @property
    def _names(self) -> tuple[str, str]:
        return side_by_side_restore.names(self._name)

    @property
    @abstractmethod
    def _name(self) -> str:
        """The database's name."""

    @override
    def sanitize(self, file: str, how: Sanitize) -> Command:
        text = _SANITIZE_SQL if how.sql else _SANITIZE_SCRIPT
        return self._client(text, file, says=f"{'psql -f' if how.sql else 'sh'} {how.path}")


class PostgresService(Postgres):
    """PostgreSQL in a container of the site's compose project."""

    in_container = True

    @override
    def _client(self, text: str, *words: str, says: str) -> Command:
        fixed = (self.site.project, self.config.service, self.config.user, self.config.name)
        return script(IN_SERVICE + text, *fixed, *words, says=says)

    @override
    def status(self) -> Command:
        words = (self.site.project, self.config.service)
        return script(STATUS, *words, says=f"does {self.config.service} of {self.site.environment} run?")

    @override
    def empty(self) -> Command:
        volume = self.config.volume
        return script(REMOVE_VOLUME, self.site.project, volume, says=f"docker volume rm {self.site.project}_{volume}")

    @override
    def ready(self) -> Command:
        words = (self.site.project, self.config.service, self.config.user, self.config.name)
        limit = str(self.site.config.health.timeout)
        return script(SERVICE + READY, *words, limit, says=f"wait until {self.config.service} takes connections")

    @property
    @override
    def _name(self) -> str:
        return self.config.name

    def __str__(self) -> str:
        return self.config.name


class PostgresElsewhere(Postgres):
    """PostgreSQL that is no container here, reached from the server by its URL."""

    in_container = False

    def __init__(self, site: Site, config: Database, address: Address) -> None:
        super().__init__(site, config)
        self.address = address

    @override
    def _client(self, text: str, *words: str, says: str) -> Command:
        fixed = (self.site.project, pinned(self.config.client), self.address.name, self.address.user)
        settings: Secret = self.address.settings()
        return script(ELSEWHERE + text, *fixed, *words, stdin=settings, says=says)

    @override
    def status(self) -> Command:
        return self._client("client pg_isready </dev/null", says=f"does {self} answer?")

    @override
    def empty(self) -> Command:
        return self._client(_MAKE_ANEW, *self._names, says=f"drop and create {self}")

    @override
    def ready(self) -> Command:
        return self._client("client pg_isready -t 30 </dev/null", says=f"wait until {self} answers")

    @property
    @override
    def _name(self) -> str:
        return self.address.name

    def __str__(self) -> str:
        return str(self.address)
