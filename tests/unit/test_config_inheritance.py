"""Inheritance: what is left out of an environment that rehearses is as in the one that it rehearses."""

from typing import Any

import pytest

from pipeline_defs.config import App, ConfigError, load_app
from pipeline_defs.config.inheritance import INHERITED

PRODUCTION = {
    "hosts": [{"address": "a.example.org", "user": "deploy", "roles": ["app"]}, "b.example.org"],
    "directory": "/opt/shop/production",
    "compose": ["production.yml", "more.yml"],
    "service": "app",
    "services": {"app": {}, "worker": {"stop_grace": 60}},
    "port": 5000,
    "secrets": {"SHOP_PASSWORD": {"env": "SHOP_PASSWORD"}},
    "database": {"name": "shop", "user": "shop", "service": "postgres"},
    "migrate": "alembic upgrade head",
    "url": "https://shop.example.org",
    "route": {},
    "freeze": "Fri .. Mon UTC",
    "watch": 20,
    "e2e": {"collection": "reads.json"},
}


def app(staging: dict[str, Any], **production: Any) -> App:
    given = {name: value for name, value in {**PRODUCTION, **production}.items() if value is not None}
    environments = {"staging": {"rehearses": "production", **staging}, "production": given}
    return App.model_validate(
        {"name": "shop", "repository": "team/shop", "image": "a.example.org/shop", "environments": environments}
    )


ONE_HOST = {"hosts": "deploy@a.example.org"}


def test_to_rehearse_is_enough() -> None:
    found = app({}, **ONE_HOST)
    staging, production = found.environments["staging"], found.environments["production"]
    for key in INHERITED - {"hosts", "directory"}:
        assert getattr(staging, key) == getattr(production, key), key
    assert (staging.hosts, str(staging.directory)) == (production.hosts, "/opt/shop/staging")


def test_what_is_about_people_stays_where_they_are() -> None:
    staging = app({}, **ONE_HOST).environments["staging"]
    assert (staging.url, staging.route, staging.freeze, staging.watch, staging.e2e) == (None, None, (), None, ())
    assert staging.services == {}


def test_what_is_given_counts_as_a_whole() -> None:
    own: dict[str, Any] = {
        "compose": "staging.yml",
        "secrets": {},
        "migrate": None,
        "directory": "/srv/rehearsal",
        "port": 8000,
    }
    staging = app(own, **ONE_HOST).environments["staging"]
    assert (staging.compose_files, staging.secrets, staging.migrate) == (("staging.yml",), {}, None)
    assert (str(staging.directory), staging.port, staging.service) == ("/srv/rehearsal", 8000, "app")


def test_of_several_hosts_the_first_one_runs_every_service() -> None:
    url = {"url": {"env": "SHOP_URL"}}
    own = {"database": {"url": {"env": "SHOP_COPY"}}}
    staging = app(own, database=url, hosts=[PRODUCTION["hosts"][0], {"address": "b", "roles": ["worker", "app"]}])  # type: ignore[index]
    assert [(host.address, host.user, host.roles) for host in staging.environments["staging"].hosts] == [
        ("a.example.org", "deploy", ())
    ]


def test_the_address_of_peoples_database_is_not_handed_on() -> None:
    staging = app({"database": {"url": {"env": "SHOP_COPY"}}}, **ONE_HOST, database={"url": {"env": "SHOP_URL"}})
    assert staging.environments["staging"].secrets == {}
    assert staging.environments["staging"].environment == {}


@pytest.mark.parametrize(
    ("directory", "beside"),
    [
        ("/opt/shop/production", "/opt/shop/staging"),
        ("/opt/shop-production", "/opt/shop-staging"),
        ("/opt/shop", "/opt/shop-staging"),
        ("/opt/production/shop", "/opt/production/shop-staging"),
    ],
)
def test_the_folder_is_beside_the_other_one(directory: str, beside: str) -> None:
    assert str(app({}, **ONE_HOST, directory=directory).environments["staging"].directory) == beside


def test_a_mistake_is_told_once_where_it_was_written(tmp_path: Any) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        "repository: team/shop\nimage: a.example.org/shop\nenvironments:\n  staging: {rehearses: production, port: 0}\n"
        "  production: {hosts: a, directory: /opt/shop/production, compose: ../x.yml, secrets: {A: plain}, migrat: a}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_app(file)
    assert [problem.where for problem in caught.value.problems] == [
        "environments.staging.port",
        "environments.production.compose",
        "environments.production.secrets.A",
        "environments.production.migrat",
    ]


def test_without_what_is_rehearsed_what_is_missing_is_told(tmp_path: Any) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        "repository: team/shop\nimage: a.example.org/shop\nenvironments:\n  staging: {rehearses: production}\n"
        "  live: {hosts: a, directory: /opt/shop/live, compose: live.yml}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_app(file)
    assert "environments.staging.hosts" in [problem.where for problem in caught.value.problems]
