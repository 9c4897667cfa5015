"""The documentation as web pages: all of it is there, it can be found, and nothing of it is fetched from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline_defs.config.home import PROJECT

_FETCHED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")
_IN_STYLE = re.compile(r"""url\(["']?((?:https?:)?//[^)"']+)|@import\s+["'](https?://[^"']+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(
        build, cwd=PROJECT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    written = {page.relative_to(PROJECT / "docs").with_suffix(".html") for page in (PROJECT / "docs").rglob("*.md")}
    expected = {page.with_name("index.html") if page.stem == "README" else page for page in written}
    assert {page for page in expected if not (site / page).is_file()} == set()


def test_what_pages_link_to_outside_of_them_is_there(site: Path) -> None:
    assert "The main job" in (site / "project" / "CHANGELOG.html").read_text()
    assert "Products, customers and their orders" in (site / "project/examples/shop/index.html").read_text()
    assert "environments" in (site / "project" / "apps" / "shop.yaml.html").read_text()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    fetched = {
        f"{page.name}: {found}" for page in site.rglob("*.html") for found in _FETCHED.findall(page.read_text())
    } | {f"{style.name}: {found}" for style in site.rglob("*.css") for found in _IN_STYLE.findall(style.read_text())}
    assert fetched == set()


def test_no_program_of_the_documentation_is_published(site: Path) -> None:
    assert list(site.rglob("*.py")) == []


def test_every_page_has_its_place_in_the_navigation() -> None:
    text = re.sub(r"!!\S+", "", (PROJECT / "mkdocs.yml").read_text())
    parts = yaml.safe_load(text)["nav"]
    placed = {path for part in parts for pages in part.values() for page in pages for path in page.values()}
    pages = {str(page.relative_to(PROJECT / "docs")) for page in (PROJECT / "docs").rglob("*.md")}
    decisions = {page for page in pages if re.match(r"decisions/\d", page)}
    assert placed - {"project/CHANGELOG.md"} == pages - decisions
