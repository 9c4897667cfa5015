"""A pull request that has passed its rehearsal stays up for people: Dagster's own runs, and a router, on a real server."""

import base64
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config.pull_place import with_pull_place
from pipeline_defs.config.pull_preview import PullPreview
from pipeline_defs.config.route import Router
from pipeline_defs.config.stage import Stage
from pipeline_defs.deployments.pull_sweep import sweep
from pipeline_defs.github.reports.deployment_states import INACTIVE, SUCCESS, previews
from pipeline_defs.github.reports.pull_request_comment import comment
from pipeline_defs.lineage.runs.run_reader import RunReader
from pipeline_defs.release.github_cursor import GitHubCursor, PullState, SeenPull
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from tests.integration.pull_requests import Known, Pulls, Telling, of_pulls
from tests.integration.staging import state
from tests.support.routed_shop import remove_router
from tests.support.shop import Shop, environment, variables
from tests.support.storage import storage
from tests.testbed.images import CADDY

pytestmark = pytest.mark.small_app

PASSWORD = "it's a-Preview.pa55word"
_HOST = "pr-{pull}.staging.example.org"
_ASK = """
docker exec shipline-router wget -S -O - --header "Host: $1" ${2:+--header "Authorization: Basic $2"} http://127.0.0.1:80/health 2>&1 || :
"""
_LOOK = """
id=$(docker ps -q -f label=com.docker.compose.project=$1 -f label=com.docker.compose.service=web)
for at in shipline-router "$1-door" $(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' shipline-router); do
  docker exec "$id" wget -q -T 2 -O /dev/null "http://$at:80/" && echo "it reaches $at"; done
docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}' "$id"
ls "/opt/shipline/shop/$2"
"""


@pytest.fixture
def pulls(live: Shop, server: Connection, tmp_path: Path) -> Iterator[Pulls]:
    live.bed.servers[0].load(CADDY.name)
    said = {"host": _HOST, "health": "/health", "unsanitized": True, "at_most": 1, "disk": "1 B", "memory": "256 MiB"}
    preview = PullPreview.model_validate({**said, "password": {"env": "PREVIEW_PASSWORD"}})
    given = {**environment(live.bed), "PREVIEW_PASSWORD": PASSWORD}
    with variables(given), storage(tmp_path / "dagster") as instance:
        host = live.app.environments["staging"].host.model_copy(update={"router": Router(http=8090, https=8453)})
        stage = Stage(pulls="preview", preview=preview)
        yield Pulls(live, tmp_path, instance, "1.42.0", stage, hosts=(host,))
    remove_router(server)


def asked(server: Connection, pull: int, password: str = "") -> str:
    """What the router answers to somebody who asks for a preview."""
    pair = base64.b64encode(f"preview:{password}".encode()).decode() if password else ""
    return server.run(script(_ASK, _HOST.replace("{pull}", str(pull)), pair), timeout=60).stdout


def test_what_has_passed_stays_up_behind_a_password_until_its_pull_request_is_closed(
    pulls: Pulls, server: Connection
) -> None:
    before = state(server)
    run = pulls.stage(pulls.check(21, pulls.pull(21, {"note": "look at me"})))
    assert run.status is dg.DagsterRunStatus.SUCCESS, pulls.said(run)
    row = pulls.rehearsal(run)
    assert row.preview and row.preview.lacks == ""
    assert row.preview.address == "http://pr-21.staging.example.org:8090/"
    assert "401" in asked(server, 21) and "payments" not in asked(server, 21)
    assert "401" in asked(server, 21, "another one")
    assert '"payments": "test"' in asked(server, 21, PASSWORD)
    assert PASSWORD not in pulls.said(run)
    app, name = with_pull_place(pulls.app, 21, "development")
    seen = server.run(script(_LOOK, Site.of(app, name).project, "staging-pull-21"), timeout=60).stdout
    assert "it reaches" not in seen and "backups" not in seen
    assert f"{256 * 2**20} 500000000 unless-stopped" in seen
    assert state(server) == before
    # GitHub is told where it is, and not how to log in.
    reader = RunReader(pulls.instance, pulls.app)
    told = reader.run(run.run_id)
    assert told is not None
    (up,) = previews(pulls.app, told, "")
    assert (up.state, up.environment, up.environment_url) == (SUCCESS, "preview/pr-21", row.preview.address)
    body = comment(pulls.app, [told], lambda _: "").body
    assert row.preview.address in body and PASSWORD not in body
    # Once it is seen to be closed, a run of its own removes it.
    assert not pulls.ticking.tick("previews").run_requests
    closed = SeenPull(head=row.release.commit, base="development", at="", seen="", stand=PullState.CLOSED)
    pulls.ticking.set_entry("shop", "github", GitHubCursor(pulls={"21": closed}).model_dump_json())
    (wanted,) = pulls.ticking.tick("previews").run_requests
    swept = pulls.run(wanted.job_name, wanted.run_config, wanted.tags)
    assert swept.status is dg.DagsterRunStatus.SUCCESS, pulls.said(swept)
    assert of_pulls(server) == [] and state(server) == before
    assert "401" not in asked(server, 21)
    told = reader.run(swept.run_id)
    assert told is not None
    (gone,) = previews(pulls.app, told, "")
    assert (gone.key, gone.state, gone.description) == (up.key, INACTIVE, "removed: its pull request was closed")
    assert not pulls.ticking.tick("previews").run_requests


@pytest.mark.thorough
def test_the_oldest_gives_way_and_what_a_kill_left_of_one_is_removed(pulls: Pulls, server: Connection) -> None:
    pulls.stage(pulls.check(22, pulls.pull(22, {"note": "the older"})))
    run = pulls.stage(pulls.check(23, pulls.pull(23, {"note": "the newer"})))
    assert run.status is dg.DagsterRunStatus.SUCCESS, pulls.said(run)
    assert not any("pull-22" in line for line in of_pulls(server))
    assert "no more than 1 previews are up at once, and it was the oldest" in pulls.said(run)
    said = list[str]()
    assert not sweep(pulls.app, server, Known(), Telling(said))
    assert said == [] and '"payments": "test"' in asked(server, 23, PASSWORD)
    # Killed as it was removed: without the note it is nothing that may stay, whatever else is there.
    assert server.run(script("rm /opt/shipline/shop/staging-pull-23/preview"), timeout=30).ok
    assert not sweep(pulls.app, server, Known(), Telling(said))
    assert of_pulls(server) == [] and "401" not in asked(server, 23)
