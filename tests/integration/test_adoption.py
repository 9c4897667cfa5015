"""A compose project that people started by hand is taken over by the first deployment, on a real server."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from pipeline_defs.cli.main import main
from pipeline_defs.server.compose.compose_commands import pull
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.state.adoption import adoptable
from pipeline_defs.server.state.facts import inspect_site
from pipeline_defs.server.state.preview import Preview, preview
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.menagerie import Place, animals, by_id, document, host_of, kinds, place
from tests.support.shop import environment, git, variables
from tests.testbed.bed import TestBed

HOME = "/srv/menagerie/blog"
_BREAKS = {"instead_of": "8000/health", "has": "9/health"}
_BEGIN = """
mkdir -p "$1/pgdata" "$1/uploads"; tar -x -C "$1" -f -; cd "$1"
docker tag "$2" tiny:latest; docker compose -p blog -f production.yml up -d --wait; echo photo >uploads/photo
"""


@pytest.fixture
def blog(testbed: TestBed, menagerie: dict[str, str]) -> Iterator[Place]:
    """An app whose production people have started by `docker compose up` in a folder of their own."""
    (animal,) = [each for each in animals() if each.name == "relative-paths"]
    with place(testbed, replace(animal, broken=_BREAKS), menagerie) as made:
        keys = {"project": "blog", "data_folder": PurePosixPath(HOME)}
        production = made.app.environments["production"].model_copy(update=keys)
        made.app = made.app.model_copy(update={"environments": {"production": production}})
        task = made.task("1.0.0")
        assert task.release is not None
        assert made.server.run(pull(task.release.reference, task.registry_login), timeout=60).ok
        files = io.BytesIO()
        with made.animal.checkout(following=False) as checkout, tarfile.open(fileobj=files, mode="w") as archive:
            archive.add(checkout, ".")
        begun = made.server.run(script(_BEGIN, HOME, task.release.reference, stdin=files.getvalue()), timeout=120)
        assert begun.ok, begun.tail()
        yield made


def previewed(blog: Place, task: Task) -> Preview:
    assert task.release is not None
    return preview(
        blog.site, task.release, task.files, task.settings, inspect_site(blog.site, blog.server), blog.server
    )


def test_what_runs_is_taken_over_with_its_data_and_brought_back_after_a_failure(blog: Place) -> None:
    before, task = blog.containers(), blog.task("1.1.0")
    said = previewed(blog, task)
    assert said.change.app == ("web",) and said.losses == ()
    assert {each.split()[2] for each in said.alterations} == {"reader", "runner"}
    assert blog.containers() == before, "to look changes nothing"

    failed = deploy(blog.task("1.1.0", broken=True), blog.server)
    assert failed.error is not None and failed.changed
    back = rollback(blog.task(None), blog.server)
    assert back.error is None and back.live is not None and back.live.adopted and back.left == ()
    assert kinds(blog.containers()) == kinds(before)

    report = deploy(task, blog.server)
    assert report.error is None, report.error
    now = {each.service: each.id for each in blog.containers()}
    kept = {each.service for each in before if now[each.service] == each.id}
    assert kept >= {"db", "settings"}
    assert blog.read("/data/rows") == "row", "the database was neither started anew nor given another folder"
    photo = 'docker exec "$(docker ps -q -f name=blog-web-1)" cat /uploads/photo'
    assert blog.server.run(script(photo), timeout=30).stdout.strip() == "photo"
    assert adoptable(blog.site, inspect_site(blog.site, blog.server), blog.server) is None, "it is Shipline's now"


def test_the_command_says_what_becomes_of_what_runs(
    blog: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = tmp_path / "blog"
    with blog.animal.checkout(following=True) as checkout:
        shutil.copytree(checkout, repository)
    (repository / "Dockerfile").write_text("FROM busybox:1\n")
    (repository / "version.txt").write_text("9.0.0\n")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "The blog")
    described = document(blog.animal, host_of(blog.bed), blog.app.image)
    taken = {**described["environments"]["production"], "project": "blog", "data_folder": HOME}
    apps = tmp_path / "home" / "apps"
    apps.mkdir(parents=True)
    before = blog.containers()

    def asked(**keys: str | None) -> tuple[int, Any]:
        production = {**taken, **keys}
        kept = {name: value for name, value in production.items() if value is not None}
        (apps / "blog.yaml").write_text(
            yaml.safe_dump(
                {**described, "name": "blog", "repository": str(repository), "environments": {"production": kept}}
            )
        )
        with variables(
            environment(
                blog.bed, SHIPLINE_HOME=str(apps.parent), DAGSTER_HOME=str(apps.parent), SHIPLINE_APPS=str(apps)
            )
        ):
            status = main(["adopt", "blog", "--json"])
        return status, json.loads(capsys.readouterr().out)

    status, found = asked()
    assert (status, found["project"], found["folder"], found["refusals"]) == (0, "blog", HOME, [])
    assert {"db", "settings"} <= set(found["kept"]) and set(found["replaced"]) == {"web", "reader", "runner"}
    status, found = asked(project=None, data_folder=None)
    assert status == 1 and found["project"] == "" and found["others"][0]["name"] == "blog"
    assert found["others"][0]["folder"] == HOME
    status, found = asked(data_folder="/srv/menagerie/elsewhere")
    assert status == 1 and "data_folder /srv/menagerie/elsewhere is not on this server" in " ".join(found["refusals"])
    assert blog.containers() == before


def test_what_could_not_be_brought_back_is_not_taken_over(blog: Place) -> None:
    before = blog.containers()
    edits = {
        'sed -i \'s/user: "65534"/user: "1"/\' production.yml': "the service reader runs otherwise than",
        "docker tag busybox:1 tiny:latest": "the service web runs an image that is not called tiny any more",
        "mv production.yml elsewhere.yml": "production.yml, which blog was started from, is not there any more",
    }
    for edit, sentence in edits.items():
        assert blog.server.run(
            script(f"cd {HOME}; cp -a production.yml /tmp/kept.yml; docker tag tiny:latest kept:1; {edit}"), timeout=30
        ).ok
        report = deploy(blog.task("1.1.0"), blog.server)
        assert report.error is not None and sentence in report.error and not report.changed
        restore = f"cd {HOME}; mv /tmp/kept.yml production.yml; docker tag kept:1 tiny:latest; docker rmi kept:1"
        assert blog.server.run(script(restore), timeout=30).ok
    assert by_id(blog.containers()) == by_id(before)
