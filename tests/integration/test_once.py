"""Once, under real runs: a commit is deployed once by itself, again when a person asks, and not while it is being rehearsed."""

import dagster as dg

from pipeline_defs.lineage.events import SKIPPED
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Outcome
from pipeline_defs.release.run_tags import MADE_BY
from pipeline_defs.server.core.task import Report
from tests.integration.test_freeze import follow, look
from tests.integration.tiny import PRODUCTION, STAGING, Tiny

SENSOR = {"app": "tiny", "environment": "production", "dagster/sensor_name": "branches"}


def rows(tiny: Tiny) -> list[Row]:
    return Lineage(tiny.instance).environment(tiny.app, "production")


def skipped(tiny: Tiny, run: str) -> list[str]:
    """Why the stages of a run were skipped that have no output to say it beside."""
    logs = tiny.instance.all_logs(run, of_type=dg.DagsterEventType.ASSET_OBSERVATION)
    seen = [entry.dagster_event.asset_observation_data.asset_observation for entry in logs if entry.dagster_event]
    return [str(each.metadata[SKIPPED].value) for each in seen if SKIPPED in each.metadata]


def head(tiny: Tiny, version: str) -> dict[str, str]:
    return {"commit": tiny.commit(version, version), "branch": "main"}


def test_what_a_person_deployed_is_not_made_again_by_a_sensor_and_is_when_a_person_asks(tiny: Tiny) -> None:
    wanted = head(tiny, "1.0.0")
    mine = tiny.run("deploy", tiny_image=wanted)
    run = tiny.tried("deploy", tags=SENSOR, tiny_image=wanted)
    assert run.success
    assert [row.run for row in rows(tiny)] == [mine]
    found = tiny.instance.get_run_by_id(run.run_id)
    assert found is not None and found.tags[MADE_BY] == mine
    [why] = skipped(tiny, run.run_id)
    assert mine[:8] in why
    again = tiny.run("deploy", tiny_image=wanted)
    assert [row.run for row in rows(tiny)] == [again, mine]
    place = tiny.app.environments["production"].model_copy(update={"environment": {"GREETING": "hello"}})
    tiny.change(environments={**tiny.app.environments, "production": place})
    other = tiny.run("deploy", tags=SENSOR, tiny_image=wanted)
    assert rows(tiny)[0].run == other, "another configuration is another deployment"


def test_what_failed_is_not_tried_again_by_itself(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image=head(tiny, "1.0.0"))
    wanted = head(tiny, "1.1.0")
    tiny.way_back = Report(Outcome.SUCCEEDED, live=tiny.live, changed=True)
    tiny.broken = "1.1.0"
    assert not tiny.tried("deploy", tiny_image=wanted).success
    before = len(rows(tiny))
    assert not tiny.tried("deploy", tags=SENSOR, tiny_image=wanted).success
    assert len(rows(tiny)) == before


def rehearsal(tiny: Tiny, commit: str) -> dg.DagsterRun:
    """A rehearsal of a commit that has not begun."""
    tags = {"app": "tiny", "environment": "staging", "target": STAGING.to_user_string(), "commit": commit[:12]}
    job = tiny.defs.resolve_job_def("tiny_stage")
    return tiny.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.NOT_STARTED)


def test_a_release_that_is_being_rehearsed_waits_and_is_deployed_once_that_has_passed(tiny: Tiny) -> None:
    wanted = head(tiny, "1.0.0")
    queued = rehearsal(tiny, wanted["commit"])
    run = tiny.run("deploy", tags={"app": "tiny", "environment": "production"}, tiny_image=wanted)
    assert tiny.deployed == {}
    (held,) = rows(tiny)
    assert skipped(tiny, run) == [held.error]
    assert (held.outcome, held.error) == ("waiting", f"waits for its rehearsal to end (run {queued.run_id[:8]})")
    assert look(tiny) == ([], f"production: {held.error}")
    tiny.run("stage", tiny_staging={"version": "1.0.0"})
    tiny.instance.report_run_canceled(queued)
    ((request,), _) = look(tiny)
    follow(tiny, request)
    live = rows(tiny)[0]
    assert (live.version, live.live, live.reason) == ("1.0.0", True, "its rehearsal has passed")
    assert look(tiny) == ([], "production: what waited is answered")
    assert look(tiny) == ([], "nothing waits for a freeze or a rehearsal to end")


def test_what_waits_for_its_rehearsal_goes_on_waiting_in_an_app_that_no_longer_waits_for_any(tiny: Tiny) -> None:
    wanted = head(tiny, "1.0.0")
    queued = rehearsal(tiny, wanted["commit"])
    tiny.run("deploy", tags={"app": "tiny", "environment": "production"}, tiny_image=wanted)
    place = tiny.app.environments["production"].model_copy(update={"wait_for_rehearsal": False})
    tiny.change(environments={**tiny.app.environments, "production": place})
    assert look(tiny) == ([], f"production: waits for its rehearsal to end (run {queued.run_id[:8]})")


def test_a_release_whose_rehearsal_did_not_pass_is_left_to_a_person(tiny: Tiny) -> None:
    wanted = head(tiny, "1.0.0")
    queued = rehearsal(tiny, wanted["commit"])
    tiny.run("deploy", tags={"app": "tiny", "environment": "production"}, tiny_image=wanted)
    tiny.instance.report_run_failed(queued)
    requests, said = look(tiny)
    assert requests == []
    assert "its rehearsal did not pass, so it is not deployed by itself" in said
    assert rows(tiny)[0].outcome == "failed"
    assert look(tiny) == ([], "nothing waits for a freeze or a rehearsal to end")
    tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0"})
    assert rows(tiny)[0].live


def test_an_app_may_choose_not_to_wait(tiny: Tiny) -> None:
    place = tiny.app.environments["production"].model_copy(update={"wait_for_rehearsal": False})
    tiny.change(environments={**tiny.app.environments, "production": place})
    wanted = head(tiny, "1.0.0")
    rehearsal(tiny, wanted["commit"])
    tiny.run("deploy", tiny_image=wanted)
    assert rows(tiny)[0].live
