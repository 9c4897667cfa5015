"""Registry client: the images' store, spoken to over its HTTP API (the OCI distribution specification, v1.1)."""

import functools
import hashlib
import ipaddress
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from pipeline_defs.config.app import App
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import DOCKER_HUB, Credentials, Login

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
RETRIES = 3
TAGS_A_PAGE = 1000

_DOCKER_HUB_KEY = "https://index.docker.io/v1/"  # its name in a config.json, for historical reasons

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Manifest:
    """What a digest names, as the very bytes the registry keeps."""

    digest: str
    media_type: str
    content: bytes


class Registry:
    """One image's repository in its registry. Tags are moved without a layer being pulled or pushed.

    Plain HTTP is spoken with loopback addresses, or where `insecure` says so. Without credentials those of an earlier
    `docker login` of this user are taken, else none. Only reading is tried again after an error of the network.
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
        self._session.mount("https://", HTTPAdapter(max_retries=_RETRY))

    def docker_config(self) -> Secret | None:
        """A Docker `config.json` that logs in here; None where there is no login of ours."""
        if self.credentials is None:
            return None
        key = _DOCKER_HUB_KEY if self.host == DOCKER_HUB else self.host
        return Secret(json.dumps({"auths": {key: {"auth": self.credentials.pair}}}))

    def digest_of(self, tag: str) -> str | None:
        """The digest that a tag (or digest) names now, None where there is no such thing."""
        answer = self._ask("HEAD", f"manifests/{tag}", accept=_INDEXES + _MANIFESTS)
        if answer.status_code == requests.codes.not_found:
            return None
        self._must(answer, f"find {tag}")
        return answer.headers.get("Docker-Content-Digest") or self.manifest(tag).digest

    def exists(self, digest: str) -> bool:
        """True when the registry serves this digest."""
        return self.digest_of(digest) is not None

    def manifest(self, reference: str) -> Manifest:
        """The manifest (or index) of a tag or digest, its content checked against its digest."""
        answer = self._ask("GET", f"manifests/{reference}", accept=_INDEXES + _MANIFESTS)
        if answer.status_code == requests.codes.not_found:
            raise RegistryError(f"the registry {self.host} has no image {self.name} with {_named(reference)}")
        self._must(answer, f"read {reference}")
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        if reference.startswith("sha256:") and reference != digest:
            raise RegistryError(
                f"the registry {self.host} gave other content ({digest}) for {reference}; do not use it"
            )
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        return Manifest(digest, media_type or answer.json()["mediaType"], answer.content)

    def tag(self, digest: str, *tags: str) -> None:
        """Make the tags name this digest: the same manifest is written under each name."""
        manifest = self.manifest(digest)
        for tag in tags:
            headers = {"Content-Type": manifest.media_type}
            answer = self._ask("PUT", f"manifests/{tag}", headers=headers, data=manifest.content)
            self._must(answer, f"move the tag {tag}")

    def tags(self) -> list[str]:
        """All tags of the repository, sorted; none where the repository does not exist yet."""
        found: list[str] = []
        page: str | None = f"tags/list?n={TAGS_A_PAGE}"
        while page:
            answer = self._ask("GET", page)
            if answer.status_code == requests.codes.not_found:
                return []
            self._must(answer, "list the tags")
            found += answer.json().get("tags") or []
            page = answer.links.get("next", {}).get("url")
        return sorted(found)

    def config_labels(self, digest: str) -> dict[str, str]:
        """The labels in the configuration of the image; of an index, those of its first real platform."""
        return self._configurations(digest)[0].get("config", {}).get("Labels") or {}

    def platforms(self, digest: str) -> tuple[str, ...]:
        """What the image was built for, such as `linux/amd64` or `linux/arm/v7`."""
        words = ("os", "architecture", "variant")
        return tuple("/".join(each[word] for word in words if each.get(word)) for each in self._configurations(digest))

    def _configurations(self, digest: str) -> list[dict[str, Any]]:
        """The configuration of the image; of an index, one for each platform. What only attests to others is left out."""
        manifest = self.manifest(digest)
        content = json.loads(manifest.content)
        if manifest.media_type in _INDEXES:
            real = [
                image for image in content["manifests"] if image.get("platform", {}).get("architecture") != "unknown"
            ]
            return [found for image in real or content["manifests"] for found in self._configurations(image["digest"])]
        answer = self._ask("GET", f"blobs/{content['config']['digest']}")
        self._must(answer, f"read the configuration of {digest}")
        return [answer.json()]

    def _ask(self, method: str, path: str, *, accept: tuple[str, ...] = (), **options: Any) -> requests.Response:
        """One request; when the registry asks who it is, the login it asks for and the request again."""
        url = urljoin(self.base, path)
        if urlsplit(url).netloc != urlsplit(self.base).netloc:
            raise RegistryError(f"the registry {self.host} sends us to {url}, which is not asked")
        headers = {**options.pop("headers", {}), **({"Accept": ", ".join(accept)} if accept else {})}
        answer = self._send(method, url, headers=headers, **options)
        if answer.status_code == requests.codes.unauthorized:
            self.login.answer(answer.headers.get("WWW-Authenticate", ""), functools.partial(self._send, "GET"))
            answer = self._send(method, url, headers=headers, **options)
        return answer

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        try:
            return self._session.request(method, url, auth=self.login, timeout=timeout, **options)
        except requests.exceptions.SSLError as error:
            raise RegistryError(
                f"the registry {self.host} has no certificate that this machine trusts ({_reason(error)}); "
                "add its CA to this machine, or set registry.insecure if it speaks plain HTTP"
            ) from None
        except requests.RequestException as error:
            raise RegistryError(
                f"the registry {self.host} cannot be reached ({_reason(error)}); is it running, and is the name right?"
            ) from None

    def _must(self, answer: requests.Response, purpose: str) -> None:
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


def registry_of(app: App) -> Registry:
    """The repository of the app's image, with the app's credentials. Raises SecretUnavailable."""
    if app.registry is None:
        return Registry(app.image)
    credentials = Credentials(app.registry.username.read().reveal(), app.registry.password.read())
    return Registry(app.image, credentials, insecure=app.registry.insecure)


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


def _named(reference: str) -> str:
    return f"the digest {reference}" if reference.startswith("sha256:") else f"the tag {reference}"


def _reason(error: BaseException) -> str:
    """The innermost cause that says something, without addresses of Python objects."""
    while isinstance(inner := getattr(error, "reason", None) or (error.args[0] if error.args else None), BaseException):
        error = inner
    return str(error).rpartition(": ")[2]


def _said(answer: requests.Response) -> str:
    try:
        return "; ".join(problem["message"] for problem in answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return answer.reason
