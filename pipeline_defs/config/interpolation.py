"""Variables in an app's file: `${NAME}` and `${NAME:-default}`, as Compose writes them."""

import os
import re
from collections.abc import Mapping
from typing import Any

from pipeline_defs.config.config_errors import Problem, below

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>[^${}]*))?\}|(?P<other>\$\{[^}]*\}?)")


def interpolate(data: Any, variables: Mapping[str, str] = os.environ) -> tuple[Any, list[Problem]]:
    """Replace variables in every text of the parsed file; `$$` stands for one `$`.

    Only values are replaced, after YAML was parsed, so that a value can never become another key or a list.
    Source of the notation: https://docs.docker.com/reference/compose-file/interpolation/
    Returns the new data and one problem for every variable that is neither set nor given a default, for every notation
    that is not one of the two, and for every text that no program takes.
    """
    problems: list[Problem] = []

    def walk(node: Any, where: str) -> Any:
        if isinstance(node, dict):
            return {key: walk(value, below(where, str(key))) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value, below(where, index)) for index, value in enumerate(node)]
        return text(node, where) if isinstance(node, str) else node

    def text(node: str, where: str) -> str:
        if "\0" in node:
            problems.append(Problem(where, "holds a NUL character, which no program takes; leave it out"))
        return _VARIABLE.sub(lambda match: value_of(match, where), node)

    def value_of(match: re.Match[str], where: str) -> str:
        name, default, other = match["name"], match["default"], match["other"]
        if other is not None:
            wanted = "${NAME} or ${NAME:-default}, or $$ for a dollar sign"
            problems.append(Problem(where, f"{other} is not a variable that can be read; write {wanted}"))
            return ""
        if name is None:
            return "$"
        value = variables.get(name)
        if value is None and default is None:
            problems.append(Problem(where, f"the variable {name} is not set; set it or write ${{{name}:-default}}"))
        return value or default or ""

    return walk(data, ""), problems
