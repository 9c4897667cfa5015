"""Freezes under real runs: what comes meanwhile waits and is not lost, a person goes through with a reason, going back never waits."""

import dagster as dg
import pytest

from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.history import Row
from pipeline_defs.release.quarantine import QuarantineEntry
from tests.integration.tiny import PRODUCTION, Tiny
from tests.support.ticks import Ticking

ALWAYS = "2000-01-01 .. 2999-12-31 Europe/London"
OVER = "2000-01-01 .. 2000-01-02 Europe/London"


def merged(tiny: Tiny, version: str) -> str:
    """A merge that is answered by a run, as the sensor on GitHub claims it; the run's id."""
    head = tiny.commit(version, version)
    tags = {
        "app": "tiny",
        "environment": "production",
        "target": "tiny_production",
        "change": f"merge:tiny:main:{head}",
    }
    return tiny.run(
        "deploy", tags={**tags, "head": head, "branch": "main"}, tiny_image={"commit": head, "branch": "main"}
    )


def look(tiny: Tiny) -> tuple[list[dg.RunRequest], str]:
    """One tick of the sensor that waits for freezes to end."""
    tick = Ticking(tiny.instance, tiny.app).tick("freeze")
    return list(tick.run_requests or []), (tick.skip_message or "").removeprefix("tiny: ")


def follow(tiny: Tiny, request: dg.RunRequest) -> str:
    """The run that was asked for, as the queue starts it."""
    assert request.asset_selection == [PRODUCTION]
    configs = {name: given["config"] for name, given in request.run_config["ops"].items()}
    tags = {**request.tags, "dagster/sensor_name": "freeze"}
    return tiny.run("deploy", PRODUCTION, tags=tags, **configs)


def rows(tiny: Tiny) -> list[Row]:
    return Lineage(tiny.instance).environment(tiny.app, "production")


def waits_for(tiny: Tiny, run: str) -> str | None:
    found = tiny.instance.get_run_by_id(run)
    return found.tags.get("waits_for") if found else None


def test_what_comes_during_a_freeze_is_made_waits_and_is_deployed_once_when_it_has_ended(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one"), "branch": "main"})
    tiny.freeze(ALWAYS)
    first, second = merged(tiny, "1.1.0"), merged(tiny, "1.2.0")
    assert len(tiny.deployed) == 1, "nothing reached the server"
    assert [image.version for image in tiny.images] == ["1.2.0", "1.1.0", "1.0.0"]
    newest = rows(tiny)[0]
    assert (newest.version, newest.outcome, newest.live) == ("1.2.0", "frozen", False)
    assert newest.frozen_until is not None
    assert (newest.error or "").startswith("waits for the freeze to end at ")
    assert next(row.version for row in rows(tiny) if row.live) == "1.0.0"
    requests, said = look(tiny)
    assert requests == []
    assert said.startswith("production: waits for the freeze to end at ")
    assert (waits_for(tiny, first), waits_for(tiny, second)) == ("nothing", "freeze")

    tiny.freeze(OVER)
    ((request,), _) = look(tiny)
    assert (request.job_name, request.run_key) == ("tiny_deploy", second)
    assert request.tags["change"].startswith("merge:tiny:main:")
    assert (waits_for(tiny, first), waits_for(tiny, second)) == ("nothing", "freeze")
    ((again,), _) = look(tiny)
    assert again.run_key == request.run_key, (
        "a daemon that was killed in between loses nothing, and Dagster starts a key once"
    )
    follow(tiny, request)
    assert look(tiny)[0] == []
    assert look(tiny) == ([], "nothing waits for a freeze or a rehearsal to end")
    live = rows(tiny)[0]
    assert (live.version, live.live, live.reason) == ("1.2.0", True, "the freeze has ended")
    assert len(tiny.deployed) == 2


def test_a_freeze_that_begins_while_a_run_follows_another_one_holds_it_back_again(tiny: Tiny) -> None:
    tiny.freeze(ALWAYS)
    merged(tiny, "1.0.0")
    tiny.freeze()
    ((request,), _) = look(tiny)
    tiny.freeze(ALWAYS)
    held = follow(tiny, request)
    assert tiny.deployed == {}
    tiny.freeze()
    ((request,), _) = look(tiny)
    assert request.run_key == held
    follow(tiny, request)
    assert rows(tiny)[0].live


def test_a_person_goes_through_a_freeze_with_a_reason_and_overtakes_what_waits(tiny: Tiny) -> None:
    tiny.freeze(ALWAYS)
    waited = merged(tiny, "1.0.0")
    with pytest.raises(
        dg.Failure, match=r"production of tiny is frozen until .* \(2000-01-01 \.\. 2999-12-31 .*--override-freeze"
    ):
        tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0"})
    with pytest.raises(dg.Failure, match="to go through a freeze needs a reason"):
        tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0", "override_freeze": True})
    assert tiny.deployed == {}
    asked = {"version": "1.0.0", "override_freeze": True, "reason": "the shop is down"}
    tiny.run("deploy", PRODUCTION, tiny_production=asked)
    live = rows(tiny)[0]
    assert (live.live, live.reason, live.freeze_overridden) == (True, "the shop is down", ALWAYS)
    tiny.freeze()
    assert look(tiny)[0] == []
    assert waits_for(tiny, waited) == "nothing"
    assert len(tiny.deployed) == 1


def test_what_is_quarantined_while_it_waits_is_refused_once_the_freeze_has_ended(tiny: Tiny) -> None:
    tiny.freeze(ALWAYS)
    waited = merged(tiny, "1.0.0")
    word = {"app": "tiny", "environment": "production", "version": "1.0.0", "digest": tiny.images[0].digest}
    at = {"lifted": False, "actor": "ada", "reason": "orders are lost", "at": "2026-05-04T12:00:00+00:00"}
    Lineage(tiny.instance).say(QuarantineEntry.model_validate(word | at))
    tiny.freeze()
    requests, said = look(tiny)
    assert requests == []
    assert "is quarantined in production" in said
    assert rows(tiny)[0].outcome == "failed"
    assert (waits_for(tiny, waited), tiny.deployed) == ("nothing", {})


def test_going_back_is_never_frozen(tiny: Tiny) -> None:
    for version in ("1.0.0", "1.1.0"):
        tiny.run("deploy", tiny_image={"commit": tiny.commit(version, version), "branch": "main"})
    tiny.freeze(ALWAYS)
    tiny.run("deploy", PRODUCTION, tiny_production={"kind": "rollback", "reason": "orders are lost"})
    assert (rows(tiny)[0].kind, rows(tiny)[0].outcome) == ("rollback", "succeeded")


def test_a_freeze_that_is_written_into_the_file_is_seen_by_the_sensor_without_a_reload(tiny: Tiny) -> None:
    """A run goes by the file as it is; a sensor that went by the file as it was loaded would start it again and again."""
    loaded, origin = tiny.app, tiny.app.origin
    assert origin is not None
    tiny.freeze(ALWAYS)
    merged(tiny, "1.0.0")
    text = origin.file.read_text()
    origin.file.write_text(text.replace("rehearses: null}", f'rehearses: null, freeze: "{ALWAYS}"}}'))
    ticking = Ticking(tiny.instance, loaded)
    tick = ticking.tick("freeze")
    assert not tick.run_requests
    assert (tick.skip_message or "").startswith("tiny: production: waits for the freeze to end at ")
    origin.file.write_text(text)
    ((request),) = ticking.tick("freeze").run_requests or []
    assert request.job_name == "tiny_deploy"


def test_what_is_held_back_again_and_again_is_tried_in_growing_distances(tiny: Tiny) -> None:
    """As where the machine that makes the runs has another file than the one that starts them."""
    tiny.freeze(ALWAYS)
    merged(tiny, "1.0.0")
    started = 0
    for _ in range(5):
        tiny.freeze()
        requests, said = look(tiny)
        tiny.freeze(ALWAYS)
        for request in requests:
            follow(tiny, request)
            started += 1
    assert started == 2
    assert "tried again in " in said
