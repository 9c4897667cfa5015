"""The example's own file is right as it stands, with nothing set, and says what its comments say."""

from pathlib import Path

import pytest
import yaml

from pipeline_defs.config import App, load_apps
from pipeline_defs.config.home import PROJECT
from tests.unit.sample import example


def test_the_example_loads_without_any_variable() -> None:
    app = example()
    assert (app.name, app.image) == ("shop", "127.0.0.1:5000/shop")
    assert (PROJECT / app.repository).is_dir()
    assert (app.staging, app.deployed) == ("staging", ("production",))
    assert str(app.environments["production"].host) == "root@127.0.0.1:22"
    assert app.environments["production"].migrate == ("alembic", "upgrade", "head")
    assert app.environments["staging"].rehearses == "production"
    assert app.environments["production"].auto_deploy


def test_every_file_that_the_example_names_is_in_the_repository() -> None:
    app = example()
    named = [app.build.dockerfile, app.version_file, app.test.compose if app.test else ""]
    for environment in app.environments.values():
        named += [environment.compose, *environment.files]
        named += [path for each in environment.e2e for path in (each.collection, each.environment) if path]
    assert [path for path in named if not (PROJECT / "examples" / "shop" / path).is_file()] == []


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_services_of_the_example_are_in_its_compose_file(environment: str) -> None:
    config = example().environments[environment]
    compose = yaml.safe_load((PROJECT / "examples" / "shop" / config.compose).read_text())
    assert config.database is not None
    assert {config.service, config.database.service, *config.also} <= set(compose["services"])
    assert config.database.volume in compose["volumes"]


def test_variables_reach_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_HOST", "10.0.0.7")
    monkeypatch.setenv("SHOP_SSH_PORT", "2222")
    (tmp_path / "shop.yaml").write_bytes((PROJECT / "apps" / "shop.yaml").read_bytes())
    apps, errors = load_apps(tmp_path)
    assert errors == []
    assert str(apps["shop"].environments["production"].host) == "root@10.0.0.7:2222"


def test_a_loaded_app_names_its_secrets_and_does_not_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", "s3cr3t-w0rd")
    dumped = example().model_dump_json()
    assert "SHOP_DB_PASSWORD" in dumped
    assert "s3cr3t" not in f"{dumped} {example()!r}"
    assert App.model_validate_json(dumped) == example()
