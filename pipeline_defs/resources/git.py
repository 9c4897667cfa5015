"""Git: the program itself, for one repository. It asks nobody anything, runs no hook, and logs in where it is told to."""

import base64
import os
import re
from collections.abc import Mapping

from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.repository_url import origin_of
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result

LOCAL_SECONDS = 300.0

LOGIN_USER = "x-access-token"
"""The user with whom GitHub takes a token, whoever's it is, as the password."""

NO_SETTINGS = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
"""An environment in which git knows no settings of this machine and user."""

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "gc.autoDetach=false",
    "i18n.logOutputEncoding=UTF-8",
    "http.lowSpeedLimit=1000",  # bytes/s; a transfer that stays below it
    "http.lowSpeedTime=30",  # so many seconds is given up
)
_OF_GIT = re.compile(
    r"GIT_(CONFIG|SSH|SSL|TRACE|PROXY|HTTP|CURL|ASKPASS|ATTR|EXEC|TEMPLATE)|SSH_(AUTH_SOCK|AGENT_PID)$|KRB5|XDG_CONFIG_HOME$"
)
"""Variables by which people tell git, and its helpers, how to reach and log in to a host. Others are not passed on."""

# fmt: off
_OF_A_SURROUNDING_GIT = {
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "SSH_ASKPASS",
}
# fmt: on


class Git:
    """Git for one repository, called `repository` in errors. Its login is a token for the origin of the URL, and for nobody else."""

    def __init__(self, repository: str, url: str, login: Secret | None) -> None:
        """`login` counts only where the URL is one of http or https."""
        self._repository, self._origin = repository, origin_of(url)
        self.login = login if self._origin else None

    def run(
        self,
        *arguments: str,
        timeout: float = LOCAL_SECONDS,
        listen: Listener | None = None,
        environment: Mapping[str, str] | None = None,
        log_in: bool = False,
    ) -> Result:
        """Execute git. Only what speaks with the repository's host is to `log_in`. Raises SourceError when it takes too long."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        git = Command(("git", *settings, *arguments), environment=environment or {})
        try:
            return self._runner(log_in=log_in).run(git, timeout=timeout, listen=listen)
        except CommandTimeout:
            verb = next(word for word in arguments if not word.startswith("-"))
            raise SourceError(
                f"`git {verb}` for {self._repository} did not end within {timeout:g} s; is its host reachable?"
            ) from None

    def _runner(self, *, log_in: bool) -> LocalRunner:
        inherited = _environment()
        if self.login is None or not log_in:
            return LocalRunner(environment=inherited)
        given = Secret(base64.b64encode(f"{LOGIN_USER}:{self.login.reveal()}".encode()).decode())
        return LocalRunner(environment=inherited | header(inherited, self._origin, given), secrets=(self.login, given))


def must(result: Result, failure: str) -> None:
    """Raise SourceError with what git said unless it ended well."""
    if not result.ok:
        said = [line for line in result.stderr.splitlines() if line and not line.startswith(("warning:", "hint:"))]
        raise SourceError(f"{failure}: {said[0] if said else f'git ended with status {result.status}'}")


def header(inherited: Mapping[str, str], origin: str, login: Secret) -> dict[str, str]:
    """Settings that make git send the login to this origin. In the environment, since everybody may read a program's words.

    An empty value first takes out what the user's own settings may send there: two headers are refused.
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
    """
    count = inherited.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdigit() else 0
    values = ("", f"Authorization: Basic {login.reveal()}")
    settings = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, value in enumerate(values, first):
        settings |= {f"GIT_CONFIG_KEY_{number}": f"http.{origin}/.extraHeader", f"GIT_CONFIG_VALUE_{number}": value}
    return settings


def _environment() -> dict[str, str]:
    """For git and its helpers: no secret of Shipline's, no questions, only protocols that fetch, nothing of a surrounding git."""
    own = {name: value for name, value in os.environ.items() if _OF_GIT.match(name)}
    inherited = {
        name: value for name, value in (plain_environment() | own).items() if name not in _OF_A_SURROUNDING_GIT
    }
    settings = {
        "LC_ALL": "C.UTF-8",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # `ext::` and other helpers would run what the URL says
        "SSH_ASKPASS_REQUIRE": "never",
    }
    if "GIT_SSH" not in inherited:
        settings["GIT_SSH_COMMAND"] = inherited.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10")
    return inherited | settings
