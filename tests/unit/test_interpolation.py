"""Variables in an app's file: replaced in values, after YAML was read; what cannot be replaced is told with its place."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.interpolation import interpolate

names = st.text(string.ascii_letters + "_", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "variables", "result"),
    [
        ("${A}", {"A": "1"}, "1"),
        ("a-${A}-${B}", {"A": "1", "B": "2"}, "a-1-2"),
        ("${A:-x}", {}, "x"),
        ("${A:-x}", {"A": ""}, "x"),
        ("${A:-x}", {"A": "1"}, "1"),
        ("${A:-}", {}, ""),
        ("${A}", {"A": ""}, ""),
        ("${A:-a b:c/d-e}", {}, "a b:c/d-e"),
        ("$$", {}, "$"),
        ("$${A}", {"A": "1"}, "${A}"),
        ("$$$${A}", {"A": "1"}, "$${A}"),
        ("$A", {"A": "1"}, "$A"),
        ("^a$", {}, "^a$"),
        ("${A}", {"A": "${B}", "B": "2"}, "${B}"),  # a value is not read again
        ("${A}", {"A": "x: [1]\n# no"}, "x: [1]\n# no"),
    ],
)
def test_what_becomes_of_a_text(text: str, variables: dict[str, str], result: str) -> None:
    assert interpolate(text, variables) == (result, [])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_without_variables_everything_stays_as_it_is(data: object) -> None:
    def escaped(node: object) -> object:
        if isinstance(node, list):
            return [escaped(each) for each in node]
        return node.replace("$", "$$").replace("\0", "") if isinstance(node, str) else node

    def expected(node: object) -> object:
        if isinstance(node, list):
            return [expected(each) for each in node]
        return node.replace("\0", "") if isinstance(node, str) else node

    assert interpolate(escaped(data), {}) == (expected(data), [])


@given(names, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_value_arrives_as_it_is_and_never_becomes_a_key_or_a_list(name: str, value: str) -> None:
    given = {"${A}": [f"${{{name}}}", {"a": f"<${{{name}}}>"}], "b": 1}
    data, problems = interpolate(given, {name: value})
    assert data == {"${A}": [value, {"a": f"<{value}>"}], "b": 1}
    assert problems == []


def test_every_variable_that_is_missing_is_told_with_its_place() -> None:
    data = {"a": "${X}", "b": [{"c": "${Y}"}, "${X}/${Z:-1}"], "${K}": 1}
    told = [str(problem) for problem in interpolate(data, {})[1]]
    assert told == [
        "a: the variable X is not set; set it or write ${X:-default}",
        "b[0].c: the variable Y is not set; set it or write ${Y:-default}",
        "b[1]: the variable X is not set; set it or write ${X:-default}",
    ]


@pytest.mark.parametrize("text", ["${", "${}", "${A", "${1}", "${A-x}", "${A:?x}", "${A:+x}", "${A:-${B}}", "${A B}"])
def test_other_notations_are_told_instead_of_left_standing(text: str) -> None:
    [problem] = interpolate({"a": text}, {"A": "1", "B": "2"})[1]
    assert problem.where == "a"
    assert "is not a variable that can be read; write ${NAME} or ${NAME:-default}, or $$ for" in problem.what


def test_what_no_program_takes_is_told() -> None:
    [problem] = interpolate({"a": ["x\0y"]}, {})[1]
    assert str(problem) == "a[0]: holds a NUL character, which no program takes; leave it out"
