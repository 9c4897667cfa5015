"""The menagerie as Compose on this machine reads it: what has to be refused is, with the line to write, and nothing else is."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config import load_app
from pipeline_defs.proposal.app_file_text import text_of
from pipeline_defs.proposal.repository_scan import scan
from pipeline_defs.proposal.suggest import draft_of
from pipeline_defs.release.records import Release
from pipeline_defs.resources.compose_test_file import compose_program
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.server.compose.bundle import install
from pipeline_defs.server.compose.rendered_compose import read_rendered, render
from pipeline_defs.server.compose.site_settings import settings_of
from pipeline_defs.server.compose_rules import problems
from pipeline_defs.server.core.command import Command
from pipeline_defs.server.core.site import Site
from tests.support.menagerie import IMAGE as APP_IMAGE
from tests.support.menagerie import Animal, animals, described
from tests.support.shop import git
from tests.unit.sample import run

pytestmark = pytest.mark.usefixtures("compose_there")

ALL = animals()
IMAGE = "registry.example.org/team/tiny"
ELSEWHERE = """# listens 00000000:0016
# volume menagerie_pg
# network menagerie_edge
"""
"""What the server has besides: a program at port 22, and what is made by hand for some of the apps."""


def refusals(animal: Animal, folder: Path, *, following: bool) -> str:
    """Why a release is refused by a server that has Compose, and an Engine without containers; empty where it is not."""
    app = described(animal, {"address": "127.0.0.1"}, IMAGE)
    place = app.environments["production"].model_copy(update={"directory": folder / "server"})
    site = Site.of(app.model_copy(update={"environments": {"production": place}}), "production")
    settings = settings_of(site)
    release = Release(app=app.name, version="1.0.0", repository=IMAGE, digest=f"sha256:{'a' * 64}", commit="b" * 40)
    with animal.checkout(following=following) as checkout:
        try:
            files = release_files(site, checkout, settings)
        except EngineError as error:
            return str(error)
    executed(install(site, release, files, settings), folder)
    said = executed(render(site, compose_program(), site.folder(release), around=False), folder)
    return problems(read_rendered(ELSEWHERE + said, site, files), site, IMAGE).sentence("production.yml")


def executed(command: Command, folder: Path) -> str:
    """What a command prints here, where the Engine has nothing."""
    engine = folder / "bin" / "docker"
    engine.parent.mkdir(exist_ok=True)
    engine.write_text("#!/bin/sh\n")
    engine.chmod(0o755)
    done = run(replace(command, environment={"PATH": f"{engine.parent}:{os.environ['PATH']}"}))
    assert done.ok, done.tail()
    return done.stdout


@pytest.mark.parametrize("animal", [pytest.param(each, id=each.name) for each in ALL if each.refused])
def test_what_cannot_run_as_its_author_expects_is_refused_with_the_line_to_write(
    animal: Animal, tmp_path: Path
) -> None:
    assert re.search(animal.refused, refusals(animal, tmp_path, following=False))


ORDINARY = [
    pytest.param(each, following, id=f"{each.name}-{'1.1.0' if following else '1.0.0'}")
    for each in ALL
    for following in (False, True)
    if each.runs and (not following or (each.folder / "next").exists())
]


@pytest.mark.parametrize(("animal", "following"), ORDINARY)
def test_ordinary_compose_files_are_taken_as_they_are(animal: Animal, following: bool, tmp_path: Path) -> None:
    assert refusals(animal, tmp_path, following=following) == ""


@pytest.mark.parametrize("animal", [pytest.param(each, id=each.name) for each in ALL if each.runs])
def test_what_is_proposed_for_its_repository_is_right(animal: Animal, tmp_path: Path) -> None:
    root = tmp_path / "tiny"
    with animal.checkout(following=False) as checkout:
        shutil.copytree(checkout, root)
    shutil.copytree(APP_IMAGE, root, dirs_exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    draft = draft_of(scan(root), service="web")
    file = tmp_path / f"{draft.name}.yaml"
    file.write_text(text_of(draft))
    production = load_app(file).environments["production"]
    assert production.compose == "production.yml"
    assert production.also == tuple(animal.keys.get("also", ()))
    assert list(production.secret_files) == list(animal.keys.get("secret_files", ()))
    assert (production.database is not None) == (animal.rows == "postgres")


def test_the_menagerie_is_large_enough_and_each_app_says_what_has_to_come_of_it() -> None:
    running = [each for each in ALL if each.runs]
    assert len(running) >= 16 and len(ALL) - len(running) >= 10
    assert [each.name for each in running if not (each.broken or each.expect)] == []
