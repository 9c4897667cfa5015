"""PostgreSQL address: where a PostgreSQL database is that is no container here, as its clients are told without a command line."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline_defs.config.secret import Secret

_PORT = 5432
_OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
"""What may follow the `?`, by https://www.postgresql.org/docs/15/libpq-envars.html; what only the app's own driver knows is left out."""


@dataclass(frozen=True)
class Address:
    """A database server's host and port, and a database on it. `password` is secret; `options` are libpq's variables."""

    host: str
    port: int
    name: str
    user: str
    password: Secret
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: Secret) -> "Address":
        """From `postgresql://user:password@host:port/name?sslmode=require`; a driver's name after a plus is passed over.

        Raises ValueError with what it is instead, without showing it.
        """
        try:
            parts = urlsplit(url.reveal())
            port = parts.port or _PORT
        except ValueError:
            raise ValueError("no address; allowed: postgresql://user:password@host:port/name") from None
        if parts.scheme.partition("+")[0] not in ("postgresql", "postgres"):
            raise ValueError(
                f"of the kind {parts.scheme or 'nothing'!r}; allowed: postgresql://user:password@host:port/name"
            )
        name = unquote(parts.path.removeprefix("/"))
        if not (parts.hostname and name and parts.username):
            raise ValueError("incomplete; allowed: postgresql://user:password@host:port/name")
        options = tuple((_OPTIONS[key], value) for key, value in parse_qsl(parts.query) if key in _OPTIONS)
        password = Secret(unquote(parts.password or ""))
        found = cls(parts.hostname, port, name, unquote(parts.username), password, options)
        if any("\n" in value or "\r" in value or "\0" in value for value in found._variables().values()):
            raise ValueError("broken by a line break or NUL in one of its parts; write them percent-encoded without")
        return found

    def same_database(self, other: "Address") -> bool:
        """True when both name the same database, whoever logs in."""
        mine, others = ((each.host.lower(), each.port, each.name) for each in (self, other))
        return mine == others

    def settings(self) -> Secret:
        """libpq's variables for `docker run --env-file`, one a line, read from standard input."""
        return Secret("".join(f"{name}={value}\n" for name, value in self._variables().items()))

    def _variables(self) -> dict[str, str]:
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.name,
            "PGUSER": self.user,
            "PGPASSWORD": self.password.reveal(),
            **dict(self.options),
        }

    def __str__(self) -> str:
        return f"{self.name} on {self.host}:{self.port}"
