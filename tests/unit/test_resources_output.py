"""What a command says arrives whole, in lines, within bounds, and without secrets, however it was cut up on its way."""

import base64
import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.resources import process_output
from pipeline_defs.resources.process_output import Output


def hear(portions: list[bytes], *secrets: Secret) -> tuple[list[str], str]:
    """The lines that were heard, and the text that was kept."""
    lines: list[str] = []
    stream = Output(lines.append, secrets)
    for portion in portions:
        stream.feed(portion)
    return lines, stream.close()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in portions, cut at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


text = st.text(st.characters(exclude_characters="\r\n\x1b", exclude_categories=["Cs"]))


@given(st.lists(text.filter(bool), max_size=5), st.lists(st.integers(min_value=0), max_size=8))
def test_lines_are_the_same_wherever_the_packets_were_cut(lines: list[str], places: list[int]) -> None:
    data = "".join(f"{line}\n" for line in lines)
    assert hear(cut(data.encode(), places)) == (lines, data)


@given(text, text, st.lists(st.integers(min_value=0), max_size=8))
def test_a_secret_is_masked_wherever_it_was_cut(before: str, after: str, places: list[int]) -> None:
    said = f"{before}|s3cr3t-w0rd|{after}\n".encode()
    lines, kept = hear(cut(said, places), Secret("s3cr3t-w0rd"))
    assert "s3cr3t-w0rd" not in kept + "".join(lines)
    assert "|***|" in kept


def test_a_secret_is_masked_in_base64_too() -> None:
    encoded = base64.b64encode(b"s3cr3t-w0rd")
    assert hear([b"auth: ", encoded, b"\n"], Secret("s3cr3t-w0rd"))[0] == ["auth: ***"]


def test_a_secret_is_masked_in_a_line_that_is_given_in_pieces() -> None:
    filler = b"x" * (64 * 2**10 - 3)
    lines, kept = hear([filler, b"s3cr3t", b"-w0rd", filler, filler], Secret("s3cr3t-w0rd"))
    assert len(lines) > 1
    assert "s3cr3t" not in kept
    assert "w0rd" not in kept
    assert "".join(lines).count("***") == 1


def test_a_secret_of_several_lines_is_masked() -> None:
    lines, kept = hear([b"-----BEGIN\nabcdefgh\nijklmnop\n"], Secret("abcdefgh\nijklmnop"))
    assert "abcdefgh" not in kept
    assert "ijklmnop" not in kept
    assert lines[0] == "-----BEGIN"


def test_progress_that_overwrites_its_line_is_heard_once() -> None:
    assert hear([b"10 %\r20 %\r", b"\r30 %\nnext\r\n"])[0] == ["30 %", "next"]


def test_a_line_without_end_and_undecodable_bytes_are_heard() -> None:
    assert hear([b"a\xffb"]) == (["a\ufffdb"], "a\ufffdb")


def test_colours_are_not_heard() -> None:
    assert hear([b"\x1b[31mred\x1b[0m\x1b[K\n"])[0] == ["red"]


def test_nothing_said_is_no_line() -> None:
    assert hear([]) == ([], "")


def test_a_huge_output_is_heard_whole_and_kept_within_bounds() -> None:
    heard = 0

    def listen(line: str) -> None:
        nonlocal heard
        heard += len(line)

    stream = Output(listen)
    stream.feed(b"first\n")
    for _ in range(500):
        stream.feed(b"x" * 99_999 + b"\n")
    stream.feed(b"last\n")
    kept = stream.close()
    assert heard == 500 * 99_999 + len("firstlast")
    assert kept.startswith("first\n")
    assert kept.endswith("last\n")
    assert "characters left out" in kept
    assert len(kept) < 2 * process_output.KEPT + 200_000


COLOURS = ("\x1b[31m", "\x1b[0m", "\x1b[38;5;12m", "\x1b]0;title\x07", "\x1bM")


@given(
    st.text(st.sampled_from("abcdefgh0123456789"), min_size=4, max_size=30),
    st.dictionaries(st.integers(0, 30), st.sampled_from(COLOURS)),
    st.lists(st.integers(min_value=0), max_size=8),
)
def test_colours_within_a_secret_do_not_hide_it(secret: str, colours: dict[int, str], places: list[int]) -> None:
    coloured = "".join(f"{colours.get(number, '')}{character}" for number, character in enumerate(secret))
    lines, kept = hear(cut(f"> {coloured}\x1b[1m <\n".encode(), places), Secret(secret))
    assert lines == ["> *** <"]
    assert kept.endswith("***\x1b[1m <\n"), "what is around it keeps its colours"


def test_a_coloured_secret_is_masked_in_a_line_that_is_given_in_pieces() -> None:
    coloured = "".join(f"\x1b[31m{character}" for character in "s3cr3t-w0rd").encode()
    for before in range(64 * 2**10 - 60, 64 * 2**10 + 60, 7):
        lines, _ = hear([b"x" * before, coloured[:30], coloured[30:], b"y" * 2**17, b"\n"], Secret("s3cr3t-w0rd"))
        assert "".join(lines).count("***") == 1
        assert not set("".join(lines)) - set("xy*")
