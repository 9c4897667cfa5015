"""A person's command: how the history keeps it, and how Compose gets its program."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.release.person_run import PersonRun, kept_command, row_of
from pipeline_defs.server.compose.compose_commands import entry_point

SECRET = Secret("pa55 word'of-the-shop")
RUN = PersonRun(
    id="1", app="shop", environment="production", host="root@a.example.org:22", actor="ada@desk", command="ls -l", running=False,
    version="1.0.0", digest="sha256:ab", commit="c", at="2026-05-04T11:00:00+00:00",
)  # fmt: skip

words = st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), min_size=1, max_size=5)


@given(words)
def test_a_command_is_kept_so_that_it_can_be_given_again(command: list[str]) -> None:
    assert shlex.split(kept_command(command, [])) == command


@pytest.mark.parametrize(
    "command",
    [
        ("login", "--password", SECRET.reveal()),
        ("login", f"--password={SECRET.reveal()}"),
        ("sh", "-c", f"login {shlex.quote(SECRET.reveal())}"),
        ("curl", "https://ada:pa55%20word%27of-the-shop@shop.example.org"),
    ],
)
def test_no_secret_is_kept(command: tuple[str, ...]) -> None:
    kept = kept_command(command, [SECRET])
    assert "***" in kept and "pa55" not in kept and kept.startswith(command[0])


def test_bytes_that_are_no_text_and_long_commands_are_kept_as_far_as_they_can_be() -> None:
    assert kept_command(("ls", "a\udcffb"), []) == "ls 'a?b'"
    assert len(kept_command(("echo", "x" * 100_000), [])) == 4001


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_compose_gets_a_program_as_one_word(program: str) -> None:
    option, value = entry_point(program)
    assert (option, shlex.split(value)) == ("--entrypoint", [program])


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ({}, "begun"),
        ({"exit_status": 0}, "exit status 0"),
        ({"exit_status": 3}, "exit status 3"),
        ({"error": "the connection was lost"}, "failed"),
    ],
)
def test_its_line_of_the_history_says_how_it_ended(end: dict[str, object], outcome: str) -> None:
    row = row_of(RUN.model_copy(update=end))
    assert (row.kind, row.outcome, row.command, row.actor, row.host) == ("exec", outcome, "ls -l", "ada@desk", RUN.host)
    assert not row.live and not row.held
