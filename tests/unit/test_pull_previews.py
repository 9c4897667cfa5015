"""Which previews of pull requests are to go, how they are configured, and who gets past their door. Pure."""

import json
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline_defs.config import App, SecretUnavailable
from pipeline_defs.config.pull_place import PullEnvironment, with_pull_place
from pipeline_defs.config.pull_preview import PullPreview
from pipeline_defs.config.route import Router
from pipeline_defs.orchestration.pull_leftovers import PullRuns, previews_up
from pipeline_defs.release.pull_previews import Bounds, Standing, ending
from pipeline_defs.release.run_tags import ENDED, PREVIEW, UP
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.caddy import PASSWORD_HASH, lines

SAID: dict[str, Any] = {"host": "pr-{pull}.staging.example.org", "password": {"env": "PREVIEW_PASSWORD"}}
PLACE = {"hosts": "a.example.org", "compose": "compose.yml", "database": {"name": "a", "user": "a"}}
FILE: dict[str, Any] = {
    "name": "blog",
    "repository": "acme/blog",
    "image": "registry.example.org/acme/blog",
    "github": {"token": {"env": "TOKEN"}},
    "stage": {"pulls": "preview", "preview": SAID},
    "environments": {
        "staging": {**PLACE, "directory": "/opt/blog/staging", "rehearses": "production", "sanitize": "clean.sql"},
        "production": {**PLACE, "directory": "/opt/blog/production"},
    },
}


def app(stage: dict[str, Any], **staging: Any) -> App:
    environments = {**FILE["environments"], "staging": {**FILE["environments"]["staging"], **staging}}
    return App.model_validate({**FILE, "stage": {**FILE["stage"], **stage}, "environments": environments})


@pytest.mark.parametrize(("pulls", "tag"), [("preview", UP), ("off", ENDED)])
def test_housekeeping_leaves_the_word_of_an_end_to_a_run_that_can_write_it_if_one_follows(pulls: str, tag: str) -> None:
    blog = app({"pulls": pulls})
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.DagsterRun(job_name="blog_stage_pull", run_id=str(uuid4()), tags={"pull_request": "12", PREVIEW: UP})
        instance.add_run(run)
        known = PullRuns(instance, blog)
        known.settle({12: run.run_id}, {})
        assert [each.run_id for each in previews_up(instance, blog)] == [run.run_id]
        known.settle({}, {12: "its days are over"})
        found = instance.get_run_by_id(run.run_id)
        assert found is not None and found.tags[PREVIEW] == tag


standing = st.builds(Standing, st.integers(1, 30), st.just("run"), st.integers(0, 9), st.integers(-3, 9))
previews = st.lists(standing, unique_by=lambda each: each.pull, max_size=9)


@given(previews, st.integers(0, 5), st.sets(st.integers(1, 30)), st.integers(0, 1))
def test_what_stays_is_open_and_not_too_old_and_not_too_many_and_the_newest(
    there: list[Standing], most: int, closed: set[int], coming: int
) -> None:
    gone = ending(there, Bounds(most), closed, coming=coming)
    stays = [each for each in there if each.pull not in gone]
    assert len(stays) <= max(0, most - coming)
    assert all(each.pull not in closed and each.left > 0 for each in stays)
    crowded = [each for each in there if "oldest" in gone.get(each.pull, "")]
    assert all(each.age >= other.age for each in crowded for other in stays)
    assert not crowded or len(stays) == max(0, most - coming)


@given(previews.filter(bool))
def test_where_the_disk_is_short_the_oldest_alone_goes(there: list[Standing]) -> None:
    young = [Standing(each.pull, each.run, each.age, 1) for each in there]
    (gone,) = ending(young, Bounds(99, 10), (), free=9)
    assert all(each.age <= next(one.age for one in young if one.pull == gone) for each in young)
    assert ending(young, Bounds(99, 10), (), free=10) == {}
    assert ending(young, Bounds(99, 10), ()) == {}


@pytest.mark.parametrize(
    "host", ["pr.example.org", "pr-{pull}-{pull}.example.org", "pr-{n}.example.org", "PR-{pull}.org"]
)
def test_a_host_name_has_the_number_in_it_once(host: str) -> None:
    with pytest.raises(ValidationError):
        PullPreview.model_validate({**SAID, "host": host})


def test_people_look_at_a_copy_that_was_sanitized_unless_the_app_says_otherwise() -> None:
    assert app({}).stage.kept
    with pytest.raises(ValidationError, match="sanitize"):
        app({}, sanitize=None)
    assert app({"preview": {**SAID, "unsanitized": True}}, sanitize=None).stage.kept
    assert app({"pulls": "rehearse"}, sanitize=None).stage.kept is None
    with pytest.raises(ValidationError, match="host and password"):
        app({"preview": None})


@pytest.mark.parametrize("password", ["", "two\nlines", "x" * 73])
def test_a_password_that_would_not_be_compared_as_a_whole_is_refused(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREVIEW_PASSWORD", password)
    with pytest.raises(SecretUnavailable):
        PullPreview.model_validate(SAID).read_password()


@pytest.mark.parametrize(
    ("keys", "router", "address"),
    [
        ({}, Router(), "http://pr-12.staging.example.org/"),
        ({}, Router(http=8080), "http://pr-12.staging.example.org:8080/"),
        ({"tls": True}, Router(http=8080), "https://pr-12.staging.example.org/"),
    ],
)
def test_the_address_is_where_the_router_listens(keys: dict[str, Any], router: Router, address: str) -> None:
    assert PullPreview.model_validate({**SAID, **keys}).address(12, router) == address


@pytest.mark.parametrize("tls", [False, True])
def test_nobody_gets_past_the_door_without_a_password_which_the_app_never_sees(tls: bool) -> None:
    blog = app({"preview": {**SAID, "tls": tls}})
    place, name = with_pull_place(blog, 12, "development")
    site = Site.of(place, name)
    assert isinstance(site.config, PullEnvironment) and site.config.preview and site.config.route is None
    plain, secure, inner, *_ = lines(site, site.config.preview.route(12), None, "preview").reveal().splitlines()
    guarded = json.loads(secure if tls else plain)
    first, proxy = guarded["handle"]
    assert guarded["match"] == [{"host": ["pr-12.staging.example.org"]}]
    assert first["handler"] == "authentication"
    assert first["providers"]["http_basic"]["accounts"] == [{"username": "preview", "password": PASSWORD_HASH}]
    assert proxy["headers"]["request"]["delete"] == ["Authorization"]
    assert "UPSTREAM" not in (plain if tls else secure)
    assert [each["handler"] for each in json.loads(inner)["handle"]] == ["reverse_proxy"]  # the router's own look
