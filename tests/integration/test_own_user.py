"""A user of its own on the server, as docs/server.md makes it: everything works as that user, and nothing of anybody else is reached."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home, Host
from pipeline_defs.config.home import PROJECT
from pipeline_defs.doctor.finding import Level
from pipeline_defs.doctor.host_checks import server as looked_at
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.command import script
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import WIPE, production
from tests.support.own_user import FOLDER, FORWARDINGS, SCRIPTS, USER, allowed, own_user
from tests.support.shop import Shop, environment

pytestmark = pytest.mark.small_app


@pytest.fixture
def host(shop: Shop) -> Iterator[Host]:
    with own_user(shop.bed.servers[0], shop.bed.key, shop.bed.known_hosts) as made:
        yield made
        with shop.server() as server:
            server.run(script(WIPE), timeout=120)


@pytest.fixture
def own(shop: Shop, host: Host) -> Shop:
    """The app, shipped as that user."""
    for name in ("staging", "production"):
        shop = shop.changed(name, hosts=(host,))
    return shop


def test_its_key_does_nothing_to_what_is_somebody_elses(host: Host) -> None:
    assert len(SCRIPTS) + len(FORWARDINGS) >= 20
    assert allowed(host) == []
    root = allowed(host.model_copy(update={"user": "root"}))
    assert set(root) == {*SCRIPTS, *FORWARDINGS}, "each is an action that can be done"


def test_a_release_is_deployed_as_that_user_and_doctor_finds_nothing(own: Shop, host: Host, first: Release) -> None:
    findings = list(looked_at(host, [f"{FOLDER}/shop/production"]))
    assert [str(each) for each in findings if each.level is not Level.OK] == []
    with own.server() as server:
        assert server.run(script("id -un"), timeout=30).stdout.strip() == USER
        report = deploy(own.bare().task("production", first), server)
        assert report.error is None and report.live
        not_its = server.run(script('find "$1" ! -user "$2"', FOLDER, USER), timeout=30)
    assert not_its.stdout == ""
    assert own.health()["version"] == "1.0.0"


@pytest.mark.thorough
def test_it_is_rehearsed_rolled_back_and_looked_into_as_that_user(
    own: Shop, first: Release, second: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own.server() as server:
        assert deploy(own.task("production", first), server).error is None
        rehearsed = rehearse(own.task("staging", second), server, production(own))
        assert rehearsed.error is None and rehearsed.way_back
        deployed = deploy(own.task("production", second), server)
        assert deployed.error is None and deployed.backup
        back = rollback(own.task("production", first), server)
        assert back.error is None and back.live and back.live.version == "1.0.0"
    (tmp_path / "apps").mkdir()
    text = (PROJECT / "apps" / "shop.yaml").read_text().replace("user: root", f"user: {USER}")
    (tmp_path / "apps" / "shop.yaml").write_text(text)
    for name, value in {
        **environment(own.bed),
        "SHIPLINE_HOME": str(tmp_path),
        "DAGSTER_HOME": str(tmp_path),
        "SHIPLINE_APPS": str(tmp_path / "apps"),
    }.items():
        monkeypatch.setenv(name, value)
    prepare(Home.find())
    assert _said("exec", "shop", "production", "--", "sh", "-c", "echo $APP_VERSION") == "1.0.0\n"
    assert _said("exec", "shop", "production", "--running", "--", "echo", "inside") == "inside\n"
    assert "web" in _said("logs", "shop", "production")


def _said(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_defs.cli.main", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
