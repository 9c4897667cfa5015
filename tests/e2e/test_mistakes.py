"""What users get wrong: one clear sentence each, no stack trace, nothing changed."""

import socket
import subprocess

import pytest

from tests.e2e.pipeline import Pipeline, integrate, on_a_branch, one_sentence
from tests.support.shop import git

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def head(pipeline: Pipeline) -> str:
    """A commit that can be built."""
    return git(pipeline.developer.origin, "rev-parse", "development")


def test_an_empty_repository(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    git(empty, "init", "-q", "--bare")
    pipeline.add("empty", repository=str(empty))
    ended = pipeline.shipline_says("run", "integrate", "empty")
    assert ended.status in (1, 2)
    assert "development" in ended.error or "empty" in ended.error
    assert len(ended.error.strip().splitlines()) == 1 and "Traceback" not in ended.error


def test_an_unreachable_host(pipeline: Pipeline, head: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    host = {
        "address": "127.0.0.1",
        "port": port,
        "key": str(pipeline.bed.key),
        "known_hosts": str(pipeline.bed.known_hosts),
    }
    pipeline.add("unreachable", everywhere={"hosts": [host]})
    assert integrate(pipeline, "unreachable", head).status == 0
    ended = pipeline.shipline_says("--json", "run", "stage", "unreachable", "--commit", head)
    one_sentence(ended, f"127.0.0.1:{port}")


def test_a_changed_host_key(pipeline: Pipeline, head: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    known = tmp_path_factory.mktemp("keys") / "known_hosts"
    other = tmp_path_factory.mktemp("keys") / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    port = pipeline.bed.servers[0].ssh_port
    known.write_text(f"[127.0.0.1]:{port} {other.with_suffix('.pub').read_text()}")
    host = {"address": "127.0.0.1", "port": port, "key": str(pipeline.bed.key), "known_hosts": str(known)}
    pipeline.add("strangers", everywhere={"hosts": [host]})
    assert integrate(pipeline, "strangers", head).status == 0
    one_sentence(pipeline.shipline_says("--json", "run", "stage", "strangers", "--commit", head), "host key", "SHA256:")


def test_a_wrong_registry_password(pipeline: Pipeline, head: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    wrong = tmp_path_factory.mktemp("secret") / "password"
    wrong.write_text("not the password")
    registry = {"username": {"env": "SHOP_REGISTRY_USER"}, "password": {"file": str(wrong)}}
    pipeline.add("locked_out", registry=registry)
    one_sentence(integrate(pipeline, "locked_out", head), "registry", "password")


def test_a_dockerfile_that_fails(pipeline: Pipeline) -> None:
    edit = ("Dockerfile", 'CMD ["uvicorn"', 'RUN echo no such luck >&2 && false\nCMD ["uvicorn"')
    commit = on_a_branch(pipeline, "broken-dockerfile", edit)
    one_sentence(integrate(pipeline, "shop", commit), "Dockerfile", "no such luck")


def test_a_compose_file_without_the_service(pipeline: Pipeline) -> None:
    # The image must be another one too: the tests of an image that passed them are not run again.
    other = ("shop/main.py", "app = FastAPI(", "# another image\napp = FastAPI(")
    commit = on_a_branch(pipeline, "no-tests", ("docker-compose-test.yml", "  tests:", "  checks:"), other)
    one_sentence(integrate(pipeline, "shop", commit), "docker-compose-test.yml", "tests")


def test_a_full_disk_on_the_server(pipeline: Pipeline, head: str) -> None:
    with pipeline.bed.extra_server("small", home_size="8m") as small:
        host = {
            "address": small.host,
            "port": small.ssh_port,
            "key": str(pipeline.bed.key),
            "known_hosts": str(pipeline.bed.known_hosts),
        }
        pipeline.add("full", everywhere={"hosts": [host]})
        assert integrate(pipeline, "full", head).status == 0
        one_sentence(pipeline.shipline_says("--json", "run", "stage", "full", "--commit", head), "free")
