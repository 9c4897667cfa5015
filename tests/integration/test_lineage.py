"""The lineage under runs that interleave: each deploys its own image and says which one it used.

The question is which release Dagster hands over, and what it records of it.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import dagster as dg
import pytest

from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.serving_release import NOT_REHEARSED
from pipeline_defs.release.quarantine import QuarantineEntry
from pipeline_defs.release.run_tags import DIGEST
from pipeline_defs.resources.registry_resource import RegistryResource
from tests.integration.tiny import IMAGE, LIMIT, PRODUCTION, Tiny
from tests.support.shop import git


def test_of_two_runs_that_interleave_each_deploys_its_own_image(tiny: Tiny) -> None:
    first, second = tiny.commit("1.0.0", "one"), tiny.commit("1.1.0", "two")
    with ThreadPoolExecutor(1) as pool:
        paused = pool.submit(lambda: tiny.run("deploy", pause=True, tiny_image={"commit": first, "branch": "main"}))
        try:
            assert tiny.pushed.wait(LIMIT)
            overtaking = tiny.run("deploy", tiny_image={"commit": second, "branch": "main"})
        finally:
            tiny.go_on.set()
        overtaken = paused.result(LIMIT)
    one, two = tiny.digest_of(overtaken), tiny.digest_of(overtaking)
    assert one != two
    assert tiny.deployed == {overtaken: one, overtaking: two}
    assert tiny.used(overtaken)["tiny_image"] == tiny.used(overtaken)["tiny_production"] == one
    assert tiny.used(overtaking)["tiny_image"] == tiny.used(overtaking)["tiny_production"] == two


def test_a_deployment_of_an_older_version_says_that_it_used_the_older_image(tiny: Tiny) -> None:
    older = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    newer = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.0", "two")})
    again = tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0"})
    newest = tiny.instance.get_latest_data_version_record(IMAGE)
    assert newest is not None
    assert tiny.digest_of(newer) == (newest.asset_materialization.tags or {})["dagster/data_version"]
    assert tiny.deployed[again] == tiny.digest_of(older)
    assert tiny.used(again)["tiny_image"] == tiny.digest_of(older)


def test_a_deployment_says_when_the_commits_were_made_that_it_brings(tiny: Tiny) -> None:
    first = tiny.commit("1.0.0", "one")
    tiny.run("deploy", tiny_image={"commit": first})
    between, last = tiny.commit("1.1.0", "two"), tiny.commit("1.2.0", "three")
    tiny.run("deploy", tiny_image={"commit": last})
    tiny.run("deploy", PRODUCTION, tiny_production={"commit": last})
    made = {commit: git(tiny.repository, "log", "-1", "--format=%at", commit) for commit in (first, between, last)}
    told = [
        [str(int(datetime.fromisoformat(each).timestamp())) for each in row.committed or ()]
        for row in Lineage(tiny.instance).deployments(tiny.app, "production")
    ]
    assert told == [[], [made[last], made[between]], [made[first]]]


def test_a_deployment_says_whether_its_image_was_rehearsed(tiny: Tiny) -> None:
    commit = tiny.commit("1.0.0", "one")
    before = tiny.run("deploy", tiny_image={"commit": commit})
    tiny.run("stage", tiny_staging={"commit": commit})
    after = tiny.run("deploy", PRODUCTION, tiny_production={"commit": commit})
    assert tiny.used(before)["tiny_staging"] == NOT_REHEARSED
    assert tiny.used(after)["tiny_staging"] == tiny.digest_of(before)


def test_a_deployment_and_its_image_lead_to_each_other(tiny: Tiny) -> None:
    commit = tiny.commit("1.0.0", "one")
    built = tiny.run("deploy", IMAGE, tiny_image={"commit": commit})
    deployed = tiny.run("deploy", PRODUCTION, tiny_production={"commit": commit})
    [live] = tiny.instance.fetch_materializations(PRODUCTION, limit=1).records
    [seen] = tiny.instance.fetch_observations(IMAGE, limit=1).records
    assert live.asset_materialization is not None and seen.asset_observation is not None
    assert live.asset_materialization.metadata["image run"].value == built
    assert seen.asset_observation.description == "1.0.0 runs in production"
    assert seen.asset_observation.metadata["deployment run"].value == deployed
    assert len(tiny.images) == 1  # it is no image of its own


def test_a_tree_is_built_once_and_promoted_with_its_evidence(tiny: Tiny) -> None:
    built = tiny.commit("1.0.0", "same")
    tiny.run("deploy", tiny_image={"commit": built, "branch": "development"})
    promoted = tiny.commit("1.1.0", "same")
    tiny.run("deploy", tiny_image={"commit": promoted, "branch": "main"})
    second, first = tiny.images
    assert (first.version, second.version) == ("1.0.0", "1.1.0")
    assert second.digest == first.digest
    assert (first.built_from, second.built_from) == (built, built)
    assert first.tags == ("1.0.0_dev", "staging_dev", "1.0.0", "staging")
    assert second.tags == ("1.1.0", "latest")
    registry = RegistryResource().of(tiny.app)
    assert {registry.digest_of(tag) for tag in (*first.tags, *second.tags)} == {first.digest}


def test_a_version_is_never_given_to_another_tree(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one"), "branch": "main"})
    changed = tiny.commit("1.0.0", "two")
    with pytest.raises(
        dg.Failure, match=r"version 1\.0\.0 of tiny already names the image sha256:.* raise the version"
    ):
        tiny.run("deploy", tiny_image={"commit": changed, "branch": "main"})
    assert len(tiny.images) == 1


def test_a_mended_compose_file_is_a_further_release_of_the_same_version(tiny: Tiny) -> None:
    """The image has the compose file in its build context, so another tree would be built of it."""

    def commit(compose: str, content: str = "same") -> str:
        tiny.commit("1.0.0", content)
        (tiny.repository / ".dockerignore").write_text("version.txt\n.git\n")
        (tiny.repository / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        (tiny.repository / "tiny.yml").write_text(compose)
        git(tiny.repository, "add", "--all")
        git(tiny.repository, "commit", "--quiet", "--amend", "--no-edit")
        return git(tiny.repository, "rev-parse", "HEAD")

    tiny.run("deploy", tiny_image={"commit": commit("services: {web: {image: wrong}}\n"), "branch": "main"})
    tiny.run("deploy", tiny_image={"commit": commit("services: {web: {image: right}}\n"), "branch": "main"})
    newer, older = tiny.images
    assert (newer.version, newer.digest, newer.code) == ("1.0.0", older.digest, older.code)
    assert newer.commit != older.commit
    rows = Lineage(tiny.instance).deployments(tiny.app, "production")
    assert len({row.release.configuration for row in rows}) == 2
    assert {row.release.digest for row in rows} == {older.digest}
    with pytest.raises(dg.Failure, match=r"already names the image .*\(only compose files and collections may change"):
        tiny.run("deploy", tiny_image={"commit": commit("services: {}\n", "other"), "branch": "main"})


def test_every_attempt_is_announced_before_it_begins_and_its_run_is_found(tiny: Tiny) -> None:
    commit = tiny.commit("1.0.0", "one")
    run = tiny.run("deploy", tiny_image={"commit": commit})
    observed = tiny.instance.fetch_observations(PRODUCTION, limit=10).records
    assert [record.run_id for record in observed] == [run]
    assert observed[0].asset_observation is not None
    assert observed[0].asset_observation.description == "deploy of 1.0.0: started"
    announced = observed[0].asset_observation.metadata["deployment"].value
    assert announced["outcome"] == "started"
    (row,) = Lineage(tiny.instance).environment(tiny.app, "production")
    assert (row.id, row.outcome, row.live) == (announced["id"], "succeeded", True)
    digest = tiny.digest_of(run)
    wanted = {"version": "1.0.0", "commit": commit[:12], DIGEST: digest.removeprefix("sha256:")[:12]}
    assert [found.run_id for found in tiny.instance.get_runs(dg.RunsFilter(tags=wanted))] == [run]
    with pytest.raises(dg.Failure, match="this run makes no image; say which one with a version or a commit"):
        tiny.run("deploy", PRODUCTION)


def test_a_rehearsal_of_nothing_in_particular_is_of_the_newest_image(tiny: Tiny) -> None:
    with pytest.raises(dg.Failure, match="tiny has no image yet; make one with: shipline run integrate tiny"):
        tiny.run("stage")
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    newest = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.0", "two")})
    rehearsed = tiny.run("stage")
    (row,) = Lineage(tiny.instance).environment(tiny.app, "staging")
    assert (row.run, row.digest) == (rehearsed, tiny.digest_of(newest))


def test_a_release_that_was_rolled_back_is_not_shipped_again_until_a_person_lifts_its_quarantine(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    commit, tiny.broken = tiny.commit("1.1.0", "two"), "1.1.0"
    with pytest.raises(dg.Failure, match=r"1\.1\.0 failed and was rolled back, 1\.0\.0 runs again: the tests failed"):
        tiny.run("deploy", tiny_image={"commit": commit})
    newest = tiny.instance.get_runs(limit=1)[0]
    assert (newest.tags["version"], newest.tags["commit"]) == ("1.1.0", commit[:12])
    observed = tiny.instance.fetch_observations(PRODUCTION, limit=1).records[0].asset_observation
    assert observed is not None
    assert observed.description == "deploy of 1.1.0: rolled back: the tests failed"
    lineage = Lineage(tiny.instance)
    (barred,) = lineage.quarantine(tiny.app, "production")
    assert (barred.version, barred.because) == ("1.1.0", "its deployment was rolled back: the tests failed")
    attempts, tiny.broken = dict(tiny.deployed), ""
    for asked in ({"version": "1.1.0"}, {"commit": commit}):
        with pytest.raises(dg.Failure, match=r"is quarantined in production since .* shipline quarantine lift tiny"):
            tiny.run("deploy", PRODUCTION, tiny_production=asked)
    assert tiny.deployed == attempts, "nothing reached the server"
    said = {
        "app": "tiny",
        "environment": "production",
        "version": "1.1.0",
        "digest": barred.digest,
        "actor": "ada@desk",
    }
    lineage.say(
        QuarantineEntry.model_validate({**said, "lifted": True, "reason": "mended", "at": "2026-05-04T12:00:00+00:00"})
    )
    assert lineage.quarantine(tiny.app, "production") == []
    tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.1.0"})
    assert next(row.version for row in lineage.environment(tiny.app, "production") if row.live) == "1.1.0"


def test_a_newer_version_is_shipped_while_the_one_before_is_quarantined(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    commit, tiny.broken = tiny.commit("1.1.0", "two"), "1.1.0"
    with pytest.raises(dg.Failure, match="failed and was rolled back"):
        tiny.run("deploy", tiny_image={"commit": commit})
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.1", "three")})
    (barred,) = Lineage(tiny.instance).quarantine(tiny.app, "production")
    assert (barred.version, barred.overtaken_by) == ("1.1.0", "1.1.1")
