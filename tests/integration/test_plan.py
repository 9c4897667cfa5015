"""A plan on a real server: it is what the deployment then does, and nothing is changed for it."""

from pathlib import Path

import pytest

from pipeline_defs.cli.output import Output
from pipeline_defs.cli.plan import _shown
from pipeline_defs.history import Lineage
from pipeline_defs.planning import PlanError, plan_of
from pipeline_defs.release.plan import Plan
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import script
from tests.integration.shop_runs import ADDS, ShopRuns
from tests.support import shop

# The Engine itself puts a file into /tmp for each health check of a container, and takes it away again.
ALL = """
find /opt /root -xdev -printf '%p %m %T@ %s\\n' | sort
find /tmp -xdev -mindepth 1 ! -name 'runc-process*' -printf '%p %m %T@ %s\\n' | sort
docker ps -a --no-trunc --format '{{.ID}} {{.Image}} {{.State}}' | sort
docker image ls --no-trunc --digests -q | sort; docker volume ls -q | sort; docker network ls -q | sort
"""


def everything(server: Connection) -> str:
    """The server's files, with mode, time and size, and its containers, images, volumes and networks."""
    found = server.run(script(ALL), timeout=60)
    assert found.ok, found.stderr
    return found.stdout


def plan(runs: ShopRuns, folder: Path, version: str = "") -> Plan:
    with shop.variables(shop.environment(runs.shop.bed)):
        return plan_of(runs.app, "production", version, Lineage(runs.instance), folder)


def test_a_plan_is_what_the_deployment_then_does_and_changes_nothing(
    runs: ShopRuns, server: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.release("1.1.0", *ADDS)
    staged = runs.stage("1.1.0")
    assert staged.success, runs.said(staged)
    before = everything(server)
    made = plan(runs, tmp_path)
    assert everything(server) == before
    assert (made.release.version, made.live.version if made.live else None) == ("1.1.0", "1.0.0")
    assert [(each.before, each.after) for each in made.migrations.each] == [("0003", "0004")]
    assert made.going_back == "1.0.0 is started again, and works on the database as it is then"
    assert made.refusals == made.notes == ()
    assert made.downtime is not None
    assert 0 < made.downtime <= made.seconds
    assert all(step.seconds is not None for step in made.steps)

    Output().result(None, _shown(made))
    shown = " ".join(capsys.readouterr().out.split())
    assert "1.1.0" in shown and "0003 -> 0004" in shown and "Nothing was changed." in shown

    deployed = runs.deploy("1.1.0")
    assert deployed.success, runs.said(deployed)
    row = Lineage(runs.instance).deployments(runs.app, "production")[0]
    assert [step.step for step in row.steps] == [step.step for step in made.steps]
    assert row.release == made.release

    older = plan(runs, tmp_path, "1.0.0")
    assert [sentence.partition(",")[0] for sentence in older.refusals] == ["version 1.0.0 is older than 1.1.0"]
    assert plan(runs, tmp_path).migrations.sentence == "none: the database is at 0004 already"
    with pytest.raises(PlanError, match=r"shop has no image of version 9\.9\.9; make one with"):
        plan(runs, tmp_path, "9.9.9")
