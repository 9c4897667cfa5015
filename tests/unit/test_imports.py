"""The rooms: imports point one way, Dagster stays above, and everything public says what it is."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pipeline_defs
from pipeline_defs.config.home import PROJECT
from tests.support.rooms import ROOMS, SERVER

PACKAGE = Path(pipeline_defs.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

DOING = {"os", "io", "pathlib", "subprocess", "socket", "shutil", "tempfile", "requests", "time", "random", "secrets"}
WITHOUT_DAGSTER = {"release", "config", "server", "proposal", "doctor"}


def room(file: Path) -> str:
    """The first part of a module's name below the package: a folder's name, or a file's own."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(tree: ast.AST, *, at_import: bool = False) -> Iterator[str]:
    """The full names of the modules that are imported; only those at the import of the file itself, if so wished."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (at_import and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))):
            yield from imported(node, at_import=at_import)


def test_a_run_waits_for_no_import_that_it_may_never_need() -> None:
    """Every run begins with a process that loads the definitions: each of these would cost it a tenth of a second or so."""
    heavy = {"github", "jwt", "docker", "requests", "paramiko", "cryptography", "uvicorn", "starlette", "apprise"}
    shown = "import sys, pipeline_defs.definitions; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", shown], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not heavy & {name.split(".")[0] for name in done.stdout.split()}
    assert not {"pipeline_defs.github.changes.polling", "pipeline_defs.github.reports.reporter"} & set(
        done.stdout.split()
    )


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def named(file: Path) -> str:
    return str(file.relative_to(PROJECT))


def test_every_room_is_known() -> None:
    assert {room(file) for file in FILES} - {"__init__"} == set(ROOMS)
    assert {folder.name for folder in (PACKAGE / "server").iterdir() if (folder / "__init__.py").exists()} == set(
        SERVER
    )


def rooms_below(file: Path, *, at_import: bool = False) -> set[str]:
    """The other rooms that a file imports."""
    names = imported(parsed(file), at_import=at_import)
    return {name.split(".")[1] for name in names if name.startswith("pipeline_defs.")} - {room(file)}


def of_dagster(file: Path, *, at_import: bool = False) -> list[str]:
    return [name for name in imported(parsed(file), at_import=at_import) if name.startswith("dagster")]


def test_imports_point_down() -> None:
    wrong = {named(file): rooms_below(file) - below(room(file), ROOMS) for file in FILES}
    assert {file: rooms for file, rooms in wrong.items() if rooms} == {}


def test_imports_of_server_point_down() -> None:
    found = {}
    for file in (file for file in FILES if room(file) == "server" and file.parent != PACKAGE / "server"):
        own = file.relative_to(PACKAGE).parts[1]
        names = [name.split(".") for name in imported(parsed(file)) if name.startswith("pipeline_defs.server.")]
        if wrong := {name[2] for name in names} - {own} - below(own, SERVER):
            found[named(file)] = wrong
    assert found == {}


def test_only_orchestration_imports_ops() -> None:
    found = {named(file): [name for name in imported(parsed(file)) if ".ops." in name] for file in FILES}
    assert {file: names for file, names in found.items() if names and "/orchestration/" not in file} == {}


def below(room: str, rooms: Sequence[str]) -> set[str]:
    """The rooms that are under one in a list from top to bottom."""
    return set(rooms[rooms.index(room) + 1 :]) if room in rooms else set()


def test_no_file_needs_itself_on_any_way() -> None:
    modules = {
        ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
    }
    graph = {
        module: {name for path in imported(parsed(file)) for name in (path, path.rpartition(".")[0]) if name in modules}
        for module, file in modules.items()
    }
    packages = {module for module, file in modules.items() if file.name == "__init__.py"}
    # A package's own file gathers its modules, which do not know of it.
    TopologicalSorter({module: names - packages - {module} for module, names in graph.items()}).prepare()


def test_the_project_imports_nothing_that_only_tests_and_examples_have() -> None:
    found = {named(file): top_level(file) & {"tests", "examples", "benchmarks", "docs"} for file in FILES}
    assert {file: names for file, names in found.items() if names} == {}


def test_the_rooms_below_know_nothing_of_dagster() -> None:
    found = {named(file): of_dagster(file) for file in FILES if room(file) in WITHOUT_DAGSTER}
    assert {file: names for file, names in found.items() if names} == {}


def test_the_command_line_starts_without_dagster() -> None:
    command_line = [file for file in FILES if room(file) == "cli"]
    assert [named(file) for file in command_line if of_dagster(file, at_import=True)] == []
    rooms = {named(file): rooms_below(file, at_import=True) - {"config", "release"} for file in command_line}
    assert {file: more for file, more in rooms.items() if more} == {}


def test_the_domain_does_no_input_or_output() -> None:
    domain = [file for file in FILES if room(file) == "release"]
    found = {named(file): top_level(file) & DOING | calls(file) & {"open", "print", "input"} for file in domain}
    assert {file: names for file, names in found.items() if names} == {}


def top_level(file: Path) -> set[str]:
    """The packages that a file imports anything of."""
    return {name.split(".")[0] for name in imported(parsed(file))}


def calls(file: Path) -> set[str]:
    """The plain names that a file calls."""
    nodes = ast.walk(parsed(file))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def public(tree: ast.AST, name: str) -> Iterator[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef]]:
    """The module itself, its public classes and functions, and the public methods of the former."""
    if isinstance(tree, (ast.Module, ast.ClassDef, ast.FunctionDef)):
        yield name, tree
    if isinstance(tree, (ast.Module, ast.ClassDef)):
        for node in tree.body:
            # What overrides a method means what that one says.
            if (
                isinstance(node, (ast.ClassDef, ast.FunctionDef))
                and not node.name.startswith("_")
                and not any(isinstance(mark, ast.Name) and mark.id == "override" for mark in node.decorator_list)
            ):
                yield from public(node, f"{name}.{node.name}")


def test_everything_public_says_what_it_is() -> None:
    nodes = [(f"{named(file)}: {name}", node) for file in FILES for name, node in public(parsed(file), file.stem)]
    assert [name for name, node in nodes if not ast.get_docstring(node)] == []
