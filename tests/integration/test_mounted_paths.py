"""What containers see of relative paths, on a real server: git's files follow their release, and data outlives them all."""

from collections.abc import Iterator

import pytest

from pipeline_defs.config.retention import Retention
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.menagerie import Place, animals, place
from tests.testbed.bed import TestBed


@pytest.fixture
def app(testbed: TestBed, menagerie: dict[str, str]) -> Iterator[Place]:
    (animal,) = [each for each in animals() if each.name == "relative-paths"]
    with place(testbed, animal, menagerie) as made:
        kept = made.app.environments["production"].model_copy(update={"retention": Retention(releases=2)})
        made.app = made.app.model_copy(update={"environments": {**made.app.environments, "production": kept}})
        yield made


def deployed(app: Place, task: Task) -> dict[str, str]:
    """The containers by service, after a deployment or a rollback that ended well."""
    report = (rollback if task.frozen else deploy)(task, app.server)
    assert report.error is None, report.error
    return {each.service: each.id for each in app.containers()}


def there(app: Place, text: str) -> str:
    done = app.server.run(script(text, app.site.path(), app.site.project), timeout=60)
    assert done.ok, done.stderr
    return done.stdout.strip()


_READ = 'docker exec "$(docker ps -q -f label=com.docker.compose.project=$2 -f label=com.docker.compose.service=reader)" cat /init/a.sql'


def test_a_rollback_brings_the_files_back_and_keeps_the_data(app: Place) -> None:
    first = deployed(app, app.task("1.0.0"))
    there(app, 'echo photo >"$1/data/uploads/photo"')
    assert there(app, _READ) == "select 1;"
    second = deployed(app, app.task("1.1.0"))
    assert there(app, _READ) == "select 2;"
    back = deployed(app, app.task("1.0.0", frozen=True))
    assert there(app, _READ) == "select 1;"
    for before, after in ((first, second), (second, back)):
        assert {name for name in before if before[name] != after[name]} == {"web", "reader"}
    assert there(app, 'cat "$1/data/uploads/photo"') == "photo"
    assert app.read("/data/rows") == "row", "the database's container and its folder are those of the first release"


# A release's folder as an older Shipline has made it: all that was relative to the compose file lies in it.
_OLD = """
old=$1/releases/0.9.0-old; mkdir -p "$old/pgdata" "$1/releases/0.8.0-older/media"
printf %s "$3" >"$old/shipline.release.json"; : >"$old/shipline.settings"
cp "$old/shipline.release.json" "$1/releases/0.8.0-older/"
echo '{"services": {}}' >"$old/shipline.override.yml"
echo '{"services": {"db": {"image": "busybox:1", "command": "sleep 1000000", "volumes": ["./pgdata:/data"]}}}' >"$old/production.yml"
touch -d @0 "$old"/*.*; echo older >"$old/pgdata/rows"; echo photo >"$1/releases/0.8.0-older/media/photo"
touch -d 2020-01-01 "$1/releases/0.8.0-older"; ln -s "$old" "$1/current"
docker compose -p "$2" -f "$old/production.yml" up -d
"""


@pytest.mark.thorough
def test_data_that_an_older_shipline_left_is_taken_over_and_never_removed(app: Place) -> None:
    older = app.release("1.0.0").model_copy(update={"version": "0.9.0"}).model_dump_json()
    made = app.server.run(script(_OLD, app.site.path(), app.site.project, older), timeout=60)
    assert made.ok, made.stderr
    deployed(app, app.task("1.0.0"))
    assert app.read("/data/rows") == "older\nrow"
    assert there(app, 'cat "$1/releases/0.9.0-old/pgdata/rows"') == "older\nrow", "what runs may still be brought back"
    deployed(app, app.task("1.1.0"))
    assert app.read("/data/rows") == "older\nrow"
    assert there(app, 'cat "$1/releases/0.8.0-older/media/photo"') == "photo", (
        "retention removes nothing that others wrote"
    )
