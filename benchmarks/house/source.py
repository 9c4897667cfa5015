"""Source: the files of a package, parsed, and the modules of the package that each imports."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class File:
    """One file of a package.

    Attributes:
        module: its name below the package, such as `server.step`; that of a folder for an `__init__.py`.
        path: its path below the package.
        lines: how many lines it has.
        tree: its syntax tree.
        imported: the full names that it imports, such as `pipeline_defs.server.core.step.Step`.
    """

    module: str
    path: Path
    lines: int
    tree: ast.Module
    imported: tuple[str, ...]

    @property
    def room(self) -> str:
        """The folder or file directly below the package; empty for the package's own `__init__.py`."""
        return self.module.split(".")[0]


def read(package: Path) -> list[File]:
    """All Python files of a package. Raises OSError and SyntaxError."""
    return [_read(package, path) for path in sorted(package.rglob("*.py"))]


def _read(package: Path, path: Path) -> File:
    text = path.read_text()
    below = path.relative_to(package)
    tree = ast.parse(text)
    parts = below.parent.parts if path.name == "__init__.py" else below.with_suffix("").parts
    return File(".".join(parts), below, len(text.splitlines()), tree, tuple(_imported(tree)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(files: Sequence[File], package: str) -> dict[str, set[str]]:
    """For each module the modules of the package that it imports, or from which it imports a name."""
    known = {file.module for file in files}
    return {file.module: set(_modules(file, known, package)) - {file.module} for file in files}


def _modules(file: File, known: set[str], package: str) -> Iterator[str]:
    for name in file.imported:
        if name.startswith(f"{package}."):
            below = name.removeprefix(f"{package}.")
            yield below if below in known else below.rpartition(".")[0]


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other."""
    reach = {node: _reached(graph, node) for node in graph}
    found: list[list[str]] = []
    for node in sorted(graph):
        group = sorted(other for other in reach[node] if node in reach.get(other, set()))
        if len(group) > 1 and group not in found:
            found.append(group)
    return found


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for node in graph.get(waiting.pop(), set()) - reached:
            reached.add(node)
            waiting.append(node)
    return reached
