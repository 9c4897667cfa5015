"""`shipline doctor APP` tries the actual commit: what its first deployment would meet, on a real server that stays as it is."""

import json
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.server.core.command import script
from tests.integration.procedures import WIPE
from tests.support.shop import Shop, environment, git
from tests.testbed.bed import TestBed
from tests.testbed.images import CADDY

SOURCE = Path("examples/shop")
EVERYTHING = """
docker ps -a --format '{{.ID}} {{.Names}} {{.State}}'; docker volume ls; docker network ls
docker image ls -a --no-trunc -q | sort  # those of one second come in any order
find /opt /tmp | sort
"""

Asked = Callable[..., tuple[int, list[dict[str, str]]]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The sample app in a git repository of its own, on its main branch."""
    root = tmp_path / "shop"
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    return root


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "a change")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def asked(
    testbed: TestBed,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Asked:
    """The doctor, asked about the sample app: (status, what it found of the commit)."""
    testbed.servers[0].load(CADDY.name)
    home = {"SHIPLINE_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path), "SHOP_REPOSITORY": str(repository)}
    of_its_own = f"{testbed.registry.address}/doctor-{secrets.token_hex(4)}"  # other tests have pushed this version
    for name, value in environment(testbed, **home, SHOP_REGISTRY=of_its_own).items():
        monkeypatch.setenv(name, value)

    def ask(*words: str) -> tuple[int, list[dict[str, str]]]:
        status = main(["doctor", "shop", *words, "--json"])
        told: Any = json.loads(capsys.readouterr().out)
        return status, [each for each in told["findings"] if each["about"].startswith("shop at ")]

    return ask


def broken(findings: list[dict[str, str]]) -> str:
    return "\n".join(
        f"{each['what']}: {each['says']} -> {each['remedy']}" for each in findings if each["level"] == "broken"
    )


def test_a_commit_that_can_be_deployed_is_found_well_and_the_server_stays_as_it_is(sample: Shop, asked: Asked) -> None:
    with sample.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
        before = server.run(script(EVERYTHING), timeout=30).stdout
        _, found = asked()
        assert server.run(script(EVERYTHING), timeout=30).stdout == before
    assert broken(found) == ""
    assert {each["what"] for each in found} >= {
        "Dockerfile", "version", "tests", "production: compose file", "staging: compose file", "production: images"
    }  # fmt: skip


def test_each_mistake_of_a_commit_is_found_before_its_first_deployment(asked: Asked, repository: Path) -> None:
    good = git(repository, "rev-parse", "HEAD")
    (repository / "version.txt").unlink()
    (repository / "Dockerfile").write_text("FROM scratch\nCOPPY . /\n")
    (repository / "docker-compose-test.yml").write_text("services: {other: {image: x}}\n")
    compose = repository / "production.yml"
    compose.write_text(
        compose.read_text().replace("  db:\n    image: postgres:15", "  db:\n    image: 127.0.0.1:9/no-such:1")
    )
    staging = repository / "staging.yml"
    before = staging.read_text()
    staging.write_text(before.replace("restart: unless-stopped", "env_file: .env", 1))
    collection = repository / "postman" / "shop.postman_collection.json"
    collection.write_text(collection.read_text().replace("{{base_url}}", "{{APIURL}}"))
    commit(repository)
    status, found = asked()
    assert status == 1
    told = broken(found)
    for sentence in (
        "version: version_file names version.txt, which is not in the repository at this commit -> write one: echo 0.1.0",
        "Dockerfile: Dockerfile has the line COPPY, which is no instruction",
        "tests: docker-compose-test.yml has no service tests",
        "production: images: 127.0.0.1:9/no-such:1 is not on",
        "staging: files: the service web has env_file: .env, which is not in the repository at this commit",
        "goes where {{APIURL}} says, which nothing sets",
    ):
        assert sentence in told
    staging.write_text(before.replace(":-8081}", ":-8080}"))
    commit(repository)
    assert "both publish the port 8080" in broken(asked()[1])  # the one of them by its router
    assert broken(asked("--commit", good)[1]) == ""


def test_check_renders_the_compose_files_on_this_machine(
    asked: Asked, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def checked() -> tuple[int, str]:
        status = main(["check", "shop", "--json"])
        return status, capsys.readouterr().out

    status, told = checked()
    assert (status, json.loads(told)["compose"]["shop"]["refusals"]) == (0, [])
    compose = repository / "production.yml"
    compose.write_text(compose.read_text().replace("    image: shop", "    pull_policy: always\n    image: shop"))
    commit(repository)
    status, told = checked()
    assert status == 1
    assert "production: production.yml: the service web has pull_policy: always" in told


def test_deploy_asks_before_a_run_is_begun(asked: Asked, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "version.txt").write_text("one\n")
    made = commit(repository)
    assert main(["deploy", "shop", "production"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"{made[:7]} of shop cannot be deployed to production: version" in said
