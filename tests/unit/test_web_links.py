"""Links to GitHub: github.com's, an Enterprise server's, and none where the repository is elsewhere."""

import pytest

from pipeline_defs.config import App
from pipeline_defs.config.github_settings import GitHub
from pipeline_defs.config.web_links import commit_page, pull_page, repository_page
from tests.unit import sample


def app(**changes: object) -> App:
    return sample.example().model_copy(update=changes)


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        (app(repository="acme/shop", github=None), "https://github.com/acme/shop"),
        (app(repository="acme/shop", github=GitHub(token={"env": "T"})), "https://github.com/acme/shop"),
        (
            app(repository="acme/shop", github=GitHub(token={"env": "T"}, api="https://github.example.org/api/v3")),
            "https://github.example.org/acme/shop",
        ),
        (app(repository="./shop", github=None), ""),
    ],
)
def test_the_repository_has_a_page_where_github_has_it(changed: App, page: str) -> None:
    assert repository_page(changed) == page
    assert commit_page(changed, "a" * 40) == (f"{page}/commit/{'a' * 40}" if page else "")
    assert pull_page(changed, 7) == (f"{page}/pull/7" if page else "")


def test_what_is_not_there_has_no_page() -> None:
    here = app(repository="acme/shop", github=None)
    assert commit_page(here, "") == commit_page(here, "../evil") == pull_page(here, 0) == ""
