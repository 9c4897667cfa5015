"""Health, and what the environment says."""

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from shop.database import get_engine
from shop.main import app
from shop.settings import Settings, settings


@pytest.mark.smoke
def test_health_tells_what_runs_on_which_schema(client: TestClient, alembic_config: Config) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": settings.app_version,
        "commit": settings.app_commit,
        "database": "ok",
        "revision": ScriptDirectory.from_config(alembic_config).get_current_head(),
    }


def test_health_fails_when_the_database_does_not_answer(client: TestClient) -> None:
    app.dependency_overrides[get_engine] = lambda: create_engine("postgresql+psycopg://shop@127.0.0.1:1/shop")
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


@pytest.mark.smoke
def test_about_names_the_environment(client: TestClient) -> None:
    assert client.get("/about").json() == {"environment": settings.app_environment, "payments": settings.payments}


@pytest.mark.parametrize("environment", ["development", "test", "staging"])
def test_no_real_money_is_taken_while_testing(environment: str) -> None:
    assert Settings(app_environment=environment).payments == "test"


def test_version_and_commit_are_unknown_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_VERSION", "")
    monkeypatch.delenv("APP_COMMIT", raising=False)
    assert (Settings().app_version, Settings().app_commit) == ("unknown", "unknown")
