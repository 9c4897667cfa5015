"""A difference on a real server: what comes is told before it comes, and nothing is changed for it."""

from pathlib import Path

import pytest
from rich.console import Group

from pipeline_defs.cli.diff import _shown
from pipeline_defs.cli.output import Output
from pipeline_defs.config import App
from pipeline_defs.difference import difference_of
from pipeline_defs.history import Lineage
from pipeline_defs.planning import PlanError
from pipeline_defs.release.difference import Difference
from pipeline_defs.resources.connection import Connection
from tests.integration.shop_runs import ADDS, ShopRuns
from tests.integration.test_plan import everything
from tests.support import shop
from tests.support.shop import DATABASE_PASSWORD, git

SLOWER = ("production.yml", "interval: 2s  # the image", "interval: 5s  # the image")
CARTS = "Merge pull request #7 from acme/12-carts"


def difference(runs: ShopRuns, folder: Path, version: str = "", app: App | None = None) -> Difference:
    with shop.variables(shop.environment(runs.shop.bed)):
        return difference_of(app or runs.app, "production", version, Lineage(runs.instance), folder)


def with_variables(app: App, **variables: str) -> App:
    """The app, as when its file was given further variables for production."""
    production = app.environments["production"].model_copy(update={"environment": variables})
    return app.model_copy(update={"environments": {**app.environments, "production": production}})


def test_what_a_deployment_would_bring_is_told(
    runs: ShopRuns, server: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs.repository / "notes.txt").write_text("carts\n")
    git(runs.repository, "add", "--all")
    git(runs.repository, "commit", "--quiet", "-m", CARTS)
    runs.release("1.1.0", *ADDS, SLOWER)
    before = everything(server)
    found = difference(runs, tmp_path, app=with_variables(runs.app, COLOUR="blue"))
    assert everything(server) == before
    assert (found.release.version, found.live.version if found.live else None) == ("1.1.0", "1.0.0")
    assert [commit.subject for commit in found.commits] == ["1.1.0", CARTS]
    assert [pull.number for pull in found.pulls] == [7]
    assert [path.rpartition("/")[0] for path in found.migration_files] == ["migrations/versions"]
    assert found.migrations.sentence == "not known: no rehearsal of this image has passed"
    [compose] = found.files
    assert (compose.path, compose.how, compose.counts) == ("production.yml", "changed", (1, 1))
    assert any(line.startswith("+") and "interval: 5s" in line for line in compose.lines)
    assert (found.variables, found.values_changed, found.nothing, found.notes) == ({"COLOUR": "new"}, False, False, ())
    assert DATABASE_PASSWORD not in found.model_dump_json()

    Output().result(None, Group(*_shown(found)))
    shown = capsys.readouterr().out
    for words in (
        "1.0.0",
        "→ 1.1.0",
        "#7",
        "+      interval: 5s",
        "the variable COLOUR is new",
        "Nothing was changed.",
    ):
        assert words in shown


def test_the_very_same_release_brings_nothing(runs: ShopRuns, tmp_path: Path) -> None:
    found = difference(runs, tmp_path, "1.0.0")
    assert found.nothing
    assert (found.commits, found.gone, found.pulls, found.files, found.variables, found.migration_files) == (
        (),
        (),
        (),
        (),
        {},
        (),
    )
    with pytest.raises(PlanError, match=r"shop has no image of version 9\.9\.9; make one with"):
        difference(runs, tmp_path, "9.9.9")


def test_what_neither_files_nor_names_show_is_said(runs: ShopRuns, tmp_path: Path) -> None:
    production = runs.app.environments["production"].model_copy(update={"also": ("worker",)})
    changed = runs.app.model_copy(update={"environments": {**runs.app.environments, "production": production}})
    assert difference(runs, tmp_path, "1.0.0", app=changed).values_changed
