"""Registry connection: requests to one image's repository in its registry, signed as the registry asks, and what goes wrong in words."""

import functools
import ipaddress
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import DOCKER_HUB, Credentials, Login
from pipeline_defs.resources.tls_trust import SystemTrust
from pipeline_defs.resources.whole_answer import within

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
ANSWER_SECONDS = 180.0
"""For the whole answer, tries included. What is asked here is small; layers are Docker's to send."""
RETRIES = 3


class RegistryConnection:
    """The way to one repository. Plain HTTP is spoken with loopback addresses, or where `insecure` says so.

    Without credentials those of an earlier `docker login` of this user are taken, else none. Only reading is tried again after an
    error of the network.
    """

    def __init__(self, repository: str, credentials: Credentials | None = None, *, insecure: bool = False) -> None:
        """`repository` is the image's name without tag: `registry.example.org/team/shop`, or `team/shop` of Docker Hub."""
        self.repository = repository
        self.host, self.name = _split(repository)
        loopback = _is_loopback(self.host)
        scheme = "http" if insecure or loopback else "https"
        address = "registry-1.docker.io" if self.host == DOCKER_HUB else self.host
        self.base = f"{scheme}://{address}/v2/{self.name}/"
        self.credentials = credentials or Credentials.of_docker_login(self.host)
        self.login = Login(self.host, self.credentials, plain=scheme == "http")
        self._session = requests.Session()
        self._session.trust_env = not loopback  # a proxy has no business between this machine and itself
        self._session.mount("http://", HTTPAdapter(max_retries=_RETRY))
        self._session.mount("https://", SystemTrust(max_retries=_RETRY))

    def ask(self, method: str, path: str, *, accept: tuple[str, ...] = (), **options: Any) -> requests.Response:
        """One request; when the registry asks who it is, the login it asks for and the request again.

        `path` is below the repository's, or an address that the registry gave. Raises RegistryError for one that leads elsewhere, and
        where nobody answers.
        """
        url = self._address(path)
        headers = {**options.pop("headers", {}), **({"Accept": ", ".join(accept)} if accept else {})}
        answer = self._send(method, url, headers=headers, **options)
        if answer.status_code == requests.codes.unauthorized:
            self.login.answer(answer.headers.get("WWW-Authenticate", ""), functools.partial(self._send, "GET"))
            answer = self._send(method, url, headers=headers, **options)
        return answer

    def _address(self, path: str) -> str:
        home = urlsplit(self.base)
        try:
            there = urlsplit(urljoin(self.base, path))
        except ValueError:
            raise RegistryError(f"the registry {self.host} sends us to {path!r}, which is no address") from None
        if there.netloc != home.netloc:
            raise RegistryError(f"the registry {self.host} sends us to {there.hostname}, which is not asked")
        # Behind a proxy that does the encryption a registry may believe that it is spoken to in plain HTTP.
        return there._replace(scheme=home.scheme).geturl()

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        try:
            return within(
                ANSWER_SECONDS,
                lambda: self._session.request(method, url, auth=self.login, timeout=timeout, **options),
            )
        except TimeoutError:
            raise RegistryError(
                f"the registry {self.host} has not answered to the end within {ANSWER_SECONDS:g} s; is it or a proxy overloaded?"
            ) from None
        except requests.exceptions.SSLError as error:
            raise RegistryError(
                f"the registry {self.host} has no certificate that this machine trusts ({_reason(error)}); "
                "add its CA to this machine (update-ca-certificates, or SSL_CERT_FILE in the home's .env), or set registry.insecure "
                "if it speaks plain HTTP"
            ) from None
        except requests.RequestException as error:
            raise RegistryError(
                f"the registry {self.host} cannot be reached ({_reason(error)}); is it running, and is the name right?"
            ) from None

    def must(self, answer: requests.Response, purpose: str) -> None:
        """Raise RegistryError unless the answer is a good one; `purpose` is what was tried, such as `move the tag latest`."""
        if answer.ok:
            return
        if answer.status_code == requests.codes.unauthorized:
            raise RegistryError(self.login.refused())
        if answer.status_code == requests.codes.forbidden:
            who = f"the user {self.credentials.username}" if self.credentials else "an unnamed user"
            raise RegistryError(
                f"the registry {self.host} does not let {who} {purpose} in {self.name}; check its rights"
            )
        raise RegistryError(
            f"the registry {self.host} could not {purpose} in {self.name}: status {answer.status_code} {_said(answer)}"
        )


_RETRY = Retry(
    total=RETRIES,
    connect=1,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "HEAD"),
    respect_retry_after_header=False,  # it may ask for an hour
    raise_on_status=False,
)


def _split(repository: str) -> tuple[str, str]:
    """Host and name, as Docker reads them: without a host it is Docker Hub, and there `library/` without a user."""
    first, _, rest = repository.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        host, name = first, rest
    else:
        host, name = DOCKER_HUB, repository
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = DOCKER_HUB
    return host, f"library/{name}" if host == DOCKER_HUB and "/" not in name else name


def _is_loopback(host: str) -> bool:
    address = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _reason(error: BaseException) -> str:
    """The innermost cause that says something, without addresses of Python objects."""
    while isinstance(inner := getattr(error, "reason", None) or (error.args[0] if error.args else None), BaseException):
        error = inner
    return str(error).rpartition(": ")[2]


def _said(answer: requests.Response) -> str:
    try:
        return "; ".join(str(problem["message"]) for problem in answer.json()["errors"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return answer.reason
