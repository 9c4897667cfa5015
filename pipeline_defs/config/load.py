"""Loading: files in, models or readable errors out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline_defs.config.app import App
from pipeline_defs.config.config_errors import ConfigError, Problem, problems_of, said
from pipeline_defs.config.file_version import Origin
from pipeline_defs.config.home import Home
from pipeline_defs.config.inheritance import said_once
from pipeline_defs.config.interpolation import interpolate
from pipeline_defs.config.limits import Limits


def load_app(file: Path) -> App:
    """Read one app's file. The app's name is the file's, unless the file says otherwise. Raises ConfigError with every mistake."""
    origin = Origin.of(file)
    data, problems = _parse(file)
    if isinstance(data, dict):
        data.setdefault("name", file.stem)
    try:
        app = App.model_validate(data)
    except ValidationError as error:
        found = said_once(problems_of(error, App), data.get("environments") if isinstance(data, dict) else None)
        problems += [problem for problem in found if not _follows(problem, problems)]
        raise ConfigError(file, problems) from error
    if problems:
        raise ConfigError(file, problems)
    return app.read_from(origin)


def load_apps(folder: Path) -> tuple[dict[str, App], list[ConfigError]]:
    """Read every `*.yaml` and `*.yml` of the folder but hidden ones, which editors leave behind.

    A wrong file is an error of its own and keeps no other app from loading. Of two apps that stand in each other's way the
    first by its file's name is loaded.
    """
    apps: dict[str, App] = {}
    errors: list[ConfigError] = []
    for file in sorted([*folder.glob("[!.]*.yaml"), *folder.glob("[!.]*.yml")]):
        try:
            app = load_app(file)
            problems = _conflicts(app, apps.values())
            if problems:
                raise ConfigError(file, problems)
            apps[app.name] = app
        except ConfigError as error:
            errors.append(error)
    return apps, errors


def load_limits(home: Home) -> Limits:
    """Read the home's `limits.yaml`; without one the defaults hold. Raises ConfigError with every mistake."""
    if not home.limits.exists():
        return Limits()
    data, problems = _parse(home.limits)
    try:
        limits = Limits.model_validate({} if data is None else data)
    except ValidationError as error:
        raise ConfigError(home.limits, [*problems, *problems_of(error, Limits)]) from error
    if problems:
        raise ConfigError(home.limits, problems)
    return limits


def _follows(problem: Problem, unset: Iterable[Problem]) -> bool:
    """True where a variable without a value left the place empty: that it is empty is no mistake of its own."""
    return any(f"{problem.where}.".startswith((f"{other.where}.", f"{other.where}[")) for other in unset)


def _conflicts(app: App, others: Iterable[App]) -> list[Problem]:
    """Where an app would take another one's name or write into its folders."""
    problems = []
    for other in others:
        if other.name == app.name:
            problems.append(Problem("name", said(app.name, "a name that no other app's file has")))
        problems += _versions_of_one_repository(app, other)
        for name, environment in app.environments.items():
            for its_name, its in other.environments.items():
                if environment.meets(its):
                    allowed = f"a folder apart from that of {other.name} {its_name} ({its.directory})"
                    where = f"environments.{name}.directory"
                    problems.append(Problem(where, said(str(environment.directory), allowed)))
                project = environment.project_of(app.name, name)
                if (
                    other.name != app.name
                    and environment.beside(its)
                    and project == its.project_of(other.name, its_name)
                ):
                    allowed = f"another compose project than that of {other.name} {its_name}"
                    problems.append(Problem(f"environments.{name}.project", said(project, allowed)))
    return problems


def _versions_of_one_repository(app: App, other: App) -> list[Problem]:
    """Two apps of one repository cannot have their numbers raised for them: each raised number is a commit that the other would answer."""
    if app.repository != other.repository or "automatic" not in (app.versioning, other.versioning):
        return []
    allowed = f"manual for both apps that are built from {app.repository}, this one and {other.name}"
    found = app.versioning if app.versioning == "automatic" else f"automatic in {other.name}"
    return [Problem("versioning", said(found, allowed))]


class _Loader(yaml.SafeLoader):
    """YAML without Python objects, in which a key that is given twice is refused; YAML's own loader forgets the first.

    A key is a name, as `on`, which YAML 1.1 would take for `true`.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _parse(file: Path) -> tuple[Any, list[Problem]]:
    """The file's data with its variables replaced, and what is wrong with those."""
    try:
        return interpolate(yaml.load(file.read_bytes().decode(), _Loader))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text; save it as such"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = f"{place}not valid YAML ({error.problem})"
    except yaml.YAMLError as error:
        problem = f"not valid YAML ({' '.join(str(error).split())})"
    except ValueError as error:  # such as 2026-13-01, which YAML takes for a date
        problem = f"not valid YAML ({error})"
    except RecursionError:
        problem = "is nested too deeply; an alias must not contain itself"
    raise ConfigError(file, [Problem("", problem)])
