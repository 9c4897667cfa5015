"""Chains, executed for real: each link gets its own words and its own standard input, and what it says is told from the others'."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.chain import Chain, Link, Part, Said
from pipeline_defs.server.core.command import Command, Result, command, script
from tests.unit.sample import SHELLS

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
names = st.from_regex(r"[a-z]{1,8}( [a-z0-9]{1,8})?", fullmatch=True)
outputs = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1b"), max_size=80)
FEW = settings(max_examples=25, deadline=None)

# Hex, so that every byte that was read and every word that was given is seen.
_HEX = 'cat | od -An -v -tx1 | tr -d " \\n"'
_WORDS = 'for word; do printf "%s" "$word" | od -An -v -tx1 | tr -d " \\n"; echo; done'


def execute(chain: Chain, shell: tuple[str, ...] = ("sh",)) -> tuple[Result, list[Part], list[str]]:
    """The result, what each link came to, and the lines that were heard."""
    heard: list[str] = []
    wanted = replace(chain.command, argv=(*shell, *chain.command.argv[1:]))
    result = LocalRunner().run(wanted, timeout=30, listen=heard.append)
    return result, chain.parts(result), heard


def said(chain: Chain, lines: list[str]) -> list[Said]:
    return [each for line in lines for each in chain.hear(line)]


def says(text: str, status: int = 0, errors: str = "") -> Command:
    """A command that prints texts, exactly, and ends with a status."""
    return script('printf "%s" "$1"; printf "%s" "$2" >&2; exit "$3"', text, errors, str(status))


@FEW
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_each_link_reads_the_bytes_that_are_its_own(given: list[bytes]) -> None:
    chain = Chain([Link(f"link {n}", script(_HEX, stdin=data)) for n, data in enumerate(given)])
    result, parts, _ = execute(chain)
    assert result.ok
    assert [bytes.fromhex(part.result.stdout) for part in parts] == given


@FEW
@given(st.lists(st.binary(min_size=1, max_size=2000), min_size=2, max_size=4))
def test_what_a_link_does_not_read_is_not_the_next_ones(given: list[bytes]) -> None:
    """A program that ends early leaves its input unread."""
    links = [Link("deaf", command("true", stdin=data)) for data in given[:-1]]
    result, parts, _ = execute(Chain([*links, Link("reads", script(_HEX, stdin=given[-1]))]))
    assert result.ok
    assert bytes.fromhex(parts[-1].result.stdout) == given[-1]


def test_a_link_reads_more_than_a_pipe_holds() -> None:
    large = bytes(range(256)) * 4096
    result, parts, _ = execute(Chain([Link(name, script("cksum", stdin=large)) for name in ("one", "two")]))
    assert result.ok
    assert parts[0].result.stdout == parts[1].result.stdout
    assert parts[0].result.stdout.split()[1] == str(len(large))


@FEW
@given(st.lists(st.lists(words, max_size=4), min_size=1, max_size=4), st.sampled_from(SHELLS))
def test_each_link_gets_its_words_whatever_they_are(given: list[list[str]], shell: tuple[str, ...]) -> None:
    chain = Chain([Link(f"link {n}", script(_WORDS, *each)) for n, each in enumerate(given)])
    result, parts, _ = execute(chain, shell)
    assert result.ok
    found = [[bytes.fromhex(line).decode() for line in part.result.stdout.splitlines()] for part in parts]
    assert found == given


@FEW
@given(words, words)
def test_an_environment_is_for_one_link_or_for_all(one: str, all_: str) -> None:
    show = script('printf "%s|%s" "${ONE-unset}" "$ALL" | od -An -v -tx1 | tr -d " \\n"')
    links = [Link("first", replace(show, environment={"ONE": one})), Link("second", show)]
    _, parts, _ = execute(Chain(links, {"ALL": all_}))
    found = [bytes.fromhex(part.result.stdout).decode() for part in parts]
    assert found == [f"{one}|{all_}", f"unset|{all_}"]


@FEW
@given(st.lists(st.tuples(names, outputs, outputs), min_size=1, max_size=4))
def test_what_the_links_say_is_told_apart_with_or_without_a_last_line_break(given: list[tuple[str, str, str]]) -> None:
    chain = Chain([Link(name, says(text, errors=errors)) for name, text, errors in given])
    _, parts, heard = execute(chain)
    assert [(part.link.name, part.result.stdout, part.result.stderr) for part in parts] == given
    told = said(chain, [line for line in heard if line])
    assert [each.name for each in told if each.output is None and each.status is None] == [name for name, *_ in given]
    assert [each.status for each in told if each.status is not None] == [0] * len(given)


@FEW
@given(outputs)
def test_marks_of_other_chains_are_only_output(text: str) -> None:
    other = Chain([]).mark
    text = f"{text}\n{other} begin x\n{other} end 0\n{text}{other}"
    chain = Chain([Link("one", says(text, errors=text)), Link("two", says("2"))])
    _, parts, heard = execute(chain)
    assert [(part.result.stdout, part.result.stderr) for part in parts] == [(text, text), ("2", "")]
    assert [each.name for each in said(chain, heard) if each.status is not None] == ["one", "two"]


@FEW
@given(st.lists(st.integers(0, 255), min_size=1, max_size=5))
def test_it_ends_with_the_first_link_that_fails(statuses: list[int]) -> None:
    chain = Chain([Link(f"link {n}", says("", status)) for n, status in enumerate(statuses)])
    result, parts, heard = execute(chain)
    until = next((n + 1 for n, status in enumerate(statuses) if status), len(statuses))
    assert [part.result.status for part in parts] == statuses[:until]
    assert result.status == parts[-1].result.status
    assert [each.status for each in said(chain, heard) if each.status is not None] == statuses[:until]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("status", [0, 3])
def test_a_link_may_run_beside_the_one_before_it_and_is_heard_after_it(
    tmp_path: Path, shell: tuple[str, ...], status: int
) -> None:
    """Each waits for the other, so they only end when they run at the same time."""
    meet = 'until [ -e "$2" ]; do : >"$1"; sleep 0.01; done; : >"$1"; echo "$3"; echo "$3" >&2; exit "$4"'
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    links = [
        Link("one", script(meet, one, other, "first", str(status))),
        Link("other", script(meet, other, one, "second", "0"), runs_with_previous=True),
        Link("last", says("third")),
    ]
    held = tmp_path / "held"
    held.mkdir()
    chain = Chain(links, {"TMPDIR": str(held)})
    result, parts, heard = execute(chain, shell)
    expected = [("one", "first\n", status), ("other", "second\n", 0), ("last", "third", 0)][: 2 if status else 3]
    assert [(part.link.name, part.result.stdout, part.result.status) for part in parts] == expected
    assert [part.result.stderr for part in parts[:2]] == ["first\n", "second\n"]
    assert result.status == status and not list(held.iterdir())
    assert [each.name for each in said(chain, heard) if each.status is not None] == [name for name, *_ in expected]


def test_a_link_beside_another_takes_no_standard_input() -> None:
    with pytest.raises(ValueError, match="beside runs beside another link"):
        Link("beside", command("cat", stdin="x"), runs_with_previous=True)


def test_a_link_beside_another_may_fail_and_is_not_started_after_a_failure(tmp_path: Path) -> None:
    beside = Link("beside", says("", 4), runs_with_previous=True)
    result, parts, _ = execute(Chain([Link("one", says("")), beside, Link("never", says(""))]))
    assert result.status == 4
    assert [part.link.name for part in parts] == ["one", "beside"]
    made = replace(beside, command=command("touch", str(tmp_path / "made")))
    _, parts, _ = execute(Chain([Link("fails", says("", 1)), Link("one", says("")), made]))
    assert [part.link.name for part in parts] == ["fails"]
    assert not list(tmp_path.iterdir())


@FEW
@given(st.lists(st.one_of(st.none(), outputs), min_size=1, max_size=4), st.integers(0, 3))
def test_a_file_is_read_where_there_is_one_however_its_link_ended(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], failing: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    links = []
    for number, text in enumerate(texts):
        file = folder / f"a file {number}"
        leave = script('[ -z "$3" ] || printf "%s" "$1" >"$2"; exit "$4"', text or "", str(file),
                       "" if text is None else "yes", str(int(number == failing)))  # fmt: skip
        links.append(Link(f"link {number}", leave, str(file)))
    _, parts, _ = execute(Chain(links))
    assert [part.link.name for part in parts] == [link.name for link in links[: failing + 1]]
    for part, text in zip(parts, texts, strict=False):
        assert (part.file or "").removesuffix("\n") == (text or "").removesuffix("\n")
        assert part.result.stdout == ""


def test_a_link_that_is_cut_off_is_not_among_the_parts() -> None:
    chain = Chain([Link("good", says("well\n")), Link("killed", script("echo begun; kill -s KILL $PPID"))])
    result, parts, _ = execute(chain)
    assert not result.ok
    assert [(part.link.name, part.result.stdout) for part in parts] == [("good", "well\n")]


def test_a_file_of_a_link_without_one_is_not_looked_for(tmp_path: Path) -> None:
    _, parts, _ = execute(Chain([Link("one", says("x")), Link("two", says("y"), str(tmp_path / "missing"))]))
    assert [part.file for part in parts] == [None, None]


def test_a_chain_is_shown_by_the_names_of_its_links() -> None:
    assert Chain([Link("one", command("true")), Link("two", command("true"))]).command.shown() == "one, two"
