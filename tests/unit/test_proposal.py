"""What a repository suggests: compose files as people write them, the app's own service, and a file that is complete and right."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, load_app
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.testing import E2E
from pipeline_defs.proposal.app_file_text import text_of
from pipeline_defs.proposal.compose_variables import default_of
from pipeline_defs.proposal.found_compose_file import read_compose
from pipeline_defs.proposal.proposal_error import ProposalError
from pipeline_defs.proposal.repository_origin import origin_of
from pipeline_defs.proposal.repository_scan import scan
from pipeline_defs.proposal.service_roles import dependent_services, own_service
from pipeline_defs.proposal.suggest import draft_of
from pipeline_defs.resources.release_files import paths_of
from pipeline_defs.server.core.site import Site
from tests.support.shop import git

SHOP = PROJECT / "examples" / "shop"
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
DEFAULTS = st.text(alphabet="abc019./@-", max_size=8)


def repository(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def written(root: Path, folder: Path, **words: str) -> tuple[App, str]:
    """The app's file that is proposed for a repository, and what is missing."""
    draft = draft_of(scan(root), **words)  # type: ignore[arg-type]
    file = folder / f"{draft.name}.yaml"
    file.write_text(text_of(draft))
    return load_app(file), "\n".join(draft.missing)


def test_the_sample_app_is_found_as_its_own_file_describes_it(tmp_path: Path) -> None:
    app, missing = written(SHOP, tmp_path)
    example = load_app(PROJECT / "apps" / "shop.yaml")
    assert (app.build, app.test, app.version_file) == (example.build, example.test, example.version_file)
    for name, environment in app.environments.items():
        same = (
            "compose",
            "service",
            "port",
            "database",
            "migrate",
            "revision",
            "downgrade",
            "secrets",
            "rehearses",
            "e2e",
            "directory",
            "route",
        )
        its = example.environments[name]
        assert {key: getattr(environment, key) for key in same} == {key: getattr(its, key) for key in same}
    assert {line.partition(":")[0] for line in missing.splitlines()} == {
        "repository",
        "image",
        "environments.production.hosts.address",
        "environments.production.route",
    }


def test_every_key_that_is_left_out_may_be_taken_in(tmp_path: Path) -> None:
    """What is shown as the default is one: the file stays right, and means the same."""
    text = text_of(draft_of(scan(SHOP)))
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    app = load_app(file)
    shown = [match.start(1) for match in re.finditer(r"^ *(#)[a-z]\w*: ", text, re.MULTILINE)]
    assert len(shown) > 30
    for place in shown:
        file.write_text(text[:place] + text[place + 1 :])
        assert load_app(file) == app


def test_a_file_on_github_takes_branches_image_and_lint_from_what_is_there(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "clone",
        {
            "Dockerfile": "FROM scratch\nEXPOSE 9000/tcp\nHEALTHCHECK CMD true\n",
            "compose.yaml": "services: {app: {build: ., ports: ['80:9000']}, worker: {build: .}, cache: {image: redis}}\n",
            "version.txt": "1.2\n",
            ".github/workflows/ci.yml": (
                "jobs:\n  a:\n    steps:\n      - run: pip install x && ruff check .\n      - run: |\n          echo $A\n"
                "          ruff check src\n      - with: {tags: 'ghcr.io/acme/blog:latest'}\n"
            ),
        },
    )
    git(root, "init", "--quiet", "--initial-branch=master")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(root, "remote", "add", "origin", "https://me:s3cr3t@github.com/acme/Blog-Site.git")
    app, missing = written(root, tmp_path)
    assert (app.name, app.repository, app.image) == ("blog_site", "acme/Blog-Site", "ghcr.io/acme/blog")
    assert (app.branches.shipping, app.lint.command) == (("master",), ("ruff", "check", "src"))
    assert app.github is not None and app.github.token is not None and app.github.token.env == "BLOG_SITE_GITHUB_TOKEN"
    production = app.environments["production"]
    assert (production.service, production.also, production.port, production.database) == (
        "app",
        ("worker",),
        9000,
        None,
    )
    for needed in (
        "version.txt",
        "docker-compose-test.yml",
        "Postman",
        "ci.yml",
        "PostgreSQL",
    ):
        assert needed in missing
    assert "s3cr3t" not in (tmp_path / "blog_site.yaml").read_text()


@pytest.mark.parametrize(
    ("files", "words", "needs"),
    [
        ({}, {}, ["Dockerfile", "production.yml"]),
        ({"Dockerfile": "", "compose.yml": "services: [\n"}, {}, ["compose.yml cannot be read", "production.yml"]),
        ({"Dockerfile": "", "compose.yml": "a: 1\n"}, {}, ["compose.yml has no services", "production.yml"]),
        ({"api/Dockerfile": "", "web/Dockerfile": "", "compose.yml": "services: {a: {build: api}}"}, {}, ["--dockerfile api/Dockerfile"]),
        ({"Dockerfile": ""}, {"dockerfile": "b/Dockerfile"}, ["no Dockerfile 'b/Dockerfile'"]),
        ({"Dockerfile": "", "compose.yml": "services: {db: {image: postgres:15}}"}, {}, ["no service runs the app's image"]),
        ({"Dockerfile": "", "compose.yml": "services: {a: {image: a}, b: {image: b}}"}, {}, ["(a, b)", "--service"]),
        ({"Dockerfile": "", "compose.yml": "services: {a: {image: a}}"}, {"service": "x"}, ["no service is named 'x'"]),
    ],
)  # fmt: skip
def test_what_is_needed_is_said(tmp_path: Path, files: dict[str, str], words: dict[str, str], needs: list[str]) -> None:
    root = repository(tmp_path, files)
    with pytest.raises(ProposalError) as raised:
        draft_of(scan(root), **words)  # type: ignore[arg-type]
    assert [need for need in needs if need not in str(raised.value)] == []


def test_of_a_monorepo_each_app_is_written_by_its_dockerfile(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "mono",
        {
            "api/Dockerfile": "HEALTHCHECK CMD true\nEXPOSE 1\n",
            "api/version.txt": "1.0.0",
            "api/.dockerignore": "version.txt\n",
            "api/migrations/alembic.ini": "",
            "web/Dockerfile": "",
            "production.yml": "services: {api: {build: {context: api}}, front: {build: {context: ., dockerfile: web/Dockerfile}}}",
        },
    )
    api, missing = written(root, tmp_path, dockerfile="api/Dockerfile", name="api")
    assert (api.build.context, api.version_file, api.environments["production"].service) == (
        "api",
        "api/version.txt",
        "api",
    )
    assert api.environments["production"].migrate == ("alembic", "-c", "migrations/alembic.ini", "upgrade", "head")
    assert "HEALTHCHECK" not in missing and ".dockerignore" not in missing
    assert "images: front would be built on the server" in missing and "front: {dockerfile: web/Dockerfile}" in missing
    web, missing = written(root, tmp_path, dockerfile="web/Dockerfile", name="web")
    assert (web.build.context, web.build.dockerfile, web.environments["production"].service) == (
        ".",
        "web/Dockerfile",
        "front",
    )
    assert "HEALTHCHECK" in missing


def test_what_the_compose_file_takes_goes_along_and_staging_needs_a_port_of_its_own(tmp_path: Path) -> None:
    takes = "services: {web: {image: a, ports: ['127.0.0.1:80:8000'], env_file: .env, volumes: ['./conf/a.ini:/a', './missing:/m']}}"
    files = {"Dockerfile": "", "production.yml": takes, "staging.yml": takes, "conf/a.ini": ""}
    app, missing = written(repository(tmp_path / "shop", files), tmp_path)
    assert app.environments["production"].files == ()
    assert [str(each.file) for each in app.environments["production"].secret_files.values()] == [
        "/etc/shipline/shop-production.env"
    ]
    for needed in ("production.yml takes .env, which git has not", "staging.yml: publish another port than 80"):
        assert needed in missing


def test_a_compose_file_is_read_as_compose_reads_it(tmp_path: Path) -> None:
    text = """
services:
  upgrade: {image: shop, ports: ["2:2"]}
  mailer: {image: shop}
  web: {image: shop, ports: ["${A:-1}:8000/tcp", {target: 9, published: 1}],
    environment: [A=$B, "C=$${D}", "E=${F?no}"], env_file: [.env, {path: conf/web.env}, {path: own.env, required: false}],
    depends_on: {upgrade: {condition: service_completed_successfully}, db: {condition: service_healthy}}}
  worker: {image: shop, environment: !reset null, depends_on: [db]}
  db: {image: "docker.io/library/postgres:15", environment: {POSTGRES_DB: "${G:-shop}"},
    volumes: ["./x:/init", "data:/var/lib/postgresql/data:rw"]}
"""
    file = read_compose(repository(tmp_path, {"p.yml": text}), "p.yml")
    web, database = file.services["web"], file.services["db"]
    assert (web.ports, web.published, web.environment["A"], file.unset) == ((8000, 9), (1, 1), "$B", ("B", "F"))
    assert web.reads == (".env", "conf/web.env")
    assert (database.is_postgres, database.volume, database.environment) == (
        True,
        "data",
        {"POSTGRES_DB": "${G:-shop}"},
    )
    assert (own_service(file, "Dockerfile", None), dependent_services(file, web)) == (
        web,
        ["upgrade", "mailer", "worker"],
    )


@pytest.mark.usefixtures("compose_there")
def test_a_folder_of_data_is_kept_and_nobody_is_told_to_name_files_for_it(tmp_path: Path) -> None:
    compose = "services: {web: {image: shop, ports: ['8000:8000'], volumes: ['./data:/data']}}"
    files = {"Dockerfile": "EXPOSE 8000\nHEALTHCHECK CMD true\n", "production.yml": compose}
    root = repository(tmp_path / "shop", files)
    app, missing = written(root, tmp_path)
    production = app.environments["production"]
    assert (production.files, production.data, production.secret_files) == ((), (), {})
    assert not re.search(r"\bdata\b", missing)
    _, paths = paths_of(Site.of(app, "production"), root, {})
    assert (paths.data, paths.refusals) == (frozenset({"data"}), ())


@given(name=NAMES, default=DEFAULTS, before=DEFAULTS, mark=st.sampled_from([":-", "-"]))
def test_a_variable_with_a_default_is_that_and_needs_nobody(name: str, default: str, before: str, mark: str) -> None:
    assert default_of(f"{before}${{{name}{mark}{default}}}") == before + default
    assert default_of(f"{before}${{{name}}}") is default_of(f"${name}") is default_of(f"${{{name}:?why}}") is None
    assert default_of(f"{before}$${{{name}}}") == f"{before}${{{name}}}"


@given(st.text(max_size=40))
def test_no_text_in_a_repository_becomes_anything_but_a_text(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Names and values from outside are quoted, and no variable of this machine is put in for one of theirs."""
    folder = tmp_path_factory.mktemp("repository")
    compose = {
        "services": {"web": {"image": "shop"}, "db": {"image": "postgres", "environment": {"POSTGRES_USER": text}}}
    }
    root = repository(folder, {"Dockerfile": "", "production.yml": yaml.safe_dump(compose)})
    app, _ = written(root, folder, name="shop")
    database = app.environments["production"].database
    assert database is not None
    assert database.user == (default_of(text) if default_of(text) else "postgres" if default_of(text) == "" else "shop")


def test_an_address_is_told_without_its_password(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "https://me:s3cr3t@git.example.org:8443/acme/blog.git")
    assert origin_of(tmp_path).repository == "https://git.example.org:8443/acme/blog.git"
    git(tmp_path, "remote", "set-url", "origin", "git@github.com:acme/blog.git")
    assert (origin_of(tmp_path).repository, origin_of(tmp_path).on_github) == ("acme/blog", True)
    assert not origin_of(SHOP).is_git


READS = {
    "event": [{"listen": "test", "script": {"exec": ["pm.test('ok', () => true)"]}}],
    "variable": [{"key": "baseUrl", "value": "https://shop.example.org/api"}],
    "item": [{"name": "health", "request": {"method": "GET", "url": "{{baseUrl}}/health"}}],
}
WRITES = {
    **READS,
    "item": [{"name": "orders", "item": [{"name": "pay", "request": {"method": "POST", "url": "{{baseUrl}}/pay"}}]}],
}
SENDS = {
    **READS,
    "event": [*READS["event"], {"listen": "prerequest", "script": {"exec": "pm.sendRequest({url: u, method: 'PUT'})"}}],
}
SKIPS = {
    **WRITES,
    "event": [*READS["event"], {"listen": "prerequest", "script": {"exec": "pm.execution.skipRequest()"}}],
}


@pytest.mark.parametrize(
    ("collection", "in_production", "told"),
    [
        (READS, True, ""),
        (WRITES, False, "changes data (orders / pay)"),
        (SENDS, False, "changes data (the collection)"),
        (SKIPS, False, "changes data (orders / pay)"),  # nothing there tells it to skip
    ],
)
def test_a_collections_own_address_is_mapped_and_what_writes_stays_out_of_production(
    tmp_path: Path, collection: dict[str, Any], in_production: bool, told: str
) -> None:
    files = {
        "Dockerfile": "FROM scratch\n",
        "production.yml": "services: {web: {build: ., ports: ['80:8000']}}\n",
        "staging.yml": "services: {web: {build: ., ports: ['81:8000']}}\n",
        "postman/shop.postman_collection.json": json.dumps(collection),
    }
    app, missing = written(repository(tmp_path / "clone", files), tmp_path)
    entry = E2E(collection="postman/shop.postman_collection.json", variables={"baseUrl": "{{base_url}}/api"})
    assert app.environments["staging"].e2e == (entry,)
    assert app.environments["production"].e2e == ((entry,) if in_production else ())
    assert told in missing


def test_tests_in_a_stage_of_the_dockerfile_are_proposed_as_such(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM scratch AS base\nFROM base AS test\nFROM base AS final\n",
        "production.yml": "services: {web: {build: .}}\n",
        "docker-compose-test.yml": "services: {tests: {build: {context: ., target: test}, command: [pytest]}}\n",
    }
    app, _ = written(repository(tmp_path / "clone", files), tmp_path)
    assert app.test is not None
    assert (app.test.target, app.test.service, app.test.junit) == ("test", "tests", None)


def test_what_the_dockerfile_mounts_is_proposed(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM scratch\nRUN --mount=type=secret,id=pip-token true\nRUN --mount=type=ssh true\n",
        "production.yml": "services: {web: {build: .}}\n",
    }
    app, _ = written(repository(tmp_path / "clone", files), tmp_path)
    assert {name: each.env for name, each in app.build.secrets.items()} == {"pip-token": "CLONE_PIP_TOKEN"}
    assert app.build.ssh == {"default": "agent"}


def test_gits_tags_stand_for_a_version_file_where_there_is_none(tmp_path: Path) -> None:
    root = repository(tmp_path / "clone", {"Dockerfile": "FROM scratch\nEXPOSE 5000\n"})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(root, "tag", "v1.4.2")
    app, missing = written(root, tmp_path)
    assert app.versioning == "tags"
    assert "version.txt" not in missing
    assert list(draft_of(scan(root)).files) == ["production.yml"]


@pytest.mark.parametrize("alembic", [False, True])
def test_a_dockerfile_alone_gets_a_compose_file_and_a_version(tmp_path: Path, alembic: bool) -> None:
    files = {"Dockerfile": "FROM scratch\nEXPOSE 5000\n", **({"alembic.ini": ""} if alembic else {})}
    root = repository(tmp_path / "Tiny App", files)
    draft = draft_of(scan(root))
    (tmp_path / "tiny_app.yaml").write_text(text_of(draft))
    app = load_app(tmp_path / "tiny_app.yaml")
    staging, production = app.environments["staging"], app.environments["production"]
    assert list(draft.files) == ["production.yml", "version.txt"]
    assert sum(text.count("\n") for text in draft.files.values()) <= 20
    assert (production.compose, production.service, production.port) == ("production.yml", "web", 5000)
    assert (staging.compose, staging.environment, staging.secrets) == (
        "production.yml",
        {"PUBLISHED_PORT": "8081"},
        production.secrets,
    )
    assert (production.database is not None, "DB_PASSWORD" in production.secrets) == (alembic, alembic)
    repository(root, draft.files)
    assert draft_of(scan(root)).files == {}


@pytest.mark.parametrize(("variable", "pulls"), [("PASSWORD", "rehearse"), ("DATABASE_URL", "off")])
def test_pull_requests_are_rehearsed_where_that_needs_no_value_of_a_certain_form(
    tmp_path: Path, variable: str, pulls: str
) -> None:
    web = f"{{image: blog, build: ., environment: ['{variable}=${{{variable}}}'], ports: ['%s:80']}}"
    files = {name: f"services: {{web: {web % port}}}\n" for name, port in (("staging.yml", 81), ("production.yml", 80))}
    root = repository(tmp_path / "blog", {"Dockerfile": "FROM scratch\nHEALTHCHECK CMD true\n", **files})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(root, "remote", "add", "origin", "https://github.com/acme/blog.git")
    app, _ = written(root, tmp_path)
    assert list(app.environments[app.staging or ""].secrets) == [variable]
    assert app.stage.pulls == pulls


def test_staging_says_only_what_differs() -> None:
    staging = draft_of(scan(SHOP)).data["environments"]["staging"]
    assert set(staging) == {"rehearses", "directory", "compose", "e2e"}


def test_an_example_beside_a_file_that_git_has_not_names_its_variables(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "",
        "production.yml": "services: {web: {build: ., env_file: .env}}\n",
        ".env.example": "# a comment\nDB_PASSWORD=\nexport MAIL=x\n",
    }
    _, missing = written(repository(tmp_path / "app", files), tmp_path)
    assert "mode 0600; .env.example names DB_PASSWORD, MAIL" in missing
