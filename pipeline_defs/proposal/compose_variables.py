"""Compose variables: what a compose file takes from outside, https://docs.docker.com/reference/compose-file/interpolation/."""

import re
from collections.abc import Iterator
from typing import Any

VARIABLE = re.compile(r"\$\$|\$(?:\{(?P<braced>[A-Za-z_]\w*)(?P<more>[^}]*)\}|(?P<bare>[A-Za-z_]\w*))")
"""A variable, or a dollar that stands for itself."""
_DEFAULTS = (":-", "-", ":+", "+")  # what follows a name that nobody has to set


def variables(node: Any) -> dict[str, bool]:
    """The variables in every text of parsed YAML, in the order in which they are met: {name: whether somebody has to set it}."""
    found: dict[str, bool] = {}
    for match in _within(node):
        name = match["braced"] or match["bare"]
        found[name] = found.get(name, False) or _is_needed(match)
    return found


def default_of(text: str) -> str | None:
    """The text with its variables replaced by their defaults; None where one has none."""
    if any(_is_needed(match) for match in VARIABLE.finditer(text)):
        return None
    return VARIABLE.sub(lambda match: "$" if match[0] == "$$" else re.sub(r"^:?-", "", match["more"] or ""), text)


def _within(node: Any) -> Iterator[re.Match[str]]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _within(value)
    elif isinstance(node, str):
        yield from (match for match in VARIABLE.finditer(node) if match[0] != "$$")


def _is_needed(match: re.Match[str]) -> bool:
    return match[0] != "$$" and not (match["more"] or "").startswith(_DEFAULTS)
