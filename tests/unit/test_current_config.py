"""Current config: sensors go by an app's file as it is, and start nothing while it cannot be gone by."""

import shutil
from pathlib import Path

import pytest

from pipeline_defs.config import App, load_app
from pipeline_defs.config.current_config import NotLoaded, current, current_or_loaded

APP = """
repository: /src/blog
image: registry.example.org/team/blog
environments:
  production: {hosts: a.example.org, directory: /opt/blog/production, compose: production.yml}
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "blog.yaml").write_text(APP)
    return load_app(tmp_path / "blog.yaml")


def change(app: App, old: str, new: str) -> None:
    assert app.origin is not None
    file = app.origin.file
    file.write_text(file.read_text().replace(old, new))


def test_the_app_itself_as_long_as_its_file_is_the_same(app: App) -> None:
    assert current(app) is app


def test_a_freeze_that_is_written_into_the_file_holds_at_once(app: App) -> None:
    change(app, "compose: production.yml", 'compose: production.yml, freeze: "2000-01-01 .. 2999-12-31 Europe/London"')
    assert not app.environments["production"].freeze
    assert current(app).environments["production"].freeze
    assert current(app) is current(app), "each state of the file is read once"


def test_a_file_that_is_wrong_starts_nothing_and_says_why(app: App) -> None:
    change(app, "compose:", "composed:")
    with pytest.raises(NotLoaded, match=r"(?s)composed.*nothing is started until it is right"):
        current(app)
    assert current_or_loaded(app) is app
    change(app, "composed:", "compose:")
    assert current(app) == app


def test_an_environment_that_has_no_job_yet_is_waited_for(app: App) -> None:
    change(app, "  production:", "  preview:")
    with pytest.raises(NotLoaded, match="have not its jobs yet"):
        current(app)


def test_a_file_that_is_gone_starts_nothing(app: App) -> None:
    assert app.origin is not None
    shutil.move(app.origin.file, app.origin.file.with_suffix(".off"))
    with pytest.raises(NotLoaded, match="cannot be read"):
        current(app)
