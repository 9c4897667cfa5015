"""The documentation as web pages: all of it is there, it can be found, and nothing of it is fetched from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from pipeline_defs.config.home import PROJECT

_FETCHED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")
_IN_STYLE = re.compile(r"""url\(["']?((?:https?:)?//[^)"']+)|@import\s+["'](https?://[^"']+)""")


def test_the_site_has_every_page_and_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Built once, as `make site` builds it: to build it takes seconds."""
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        build, cwd=PROJECT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    written = {page.relative_to(PROJECT / "docs").with_suffix(".html") for page in (PROJECT / "docs").rglob("*.md")}
    expected = {page.with_name("index.html") if page.stem == "README" else page for page in written}
    assert {page for page in expected if not (tmp_path / page).is_file()} == set()
    # what pages link to outside of them is there
    assert "The main job" in (tmp_path / "project" / "CHANGELOG.html").read_text()
    assert "Products, customers and their orders" in (tmp_path / "project/examples/shop/index.html").read_text()
    assert "environments" in (tmp_path / "project" / "apps" / "shop.yaml.html").read_text()
    assert fetched(tmp_path) == set()
    assert list(tmp_path.rglob("*.py")) == [], "a program of the documentation is published"


def fetched(site: Path) -> set[str]:
    """What pages and styles fetch from elsewhere."""
    pages, styles = site.rglob("*.html"), site.rglob("*.css")
    return {f"{page.name}: {found}" for page in pages for found in _FETCHED.findall(page.read_text())} | {
        f"{style.name}: {found}" for style in styles for found in _IN_STYLE.findall(style.read_text())
    }


def test_every_page_has_its_place_in_the_navigation() -> None:
    text = re.sub(r"!!\S+", "", (PROJECT / "mkdocs.yml").read_text())
    parts = yaml.safe_load(text)["nav"]
    placed = {path for part in parts for pages in part.values() for page in pages for path in page.values()}
    pages = {str(page.relative_to(PROJECT / "docs")) for page in (PROJECT / "docs").rglob("*.md")}
    decisions = {page for page in pages if re.match(r"decisions/\d", page)}
    assert placed - {"project/CHANGELOG.md"} == pages - decisions
