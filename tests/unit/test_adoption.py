"""What keeps a running compose project from being taken over, and where an environment's project and data lie."""

from pathlib import PurePosixPath
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_defs.config import App
from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.adoption import Container, Running
from pipeline_defs.server.state.described_services import DescribedServices
from tests.unit.sample import example, with_environment

PRODUCTION = Site.of(example(), "production")
ID, OTHER = "sha256:aa", "sha256:bb"


def running(container: Container, **hashes: str) -> Running:
    model = ComposeModel({"web": Service("web")}, {}, {})
    described = DescribedServices(model, "/opt/blog/releases/adopted", {"web": "one"})
    return Running("blog", "/srv/blog", ("/srv/blog/compose.yml",), described, (container,), hashes)


def container(**changes: Any) -> Container:
    given = {"service": "web", "image": "blog:1", "id": ID, "running": True, "same_compose": True, "named": ID}
    return Container(**{**given, **changes})


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (running(container(), web="one"), None),
        (running(container(), web="two"), "the service web runs otherwise than /srv/blog/compose.yml says now"),
        (running(container(same_compose=False), web="two"), None),  # another Compose makes other hashes
        (running(container(named=OTHER), web="one"), "docker tag sha256:aa blog:1"),
        (running(container(named=""), web="one"), "runs an image that is not called blog:1 any more"),
        (running(container(running=False, named=""), web="two"), None),
        (running(container(service="old"), old="one"), "has a container of the service old, which"),
    ],
)
def test_only_what_can_be_brought_back_is_taken_over(found: Running, sentence: str | None) -> None:
    refusals = list(found.refusals(PRODUCTION))
    assert len(refusals) == (sentence is not None)
    assert sentence is None or sentence in refusals[0]


def test_what_ran_before_is_a_release_that_any_version_follows() -> None:
    release = running(container()).release(PRODUCTION)
    assert release.adopted and release.version == "0.0.0" and release.digest == ID


def test_project_and_data_are_those_that_the_file_names() -> None:
    assert (PRODUCTION.project, PRODUCTION.data) == ("shop-production", f"{PRODUCTION.path()}/data")
    taken = with_environment(example(), "production", project="blog", data_folder=PurePosixPath("/srv/blog"))
    assert (Site.of(taken, "production").project, Site.of(taken, "production").data) == ("blog", "/srv/blog")


@pytest.mark.parametrize(
    ("environment", "keys", "sentence"),
    [
        ("production", {"project": "shop-staging"}, "another compose project than that of staging"),
        ("production", {"project": "Blog"}, "a compose project: lower-case letters"),
        ("staging", {"project": "blog"}, "an environment that is deployed to"),
        ("staging", {"data_folder": "/srv/blog"}, "an environment that is deployed to"),
    ],
)
def test_a_project_that_cannot_be_taken_over_is_refused(environment: str, keys: dict[str, str], sentence: str) -> None:
    document = example().model_dump(mode="json", exclude_unset=True)
    document["environments"][environment] |= keys
    with pytest.raises(ValidationError, match=sentence):
        App.model_validate(document)
