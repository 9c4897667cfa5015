"""Outside: pages link to files of the project that are no pages, such as an example; on the site they become pages too.

In a checkout, and where a git host shows it, such a link leads to the file itself. A hook of mkdocs.
"""

import re
from os.path import relpath
from pathlib import Path
from posixpath import dirname, join, normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = Path(__file__).parents[1]
_LINK = re.compile(r"(?<=\]\()((?:\.\./)+[^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file outside of the documentation to which a page links."""
    paths = {"CHANGELOG.md"}
    for file in files.documentation_pages():
        linked = (_outside(file, target) for target in _LINK.findall(file.content_string))
        paths |= {path for path in linked if path}
    for path in sorted(paths):
        files.append(File.generated(config, _page_of(path), content=_shown(PROJECT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the links lead to those pages."""

    def inside(match: re.Match[str]) -> str:
        path = _outside(page.file, match[1])
        return relpath(_page_of(path), dirname(page.file.src_uri) or ".") if path else match[1]

    return _LINK.sub(inside, markdown)


def _outside(page: File, target: str) -> str | None:
    """The path in the project to which a page's link leads, None where it leads to another page."""
    path = normpath(join("docs", dirname(page.src_uri), target))
    return None if path.startswith("docs/") else path


def _page_of(path: str) -> str:
    return f"project/{path}" if path.endswith(".md") else f"project/{path}.md"


def _shown(file: Path) -> str:
    """A file as a page: Markdown as it is, anything else as code. A folder or a file that is not there fails the build."""
    text = file.read_text()
    return text if file.suffix == ".md" else f"# {file.name}\n\n````{file.suffix[1:]}\n{text}\n````\n"
