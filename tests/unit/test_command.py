"""Commands: what is given arrives, through a real shell, as it was given; and what must not be shown is not."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.server.core.command import Command, Result, command, script
from tests.unit.sample import SHELLS, run

# Tells what arrived: each argument, one variable, and standard input.
WITNESS = ("sh", "-c", 'printf "%s\\0" "$@" "${GIVEN-not set}"; cat', "witness")

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
nasty = words | st.sampled_from(
    [
        "",
        "-n",
        "--",
        "-c",
        "a b",
        "a\nb",
        "$(id)",
        "`id`",
        "${HOME}",
        "$GIVEN",
        "'",
        '"\'"',
        "\\",
        "\\n",
        "!!",
        "*",
        "~",
        "#",
        ";id",
        "&&id",
        "|id",
        ">/x",
        "<x",
        "\t",
        "\r\n",
        "ü€🚀",
        "\u202e",
        "A=B",
        "%s",
        "\x1b[31m",
        "../../x",
    ]
)


def arrived(shell: tuple[str, ...], wanted: Command) -> tuple[list[str], str, bytes]:
    """What the witness tells when the rendered text is given to a shell, as a server does."""
    done = subprocess.run(
        [*shell, "-c", wanted.rendered()], input=wanted.input_bytes(), capture_output=True, check=True
    )
    *told, stdin = done.stdout.split(b"\0", len(wanted.argv) - len(WITNESS) + 1)
    *argv, variable = [word.decode() for word in told]
    return argv, variable, stdin


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@given(argv=st.lists(nasty, max_size=4), variable=st.none() | nasty, stdin=st.none() | st.binary(max_size=50) | nasty)
def test_what_is_given_arrives_as_it_was_given(
    shell: tuple[str, ...], argv: list[str], variable: str | None, stdin: bytes | str | None
) -> None:
    environment = {} if variable is None else {"GIVEN": variable}
    wanted = command(*WITNESS, *argv, stdin=stdin, **environment)
    expected = stdin.encode() if isinstance(stdin, str) else stdin or b""
    assert arrived(shell, wanted) == (argv, "not set" if variable is None else variable, expected)


@given(words)
def test_a_secret_arrives_by_standard_input(value: str) -> None:
    assert arrived(SHELLS[0], command(*WITNESS, stdin=Secret(value))) == ([], "not set", value.encode())


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@given(arguments=st.lists(nasty, max_size=4))
def test_arguments_never_become_a_part_of_the_scripts_text(shell: tuple[str, ...], arguments: list[str]) -> None:
    wanted = script('for each; do printf "%s\\0" "$each"; done', *arguments)
    done = subprocess.run([*shell, "-c", wanted.rendered()], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == arguments
    assert wanted.argv[2] == script('for each; do printf "%s\\0" "$each"; done').argv[2]


def test_a_script_stops_at_the_first_failure_and_at_a_variable_that_is_not_there() -> None:
    assert run(script("echo one; false; echo two")).stdout == "one\n"
    assert run(script("echo one; false; echo two")).status == 1
    assert run(script('echo "$1"')).status != 0


# Several in one round trip


# What is refused, and what is shown


@pytest.mark.parametrize(
    "make",
    [
        lambda: command(),
        lambda: command("login", Secret("s3cr3t")),  # type: ignore[arg-type]
        lambda: command("login", PASSWORD=Secret("s3cr3t")),  # type: ignore[arg-type]
        lambda: script("login", Secret("s3cr3t")),  # type: ignore[arg-type]
        lambda: command("echo", b"bytes"),  # type: ignore[arg-type]
        lambda: command("echo", 5),  # type: ignore[arg-type]
        lambda: command("echo", "a\0b"),
        lambda: command("echo", A="a\0b"),
        lambda: Command(("echo",), environment={"A\0": "b"}),
    ],
    ids=[
        "nothing",
        "secret",
        "secret variable",
        "secret argument",
        "bytes",
        "number",
        "NUL",
        "NUL variable",
        "NUL name",
    ],
)
def test_what_is_no_text_is_refused(make: object) -> None:
    with pytest.raises(TypeError, match="a secret goes through standard input or a 0600 file") as caught:
        make()  # type: ignore[operator]
    assert "s3cr3t" not in str(caught.value)


@given(words, st.lists(words, max_size=3), st.none() | words)
def test_standard_input_is_never_shown(text: str, arguments: list[str], says: str | None) -> None:
    without = command("cat", *arguments, says=says)
    for stdin in (text, text.encode(), Secret(text)):
        wanted = command("cat", *arguments, stdin=stdin, says=says)
        assert wanted.shown() == without.shown()
        assert wanted.rendered() == without.rendered()
        assert repr(wanted) == repr(without)


# Results


def test_the_last_lines_of_what_a_command_said() -> None:
    result = Result(1, "one\ntwo\n", "bad\n\nworse\n\n", 0.1)
    assert not result.ok
    assert result.tail(1) == "worse"
    assert result.tail(3) == "two\nbad\nworse"
    assert Result(0, "", "", 0.1).tail(1) == ""
    assert Result(0, "only\n", "\n", 0.1).tail(1) == "only"
