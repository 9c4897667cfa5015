"""What `shipline init` writes for a repository, derived from the compose file and the framework that are there."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, load_app
from pipeline_defs.proposal.app_file_text import text_of
from pipeline_defs.proposal.compose_override import Override, for_rehearsal
from pipeline_defs.proposal.draft import Draft
from pipeline_defs.proposal.found_compose_file import ComposeFile, _service
from pipeline_defs.proposal.repository_scan import scan
from pipeline_defs.proposal.suggest import draft_of

DOCKERFILE = """FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
EXPOSE 8000
HEALTHCHECK CMD curl -f http://localhost:8000/healthz || exit 1
CMD ["uvicorn", "app:app"]
"""
COMPOSE = """
services:
  web:
    build: .
    container_name: blog
    command: uvicorn app:app --reload
    volumes: [".:/app", "/app/node_modules", "uploads:/uploads", "./conf:/conf:ro"]
    ports: ["127.0.0.1:8000:8000", {target: 9000, published: 9000}]
    env_file: .env
    environment: {DATABASE_URL: "postgresql://blog:${DB_PASSWORD}@db/blog", MODE: "${MODE:-fast}", OTHER: "${OTHER}"}
    depends_on: [db, cache, worker]
  worker: {build: ., command: [celery, worker], volumes: [".:/app"]}
  db:
    image: postgres:16
    ports: ["5432:5432"]
    environment: {POSTGRES_USER: blog, POSTGRES_PASSWORD: "${DB_PASSWORD}"}
    volumes: ["data:/var/lib/postgresql/data"]
  cache: {image: "redis:7", healthcheck: {test: redis-cli ping}}
volumes: {data: {}, uploads: {}}
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "docker-compose.yml": COMPOSE,
    "requirements.txt": "fastapi\npytest==8\n",
    "tests/test_app.py": "",
    "conf/a.ini": "",
    ".env.example": "DB_PASSWORD='pw'  # a comment\nMAIL=x\n",
}


def repository(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def proposed(root: Path) -> tuple[Draft, App]:
    """What is proposed for a repository, and its app's file as it is read."""
    draft = draft_of(scan(root))
    file = root.parent / f"{draft.name}.yaml"
    file.write_text(text_of(draft))
    return draft, load_app(file)


def merged(text: str) -> Any:
    """A file with Compose's tags, of which each says what is there instead: nothing, or what follows."""
    tags: Any = type("Tags", (yaml.SafeLoader,), {})
    tags.add_constructor("!reset", lambda loader, node: "reset")
    tags.add_constructor("!override", lambda loader, node: loader.construct_sequence(node, deep=True))
    return yaml.load(text, tags)  # a SafeLoader with two more tags


def test_a_compose_file_for_development_is_written_over_for_a_server(tmp_path: Path) -> None:
    draft, app = proposed(repository(tmp_path / "blog", FILES))
    assert set(draft.files) == {"production.yml", "docker-compose-test.yml", "version.txt"}
    assert sum(text.count("\n") for text in draft.files.values()) <= 40
    changed = merged(draft.files["production.yml"])["services"]
    assert changed == {
        "web": {
            "volumes": ["uploads:/uploads", "./conf:/conf:ro"],
            "command": "reset",
            "ports": [
                "127.0.0.1:${PUBLISHED_PORT:-8000}:8000",
                {"target": 9000, "published": "${PUBLISHED_PORT_2:-9000}"},
            ],
            "container_name": "reset",
            "restart": "unless-stopped",
        },
        "worker": {"volumes": "reset", "restart": "unless-stopped"},
        "db": {"ports": "reset", "restart": "unless-stopped"},
    }
    production, staging = app.environments["production"], app.environments["staging"]
    assert production.compose_files == staging.compose_files == ("docker-compose.yml", "production.yml")
    assert production.also == ("worker",)
    others = {int(port) for port in staging.environment.values()}
    assert len(others) == len(staging.environment) == 2 and not others & {8000, 9000}


def test_the_tests_run_beside_the_programs_that_the_app_needs(tmp_path: Path) -> None:
    draft, app = proposed(repository(tmp_path / "blog", FILES))
    services = yaml.safe_load(draft.files["docker-compose-test.yml"])["services"]
    assert set(services) == {"tests", "db", "cache"}
    tests, database = services["tests"], services["db"]
    assert (tests["image"], tests["command"], tests["env_file"]) == (
        "${IMAGE}",
        ["pytest", "--junitxml=/results/junit.xml"],
        [".env.example"],
    )
    assert tests["environment"] == {"DATABASE_URL": "postgresql://blog:pw@db/blog", "MODE": "fast", "OTHER": "test"}
    assert tests["depends_on"]["db"] == tests["depends_on"]["cache"] == {"condition": "service_healthy"}
    assert database["environment"] == {"POSTGRES_USER": "blog", "POSTGRES_PASSWORD": "pw"}
    assert "ports" not in database and "volumes" not in database and database["tmpfs"]
    assert app.test is not None and app.test.compose == "docker-compose-test.yml"


def test_what_was_written_once_is_found_and_not_written_again(tmp_path: Path) -> None:
    root = repository(tmp_path / "blog", FILES)
    draft, app = proposed(root)
    repository(root, draft.files)
    again, same = proposed(root)
    assert again.files == {}
    environments = {name: (each.compose_files, each.also, each.database) for name, each in app.environments.items()}
    assert {
        name: (each.compose_files, each.also, each.database) for name, each in same.environments.items()
    } == environments


@pytest.mark.parametrize(
    ("ports", "files", "environment"),
    [
        ('["80:80"]', ["staging.yml"], {}),
        ('["${PORT:-80}:80"]', [], {"PORT": "8081"}),
        ('["80"]', ["staging.yml"], {}),
        ("[]", [], {}),
    ],
)
def test_a_file_for_production_gets_one_on_top_for_the_rehearsal_where_its_ports_are_fixed(
    tmp_path: Path, ports: str, files: list[str], environment: dict[str, str]
) -> None:
    compose = f"services: {{web: {{image: site, ports: {ports}}}}}\n"
    root = repository(
        tmp_path / "site", {"Dockerfile": "FROM caddy:2\n", "production.yml": compose, "version.txt": "1.0.0"}
    )
    draft, app = proposed(root)
    assert list(draft.files) == files
    assert app.environments["staging"].environment == environment
    assert app.environments["staging"].compose_files == ("production.yml", *files)
    assert app.environments["production"].compose_files == ("production.yml",)


def test_an_app_that_publishes_no_port_is_reached_by_the_router(tmp_path: Path) -> None:
    files = {"Dockerfile": DOCKERFILE, "production.yml": "services: {web: {build: .}}\n"}
    root = repository(tmp_path / "blog", files)
    route = proposed(root)[1].environments["production"].route
    assert route is not None and route.health == "/healthz"
    (root / "production.yml").write_text("services: {web: {build: .}}\nnetworks: {proxy: {external: true}}\n")
    assert proposed(root)[1].environments["production"].route is None  # somebody's own proxy is on that network


def test_a_file_on_top_of_another_is_read_with_it(tmp_path: Path) -> None:
    files = {
        "Dockerfile": DOCKERFILE,
        "compose.yml": "services: {web: {build: ., ports: ['80:8000']}, db: {image: 'postgres:16', ports: ['5432:5432']}}\n",
        "compose.prod.yml": "services: {web: {restart: always}}\n",
    }
    draft, app = proposed(repository(tmp_path / "blog", files))
    assert app.environments["production"].compose_files == ("compose.yml", "compose.prod.yml")
    assert app.environments["staging"].compose_files == ("compose.yml", "compose.prod.yml", "staging.yml")
    assert merged(draft.files["staging.yml"])["services"] == {"web": {"ports": "reset"}, "db": {"ports": "reset"}}


@pytest.mark.parametrize(
    ("files", "migrate"),
    [
        ({"manage.py": ""}, "python manage.py migrate --noinput"),
        ({"backend/manage.py": ""}, "python backend/manage.py migrate --noinput"),
        ({"alembic.ini": ""}, "alembic upgrade head"),
        ({"migrations/alembic.ini": "", "migrations/env.py": "from flask import current_app"}, "flask db upgrade"),
        ({"prisma/schema.prisma": ""}, "npx prisma migrate deploy"),
        ({}, ""),
    ],
)
def test_a_framework_says_how_it_migrates(tmp_path: Path, files: dict[str, str], migrate: str) -> None:
    _, app = proposed(
        repository(
            tmp_path / "blog", {"Dockerfile": DOCKERFILE, "compose.yml": "services: {web: {build: .}}\n", **files}
        )
    )
    assert " ".join(app.environments["production"].migrate or ()) == migrate


def package(script: str) -> dict[str, str]:
    return {"package.json": json.dumps({"scripts": {"test": script}})}


@pytest.mark.parametrize(
    ("files", "command", "target"),
    [
        ({"requirements.txt": "pytest\n", "tests/test_a.py": ""}, "pytest --junitxml=/results/junit.xml", None),
        ({"requirements-dev.txt": "pytest\n", "tests/test_a.py": ""}, None, None),  # the image has no pytest
        ({"requirements.txt": "pytest\n"}, None, None),  # there are no tests
        ({"requirements.txt": "django\n", "manage.py": "", "blog/tests.py": ""}, "python manage.py test --noinput", None),
        (package("node --test tests/"), "node --test --test-reporter=spec --test-reporter-destination=stdout "
         "--test-reporter=junit --test-reporter-destination=/results/junit.xml tests/", None),
        (package("jest"), "npm test", None),
        (package('echo "Error: no test specified" && exit 1'), None, None),
        ({**package("jest"), "Dockerfile": "FROM node:22\nRUN npm ci --omit=dev\nCMD node .\n"}, None, None),
        (
            {"requirements-dev.txt": "pytest\n", "tests/test_a.py": "", "Dockerfile": "FROM a AS base\nFROM base AS test\nFROM base\n"},
            "pytest --junitxml=/results/junit.xml",
            "test",
        ),
    ],
)  # fmt: skip
def test_a_framework_says_how_it_is_tested(
    tmp_path: Path, files: dict[str, str], command: str | None, target: str | None
) -> None:
    compose = "services: {web: {build: .}}\n"
    draft, app = proposed(repository(tmp_path / "blog", {"Dockerfile": DOCKERFILE, "production.yml": compose, **files}))
    if command is None:
        assert app.test is None and "docker-compose-test.yml" in "\n".join(draft.missing)
        return
    assert app.test is not None and app.test.target == target
    tests = yaml.safe_load(draft.files["docker-compose-test.yml"])["services"]["tests"]
    assert (" ".join(tests["command"]), tests["image"]) == (command, "${TEST_IMAGE}" if target else "${IMAGE}")
    assert (app.test.junit is not None) == ("junit" in command)


@given(st.dictionaries(st.from_regex(r"[A-Z]{1,4}", fullmatch=True), st.integers(1, 60000), max_size=6))
def test_a_rehearsal_publishes_every_port_elsewhere(ports: dict[str, int]) -> None:
    elsewhere = [int(port) for port in Override(ports=ports).rehearsed().values()]
    assert len(set(elsewhere)) == len(ports) and not set(elsewhere) & set(ports.values())
    assert all(port < 2**16 for port in elsewhere)


PORTS = st.one_of(
    st.from_regex(r"[1-9][0-9]{1,3}", fullmatch=True),
    st.from_regex(r"(127\.0\.0\.1:|\[::1\]:)?([1-9][0-9]{1,3}|\$\{P:-8[0-9]\}):[1-9][0-9]{1,3}(/tcp)?", fullmatch=True),
    st.from_regex(r"9[0-9]-99:9[0-9]-99", fullmatch=True),
)


@given(st.lists(PORTS, max_size=3))
def test_a_rehearsal_keeps_only_ports_that_a_variable_moves(ports: list[str]) -> None:
    service = _service("web", {"image": "a", "ports": ports}, PurePosixPath())
    made = for_rehearsal(ComposeFile("production.yml", {"web": service}, frozenset(), ()))
    moved = all("${P:-" in port for port in ports)
    assert ("ports: !reset" in made.text) == (not moved)


@given(name=st.text(min_size=1, max_size=12), path=st.text(min_size=1, max_size=12))
def test_a_name_from_outside_stays_a_name(name: str, path: str) -> None:
    service = _service(name, {"image": "a", "ports": ["80:80"], "container_name": "b"}, PurePosixPath())
    made = for_rehearsal(ComposeFile(f"{path}production.yml", {name: service}, frozenset(), ()))
    assert merged(made.text) == {"services": {name: {"ports": "reset", "container_name": "reset"}}}
