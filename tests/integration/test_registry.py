"""A real registry over its HTTP API: tags moved by digest, logins of both kinds, and what goes wrong."""

import base64
import datetime
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from pipeline_defs.config import Secret
from pipeline_defs.config.build import Build
from pipeline_defs.config.pinned_images import read_lock
from pipeline_defs.resources import registry_client as registry_module
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.images_lock import refresh
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import Credentials
from tests.integration.registry_front import Front, standing_before
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID
from tests.testbed.container import LOOPBACK, Container, free_port, wait_until
from tests.testbed.images import REGISTRY

LABELS = {"shipline.checkout": ID, "org.opencontainers.image.revision": "abc"}
NO_DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def docker_engine(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The Engine that pushes what the registry keeps."""
    return Engine.find(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def images(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two tiny images."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "Dockerfile").write_text("FROM scratch\nARG WORD\nLABEL word=$WORD\nCOPY Dockerfile /\n")
    names = (f"shipline-test-{uuid.uuid4().hex[:12]}", f"shipline-test-{uuid.uuid4().hex[:12]}")
    for name in names:
        docker_engine.build(folder, name, Build(arguments={"WORD": name}), labels=LABELS)
    yield names
    docker.docker("rmi", "--force", *names, check=False)


def registry_of(testbed: TestBed, name: str = "", password: str = "") -> Registry:
    """A repository in the bed's registry, a new one unless named."""
    credentials = Credentials(testbed.registry.user, Secret(password or testbed.registry.password))
    return Registry(f"{testbed.registry.address}/test/{name or uuid.uuid4().hex[:12]}", credentials)


@pytest.fixture
def push(docker_engine: Engine) -> Iterator[Callable[[str, Registry, str], str]]:
    """Pushes an image and afterwards forgets the local tag."""
    references: list[str] = []

    def push(image: str, registry: Registry, tag: str) -> str:
        references.append(f"{registry.repository}:{tag}")
        return docker_engine.push(image, registry, tag)

    yield push
    docker.docker("rmi", *references, check=False)


Push = Callable[[str, Registry, str], str]


def test_a_tag_moves_to_another_image_without_a_layer(testbed: TestBed, images: tuple[str, str], push: Push) -> None:
    registry = registry_of(testbed)
    old, new = push(images[0], registry, "1.0.0"), push(images[1], registry, "1.1.0")
    registry.tag(old, "latest", "previous_up")
    assert registry.digest_of("latest") == old
    registry.tag(new, "latest")
    assert registry.digest_of("latest") == new
    assert registry.digest_of("previous_up") == old
    assert registry.manifest("latest") == registry.manifest(new)
    assert registry.manifest("latest").media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert registry.tags() == ["1.0.0", "1.1.0", "latest", "previous_up"]


def test_the_lock_of_images_gets_what_the_tags_name_now(
    testbed: TestBed, images: tuple[str, str], push: Push, tmp_path: Path
) -> None:
    there = registry_of(testbed)
    digest = push(images[0], there, "1")
    file = tmp_path / "images.lock"
    names = (f"{there.repository}:1", f"{there.repository}:2", f"{LOOPBACK}:{free_port()}/caddy:2")
    file.write_text(f"# about it\n{names[0]} {NO_DIGEST}\n{names[1]}\n{names[2]} {NO_DIGEST}\n")
    said = refresh(file, lambda name: Registry(name, there.credentials))
    assert file.read_text() == f"# about it\n{names[0]} {digest}\n{names[1]}\n{names[2]} {NO_DIGEST}\n"
    assert [sentence.partition(": ")[2][:21] for sentence in said] == ["its registry has no s", "the registry 127.0.0."]
    assert read_lock(file)[names[0]] == digest


def test_labels_and_existence(testbed: TestBed, images: tuple[str, str], push: Push) -> None:
    registry = registry_of(testbed)
    digest = push(images[0], registry, "1.0.0")
    assert registry.config_labels(digest) == {**LABELS, "word": images[0]}
    assert registry.exists(digest)
    assert not registry.exists(NO_DIGEST)


def test_an_index_keeps_its_media_type_and_gives_the_labels_of_its_first_real_platform(
    testbed: TestBed, images: tuple[str, str], push: Push
) -> None:
    registry = registry_of(testbed)
    part = registry.manifest(push(images[0], registry, "part"))
    entry = {"mediaType": part.media_type, "digest": part.digest, "size": len(part.content)}
    attestation = {**entry, "platform": {"os": "unknown", "architecture": "unknown"}}
    image = {**entry, "platform": {"os": "linux", "architecture": "amd64"}}
    media_type = "application/vnd.oci.image.index.v1+json"
    index = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": [attestation, image]}, indent=3)
    written = requests.put(
        f"http://{registry.host}/v2/{registry.name}/manifests/index",
        data=index,
        headers={"Content-Type": media_type},
        auth=(testbed.registry.user, testbed.registry.password),
        timeout=30,
    )
    assert written.ok, written.text
    digest = registry.digest_of("index")
    assert digest is not None
    registry.tag(digest, "moved")
    moved = registry.manifest("moved")
    assert (moved.digest, moved.media_type, moved.content) == (digest, media_type, index.encode())
    assert registry.config_labels(digest)["word"] == images[0]


def test_all_tags_are_found_on_all_pages(
    testbed: TestBed, images: tuple[str, str], push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registry_of(testbed)
    tags = [f"1.0.{number}" for number in range(7)]
    registry.tag(push(images[0], registry, tags[0]), *tags[1:])
    monkeypatch.setattr(registry_module, "TAGS_A_PAGE", 2)
    assert registry.tags() == tags


def test_what_is_not_there(testbed: TestBed) -> None:
    registry = registry_of(testbed, "nothing")
    assert registry.digest_of("latest") is None
    assert registry.tags() == []
    with pytest.raises(RegistryError, match=r"has no image test/nothing with the tag latest"):
        registry.manifest("latest")
    with pytest.raises(RegistryError, match=f"has no image test/nothing with the digest {NO_DIGEST}"):
        registry.tag(NO_DIGEST, "latest")


def test_a_wrong_and_a_missing_password(testbed: TestBed) -> None:
    wrong = registry_of(testbed, password="wrong-password")
    for refused in (wrong.tags, lambda: wrong.digest_of("x"), lambda: wrong.tag(NO_DIGEST, "x")):
        with pytest.raises(RegistryError) as caught:
            refused()
        assert str(caught.value) == (
            f"the registry {wrong.host} refused the login of {testbed.registry.user}; "
            "check registry.username and registry.password"
        )
    with pytest.raises(RegistryError, match=r"wants a login; set registry.username and registry.password"):
        Registry(wrong.repository).tags()


@pytest.mark.parametrize(
    ("repository", "sentence"),
    [
        ("127.0.0.1:1/team/shop", r"the registry 127.0.0.1:1 cannot be reached \(.*Connection refused\)"),
        ("registry.invalid/team/shop", r"the registry registry.invalid cannot be reached \(.*"),
    ],
)
def test_a_registry_that_cannot_be_reached(repository: str, sentence: str) -> None:
    with pytest.raises(RegistryError, match=sentence) as caught:
        Registry(repository).tags()
    assert "\n" not in str(caught.value)
    assert "object at 0x" not in str(caught.value)


def test_credentials_of_an_earlier_docker_login_are_taken(
    testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testbed.registry.login(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert Registry(f"{testbed.registry.address}/test/nothing").tags() == []


@pytest.fixture
def front(testbed: TestBed) -> Iterator[Front]:
    """A front that is not busy yet."""
    with standing_before(testbed.registry.address) as server:
        yield server


def test_only_reading_is_tried_again(testbed: TestBed, images: tuple[str, str], push: Push, front: Front) -> None:
    registry = registry_of(testbed)
    digest = push(images[0], registry, "1.0.0")
    behind = Registry(f"{front.address}/{registry.name}", registry.credentials)
    front.busy = {"HEAD": 2, "GET": 2}
    assert behind.digest_of("1.0.0") == digest
    assert behind.manifest(digest).digest == digest
    front.busy = {"PUT": 1}
    front.asked.clear()
    with pytest.raises(RegistryError, match=r"could not move the tag latest in .*: status 503"):
        behind.tag(digest, "latest")
    assert [each.partition(" ")[0] for each in front.asked].count("PUT") == 1
    front.busy = {"GET": 99}
    with pytest.raises(RegistryError, match=r"could not list the tags in .*: status 503"):
        behind.tags()


class TokenServer(ThreadingHTTPServer):
    """Gives tokens for a registry to those who know the password, by the registry's token specification.

    https://distribution.github.io/distribution/spec/auth/jwt/
    """

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Issuing)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.scopes: list[str] = []
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shipline")])
        now = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def realm(self) -> str:
        """Where tokens are asked for."""
        return f"http://{LOOPBACK}:{self.server_port}/token"

    def token(self, scope: str) -> str:
        """A token for what was asked, good for a minute."""
        self.scopes.append(scope)
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        kind, name, actions = scope.split(":") if scope else ("", "", "")
        now = int(time.time())
        claims = {
            "iss": "shipline", "aud": "registry", "sub": "ada", "nbf": now - 10, "iat": now, "exp": now + 60,
            "jti": uuid.uuid4().hex, "access": [{"type": kind, "name": name, "actions": actions.split(",")}] if scope else [],
        }  # fmt: skip
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
        signed = self.key.sign(b".".join(parts), padding.PKCS1v15(), hashes.SHA256())
        return b".".join([*parts, base64.urlsafe_b64encode(signed).rstrip(b"=")]).decode()


class _Issuing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, TokenServer)
        known = self.headers.get("Authorization") == f"Basic {base64.b64encode(b'ada:s3cr3t').decode()}"
        scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
        answer = json.dumps({"token": self.server.token(scope)} if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        """OAuth, which containerd's image store asks for first: GitLab's does not know it either, and is asked as usual then."""
        self.send_error(405)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    """A token server that runs."""
    with TokenServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def token_registry(testbed: TestBed, tokens: TokenServer, tmp_path: Path) -> Iterator[str]:
    """Address of a registry that asks for tokens, as those of Docker Hub, GitHub and GitLab do."""
    port = free_port()
    container = Container(testbed.name, f"registry-{port}")
    configuration = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": "/var/lib/registry"}},
        "http": {"addr": ":5000"},
        "auth": {
            "token": {
                "realm": tokens.realm,
                "service": "registry",
                "issuer": "shipline",
                "rootcertbundle": "/etc/docker/registry/tokens.pem",
            }
        },
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(configuration))
    (tmp_path / "tokens.pem").write_bytes(tokens.certificate.public_bytes(serialization.Encoding.PEM))
    container.create(REGISTRY.name, "--publish", f"{LOOPBACK}:{port}:5000")
    try:
        docker.docker("cp", f"{tmp_path}/.", f"{container.name}:/etc/docker/registry")
        container.start()
        wait_until(lambda: answers(f"http://{LOOPBACK}:{port}/v2/"), container.name, 30)
        yield f"{LOOPBACK}:{port}"
    finally:
        container.remove()


def answers(url: str) -> bool:
    """True when an HTTP server answers."""
    try:
        return requests.get(url, timeout=5).status_code > 0
    except requests.RequestException:
        return False


def test_a_registry_that_asks_for_tokens(
    token_registry: str, tokens: TokenServer, images: tuple[str, str], push: Push
) -> None:
    registry = Registry(f"{token_registry}/team/shop", Credentials("ada", Secret("s3cr3t")))
    digest = push(images[0], registry, "1.0.0")
    tokens.scopes.clear()
    registry.tag(digest, "latest", "previous_up")
    assert registry.tags() == ["1.0.0", "latest", "previous_up"]
    (scope,) = tokens.scopes  # one token serves them all; the registry names its actions in any order
    assert scope in ("repository:team/shop:pull,push", "repository:team/shop:push,pull")
    wrong = Registry(registry.repository, Credentials("ada", Secret("wrong")))
    with pytest.raises(RegistryError, match=f"the registry {token_registry} refused the login of ada"):
        wrong.tags()
