"""Markdown: whatever a title or a name is, it is shown and does nothing."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline_defs.release.markdown import code, link, plain

NO_WIDTH = "\u200b"
PIECES = [
    *"\\`*_{}[]()<>#+-.!|~&=:@$^\"'/ \t\n\r\0\u202e\u200b\u2028",
    *("@ada", "#12", "GH-12", "acme/shop#3", "https://evil.example", "www.evil.example", "mailto:a@b.example"),
    *(
        "<script>",
        "<!-- ",
        "-->",
        "&lt;",
        "&#64;",
        "&commat;ada",
        "![a](b)",
        "[a](javascript:b)",
        "```",
        "| a |",
        "1. ",
        "- ",
    ),
    *("\n\n# head\n", "<img src=x onerror=y>", "\\", "\\\\|", "word", "é", "🙂"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def shown(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in ("text", "code_inline", "text_special"))


def normal(text: str) -> str:
    """The text as people see it."""
    return re.sub(r"\s+", " ", text.replace(NO_WIDTH, "")).strip()


def cell(markdown: str) -> list[Token]:
    """What is in the middle cell of a row whose middle is this text; the table has to survive it."""
    blocks = parser.parse(f"| a | b | c |\n|---|---|---|\n| x | {markdown} | z |\n\nafter")
    kinds = [token.type for token in blocks if token.type != "inline"]
    assert kinds.count("td_open") == 3 and kinds.count("tr_open") == 2 and kinds.count("paragraph_open") == 1
    inlines = [token for token in blocks if token.type == "inline"]
    assert (inlines[3].content, inlines[5].content) == ("x", "z")
    return inlines[4].children or []


@given(texts)
@example("\\|")
@example("a" * 299 + "@" + "b" * 20)
@example("&#64;ada")
def test_a_plain_text_is_nothing_but_text(text: str) -> None:
    line = plain(text)
    assert "\n" not in line and "\r" not in line
    for tokens in (
        cell(line),
        parser.parseInline(line)[0].children or [],
        parser.parseInline(f"- {line}")[0].children or [],
    ):
        assert {token.type for token in tokens} <= {"text", "text_special"}
    blocks = parser.parse(f"- {line} end\n")
    assert [token.type for token in blocks if token.nesting == 1] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    ]
    assert normal(shown(cell(line))) == normal(shown([Token("text", "", 0, content=_visible(text))]))


@given(texts)
def test_a_plain_text_calls_nobody_and_leads_nowhere(text: str) -> None:
    seen = shown(parser.parseInline(plain(text))[0].children or [])
    assert not re.search(r"@[\w-]|#\d|\bgh-\d|://[^\u200b\s]|www\.\w|mailto:\w", seen, re.IGNORECASE)


@given(texts)
def test_code_is_one_piece_of_code(text: str) -> None:
    line = code(text)
    for tokens in (cell(line), parser.parseInline(line)[0].children or []):
        assert [token.type for token in tokens if token.content] in (["code_inline"], [])


@given(texts, texts)
def test_a_link_leads_only_where_it_was_told_to(text: str, more: str) -> None:
    address = f"https://shipline.example/runs/{more}"
    tokens = cell(link(text, address))
    leads = [str(token.attrGet("href")) for token in tokens if token.type == "link_open"]
    assert len(leads) <= 1
    assert all(lead.startswith("https://shipline.example/runs/") for lead in leads)
    assert {token.type for token in tokens} <= {"text", "text_special", "link_open", "link_close"}


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "/relative", "ftp://a.example/b", "https://", "http://a b"]
)
def test_what_is_no_address_of_the_web_is_no_link(address: str) -> None:
    assert link("run 1", address) == "run 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fix the cart", "Fix the cart"),
        ("  two\n lines ", "two lines"),
        ("thanks @ada", f"thanks @{NO_WIDTH}ada"),
        ("fixes #12", f"fixes #{NO_WIDTH}12"),
        ("a | b", "a \\| b"),
        ("<b>", "&lt;b&gt;"),
        ("\u202egnp.exe", "gnp.exe"),
        ("1. one", "1\\. one"),
        ("# one", "\\# one"),
        ("- one - 2.5 s", "\\- one - 2.5 s"),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_how_it_looks(text: str, expected: str) -> None:
    assert plain(text) == expected


def _visible(text: str) -> str:
    """The same by a way of its own: what is left when all that cannot be seen is gone, cut to the longest."""
    kept = "".join(each for each in text if each.isspace() or unicodedata.category(each)[0] != "C")
    line = re.sub(r"\s+", " ", kept).strip()
    return line if len(line) <= 300 else f"{line[:299].rstrip()}…"
