"""Figures: what is counted of the files of a package."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.house.source import File, circles, imports

PACKAGE = "pipeline_defs"
_WITHOUT_A_NAME_OF_THEIR_OWN = {"__init__.py", "__main__.py"}
_UPPER = {"orchestration", "ops", "assets", "jobs", "sensors", "definitions"}  # where ops may be imported


def figures(files: Sequence[File], rooms: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, int | float]]:
    """What stands out, by name, and the figures.

    Args:
        files: the files of the package.
        rooms: the rooms from top to bottom.
    """
    graph = imports(files, PACKAGE)
    packages = {file.module for file in files if file.path.name == "__init__.py"}
    between = {(one.split(".")[0], other.split(".")[0]) for one, others in graph.items() for other in others}
    arrows = {(one, other) for one, other in between if one != other and one and other}
    place = {room: number for number, room in enumerate(rooms)}
    below = {room: {other for one, other in arrows if one == room} for room in {file.room for file in files} - {""}}
    named = {
        "upward": sorted(
            f"{one} imports {other}" for one, other in arrows if place.get(one, -1) >= place.get(other, -1)
        ),
        "circle": [
            " ".join(group)
            for each in ({module: names - packages for module, names in graph.items() if module not in packages}, below)
            for group in circles(each)
        ],
        "op imported outside": sorted(_ops_outside(files, graph)),
        "private import": sorted(_private(files)),
        "shared name": sorted(name for name, count in _base_names(files).items() if count > 1),
    }
    lengths = [file.lines for file in files]
    numbers: dict[str, int | float] = {
        "lines": sum(lengths),
        "files": len(files),
        "median_file": median(lengths),
        "largest_file": max(lengths),
        "rooms": len(below),
        "floors": _floors(below),
        "arrows": len(arrows),
        "upward_arrows": len(named["upward"]),
        "circles": len(named["circle"]),
        "op_imports_outside": len(named["op imported outside"]),
        "longest_op": max((length for file in files for length in _op_lengths(file.tree)), default=0),
        "private_dagster_imports": len(named["private import"]),
        "shared_basenames": len(named["shared name"]),
    }
    return named, numbers


def _ops_outside(files: Sequence[File], graph: Mapping[str, set[str]]) -> Iterator[str]:
    """Imports of what is in a folder `ops`, or in a module that defines an op, from outside the rooms of Dagster."""
    ops = {file.module for file in files if "ops" in file.module.split(".") or any(_op_lengths(file.tree))}
    for file in files:
        if file.room not in _UPPER:
            yield from (f"{file.path} imports {module}" for module in graph[file.module] & ops)


def _op_lengths(tree: ast.Module) -> Iterator[int]:
    """The lines of each op's function, from `def` to its end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(_is_op(mark) for mark in node.decorator_list):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def _is_op(mark: ast.expr) -> bool:
    called = mark.func if isinstance(mark, ast.Call) else mark
    return ast.unparse(called) in {"op", "dg.op", "dagster.op"}


def _private(files: Sequence[File]) -> Iterator[str]:
    """The private modules of Dagster's packages that a file imports."""
    for file in files:
        modules = {name.rpartition(".")[0] for name in file.imported if name.split(".")[0].split("_")[0] == "dagster"}
        yield from (f"{file.path}: {module}" for module in modules if "._" in module)


def _base_names(files: Sequence[File]) -> Counter[str]:
    return Counter(file.path.name for file in files if file.path.name not in _WITHOUT_A_NAME_OF_THEIR_OWN)


def _floors(below: Mapping[str, set[str]]) -> int:
    """The rooms on the longest way down. Rooms in a circle are on one floor."""
    groups = {room: frozenset([room]) for room in below} | {
        room: frozenset(group) for group in circles(below) for room in group
    }

    def height(group: frozenset[str]) -> int:
        under = {groups[other] for room in group for other in below.get(room, set())} - {group}
        return 1 + max((height(each) for each in under), default=0)

    return max((height(group) for group in groups.values()), default=0)
