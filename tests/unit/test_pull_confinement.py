"""Pull confinement: what a compose file may ask for before it is merged, and where a pull request is rehearsed."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App, ConfigError, load_app
from pipeline_defs.config.pull_place import PullEnvironment, with_pull_place
from pipeline_defs.resources.confined_compose import confine
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.server.compose.bundle import CONFINED
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.pull_confinement import confined_file, too_much

FILE = """
repository: acme/shop
image: registry.example.com/team/shop
github: {token: {env: GITHUB_TOKEN}}
stage: {pulls: rehearse, secrets: {PAYMENTS: {env: PAYMENTS_TEST}}}
environments:
  staging:
    {more}
    rehearses: production
    keep_running: true
    url: http://staging.example.com
    secrets: {PASSWORD: {env: STAGING_PASSWORD}, PAYMENTS: {env: STAGING_PAYMENTS}}
  production: {hosts: a.example.com, directory: /opt/shop/production, compose: shop.yml, database: {name: s, user: s}}
"""


def read(folder: Path, text: str = FILE, more: str = "") -> App:
    file = folder / "shop.yaml"
    file.write_text(text.replace("{more}", more))
    return load_app(file)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    app, name = with_pull_place(read(tmp_path_factory.mktemp("app")), 12, "development")
    return Site.of(app, name)


def merged(site: Site, **service: Any) -> dict[str, Any]:
    """What Compose prints of a file with one service, once it is confined."""
    held = yaml.safe_load(
        confined_file(["web"], ["default"], []).replace("!reset null", "null").replace("!override", "")
    )
    return {
        "name": site.project,
        "services": {
            "web": {
                **{key: value for key, value in held["services"]["web"].items() if value is not None},
                "image": "shop",
                "networks": {"default": None},
                **service,
            }
        },
        "networks": {"default": {"name": f"{site.project}_default", "ipam": {}, **held["networks"]["default"]}},
        "volumes": {"db-data": {"name": f"{site.project}_db-data"}},
    }


def told(site: Site, model: dict[str, Any]) -> list[str]:
    return too_much(site, yaml.safe_dump(model))


def test_a_place_has_a_folder_and_a_project_of_its_own_and_sees_no_secret_of_the_environment(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = site.config
    assert isinstance(config, PullEnvironment)
    assert (config.base, config.keep_running, config.url, config.route) == ("development", False, None, None)
    assert (site.project, config.directory) == ("shop-staging-pull-12", PurePosixPath("/opt/shop/staging-pull-12"))
    for name in ("STAGING_PASSWORD", "STAGING_PAYMENTS", "PAYMENTS_TEST"):
        monkeypatch.setenv(name, name)
    password = config.secrets["PASSWORD"].read()
    assert len(password.reveal()) == 32 and password == config.secrets["PASSWORD"].read()
    assert config.secrets["PAYMENTS"].read().reveal() == "PAYMENTS_TEST"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("github: {token: {env: GITHUB_TOKEN}}", "", "stage.pulls"),
        ("rehearses: production", "rehearses: production\n    secret_files: {.env: {file: /x}}", "stage.secret_files"),
        ("    rehearses: production", "    rehearses: production\n    database: {url: {env: URL}}", "stage.pulls"),
        ("compose: shop.yml", "compose: shop.yml, project: shop-staging-pull-3", "environments.production.project"),
        ("pulls: rehearse", "pulls: preview", "stage.preview"),
        ("pulls: rehearse", "pulls: look", "stage.pulls"),
    ],
)
def test_what_keeps_pull_requests_from_being_rehearsed_is_named(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, FILE.replace(old, new))
    assert where in str(raised.value)


@pytest.mark.parametrize("word", ["off", "'off'", "false"])
def test_they_are_not_rehearsed_where_the_file_says_so(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, FILE.replace("pulls: rehearse", f"pulls: {word}")).stage.pulls == "off"


def test_an_ordinary_service_is_let_through(site: Site) -> None:
    mounts = [
        {"type": "volume", "source": "db-data", "target": "/data"},
        {"type": "bind", "source": site.path("files", "1a", "conf"), "target": "/conf", "read_only": True},
        {"type": "bind", "source": site.path("data", "uploads"), "target": "/uploads"},
    ]
    assert told(site, merged(site, command=["serve"], healthcheck={"test": ["true"]}, volumes=mounts)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("privileged", True),
        ("cap_add", ["CHOWN", "SYS_ADMIN"]),
        ("security_opt", ["seccomp:unconfined"]),
        ("devices", ["/dev/kmsg"]),
        ("pid", "host"),
        ("network_mode", "host"),
        ("network_mode", "container:shop-production-web-1"),
        ("mem_limit", 2**40),
        ("ports", [{"target": 80, "published": "80"}]),
        ("volumes", [{"type": "bind", "source": "/", "target": "/host"}]),
        ("volumes", [{"type": "bind", "source": "/opt/shop/staging-pull-12/data/../../production", "target": "/x"}]),
        ("volumes", [{"type": "bind", "source": "/opt/shop/staging-pull-12/releases", "target": "/x"}]),
        ("volumes", [{"type": "npipe", "source": "x", "target": "/x"}]),
        ("networks", {"default": {"ipv4_address": "10.0.0.2"}}),
    ],
)
def test_what_a_service_may_not_have_is_named(site: Site, key: str, value: Any) -> None:
    (found,) = told(site, merged(site, **{key: value}))
    assert found.startswith(f"services.web.{key}")


def test_no_mount_lies_in_another_one_in_which_a_container_may_put_a_link(site: Site) -> None:
    outer, inner = site.path("data", "a"), site.path("data", "a", "b")
    mounts = [
        {"type": "bind", "source": source, "target": f"/{number}"} for number, source in enumerate((outer, inner))
    ]
    assert told(site, merged(site, volumes=mounts)) == [f"services.web.volumes ({inner})"]


@given(st.text("abcdefghijklmnopqrstuvwxyz_", min_size=3).map(lambda key: f"new_{key}"), st.integers(1, 9))
def test_a_key_that_nobody_knows_is_refused(site: Site, key: str, value: int) -> None:
    assert told(site, merged(site, **{key: value})) == [f"services.web.{key}"]


@pytest.mark.parametrize(
    ("section", "thing"),
    [
        ("volumes", {"db-data": {"name": "shop-production_db-data"}}),
        ("volumes", {"db-data": {"external": True}}),
        ("volumes", {"db-data": {"driver_opts": {"device": "/"}}}),
        ("networks", {"default": {"name": "shop-production_default", "external": True}}),
        ("networks", {"more": {"name": "shop-staging-pull-12_more"}}),
        ("secrets", {"key": {"file": "/opt/shop/production/current/shipline.secrets"}}),
        ("models", {"llm": {"model": "x"}}),
    ],
)
def test_what_belongs_to_others_is_refused(site: Site, section: str, thing: dict[str, Any]) -> None:
    found = told(site, {**merged(site), section: thing})
    assert found and all(each.startswith(section) for each in found)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("services: {web: {env_file: [config/web.env]}}", ""),
        ("services: {web: {env_file: /opt/shop/production/current/shipline.secrets}}", "env_file"),
        ("services: {web: {env_file: [{path: ../../.env}]}}", "env_file"),
        ("services: {web: {env_file: '${HOME}/.env'}}", "env_file"),
        ("services: {web: {env_file: !override /opt/shop/production/current/shipline.secrets}}", "env_file"),
        ("services: {web: {env_file: !new /opt/shop/production/current/shipline.secrets}}", "env_file"),
        ("services: {web: {env_file: !!binary L3Jvb3QvLmVudg==}}", "env_file"),
        ("x-file: &x {env_file: /root/.env}\nservices: {web: {<<: *x}}", "env_file"),
        ("services: {web: {label_file: ~/.netrc}}", "label_file"),
        ("services: {web: {extends: {file: /etc/other.yml, service: web}}}", "extends"),
        ("include: [https://example.com/compose.yml]", "include"),
        ("secrets: {key: {file: /root/.ssh/id_ed25519}}", "secrets.key.file"),
        ("configs: {key: {file: ../key}}", "configs.key.file"),
    ],
)
def test_compose_reads_files_of_the_repository_alone(site: Site, tmp_path: Path, text: str, refused: str) -> None:
    (tmp_path / "shop.yml").write_text(text)
    if not refused:
        assert b'"web"' in confine(site, tmp_path)[CONFINED]
        return
    with pytest.raises(EngineError, match=refused):
        confine(site, tmp_path)
