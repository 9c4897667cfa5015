"""Secrets: whatever is done with one, it does not show; and where they are found."""

import base64
import copy
import dataclasses
import io
import itertools
import json
import logging
import pickle
import pprint
import shlex
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.traceback import Traceback

from pipeline_defs.config import Secret, SecretSource, SecretUnavailable, mask
from pipeline_defs.server.core.command import script
from tests.unit.sample import PASSWORD, run

VALUE = "s3cr3t-w0rd"

values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*\0"), min_size=4, max_size=40).filter(
    lambda value: not value.isspace()
)

SHOWN: dict[str, Callable[[Secret], Any]] = {
    "str": str,
    "repr": repr,
    "format": format,
    "format with a width": lambda secret: format(secret, ">40"),
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s:>30}",
    "percent": lambda secret: "%s %r %20s" % (secret, secret, secret),  # noqa: UP031
    "list": lambda secret: str([secret]),
    "mapping": lambda secret: str({secret: secret}),
    "pretty print": lambda secret: pprint.pformat({"a": [secret]}),
    "error": lambda secret: repr(ValueError("wrong", secret)),
    "JSON of what JSON does not know": lambda secret: json.dumps({"a": secret}, default=repr),
    "command": lambda secret: repr(script("cat", stdin=secret)) + script("cat", stdin=secret).shown(),
}

REFUSED: dict[str, Callable[[Secret], Any]] = {
    "JSON": lambda secret: json.dumps([secret]),
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "attributes": vars,
    "record as a mapping": lambda secret: dataclasses.asdict(script("cat", stdin=secret)),
    "joined to a text": lambda secret: "password=" + secret,  # type: ignore[operator]
    "word of a command": lambda secret: script("true", secret),  # type: ignore[arg-type]
    "iteration": list,  # type: ignore[dict-item]
    "length": len,  # type: ignore[dict-item]
}


@pytest.mark.parametrize("way", SHOWN)
def test_a_secret_prints_as_stars(way: str) -> None:
    shown = str(SHOWN[way](Secret(VALUE)))
    assert VALUE not in shown
    assert "***" in shown or way == "command"


@pytest.mark.parametrize("way", REFUSED)
def test_what_would_take_a_secret_out_is_refused_without_showing_it(way: str) -> None:
    with pytest.raises(Exception) as caught:
        REFUSED[way](Secret(VALUE))
    assert VALUE not in "".join(traceback.format_exception(caught.value))


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    secret: Secret


def test_a_model_that_holds_a_secret_does_not_dump_it() -> None:
    holder = Holder(secret=Secret(VALUE))
    assert VALUE not in f"{holder!r} {holder} {holder.model_dump()}"
    with pytest.raises(Exception, match="serialize") as caught:
        holder.model_dump_json()
    assert VALUE not in str(caught.value)


def test_neither_log_nor_traceback_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    password = Secret(VALUE)
    try:
        raise RuntimeError("wrong password", password)
    except RuntimeError as error:
        logging.getLogger("test").exception("login with %s failed", password)
        detailed = traceback.TracebackException.from_exception(error, capture_locals=True)
        console = Console(file=io.StringIO(), width=200)
        console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
        told = "".join(detailed.format()) + console.file.getvalue() + caplog.text  # type: ignore[attr-defined]
    assert "password = ***" in told
    assert told.count(VALUE) == 0


def test_secrets_are_compared_by_value_and_only_with_secrets() -> None:
    assert Secret(VALUE) == Secret(VALUE) != Secret("other")
    assert len({Secret(VALUE), Secret(VALUE)}) == 1
    assert Secret(VALUE) != VALUE
    assert Secret(VALUE).reveal() == VALUE


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "URL": lambda value: f"https://user:{quote(value, safe='')}@example.org/",
    "URL's path": quote,
    "form": lambda value: urlencode({"password": value}),
    "form's value": quote_plus,
    "word for a shell": shlex.quote,
    "assignment for a shell": lambda value: shlex.join([f"PASSWORD={value}"]),
    "JSON": json.dumps,
    "JSON without escapes": lambda value: json.dumps({"password": value}, ensure_ascii=False),
    "Python": repr,
    "Base64": lambda value: base64.b64encode(value.encode()).decode(),
    "Base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "Base64 without padding": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("way", ENCODINGS)
@given(value=values, before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_secret_is_masked_in_every_encoding(way: str, value: str, before: str, after: str) -> None:
    encoded = ENCODINGS[way](value)
    masked = mask(f"{before}{encoded}{after}", [Secret(value)])
    assert encoded not in masked
    assert value not in masked
    assert "***" in masked


@given(values, st.text(max_size=9), st.text(max_size=9))
def test_a_password_is_masked_inside_a_base64_login(value: str, user: str, rest: str) -> None:
    encoded = base64.b64encode(f"{user}{value}{rest}".encode()).decode()
    left = mask(f"Authorization: Basic {encoded}", [Secret(value)]).removeprefix("Authorization: Basic ")
    assume("***" in left)  # very short ones may share all but three characters with their neighbours
    shown = sum(map(len, left.split("***")))
    own = len(encoded) - len(base64.b64encode(f"{user}{rest}".encode()))
    assert shown <= len(encoded) - own + 4
    assert encoded not in left


@given(st.text("abcdefgh", min_size=6, max_size=30), st.text(max_size=9))
def test_a_base64_login_with_a_usual_password_is_always_masked(value: str, user: str) -> None:
    encoded = base64.b64encode(f"{user}:{value}".encode()).decode()
    assert "***" in mask(encoded, [Secret(value)])


@given(value=st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="*"), min_size=6))
def test_what_a_shell_traces_is_masked(value: str) -> None:
    assume(not value.isspace())
    traced = run(script('set -x; : "$1"', value)).stderr
    masked = mask(traced, [Secret(value)])
    assert traced != masked
    assert value not in masked


parts = st.text("abc", min_size=1, max_size=5)


@given(parts, parts, parts)
def test_overlapping_secrets_are_masked_as_one(left: str, middle: str, right: str) -> None:
    one, other = f"1{left}{middle}-", f"{middle}-{right}2"
    assume(len(one) >= 4 and len(other) >= 4)
    assert mask(f"<1{left}{middle}-{right}2>", [Secret(one), Secret(other)]) == "<***>"
    assert mask(f"<1{left}{middle}-{right}2>", [Secret(other), Secret(one)]) == "<***>"


@example("-ababab-", ["abab"])  # it overlaps itself
@example("-abbaabba-", ["abbaabba", "bbaa"])  # one within the other
@given(
    st.lists(st.sampled_from(["ab", "ba", "aabb", "-"])).map("".join), st.lists(st.text("ab", min_size=4, max_size=6))
)
def test_every_letter_of_every_secret_is_hidden_and_no_other(text: str, secrets: list[str]) -> None:
    inside = [False] * len(text)
    for secret, begin in itertools.product(secrets, range(len(text))):
        if text.startswith(secret, begin):
            inside[begin : begin + len(secret)] = [True] * len(secret)
    groups = itertools.groupby(zip(text, inside, strict=True), key=lambda pair: pair[1])
    expected = "".join("***" if hidden else "".join(letter for letter, _ in pairs) for hidden, pairs in groups)
    assert mask(text, map(Secret, secrets)) == expected


@given(st.lists(st.text("abcdef-+/= ", min_size=5, max_size=20), min_size=2, max_size=5))
def test_a_secret_of_several_lines_is_masked_line_by_line(lines: list[str]) -> None:
    assume(not any(line.isspace() for line in lines))
    secret = Secret("\n".join(lines))
    for line in lines:
        assert line not in mask(f"> {line} <", [secret])
        assert base64.b64encode(line.encode()).decode() not in mask(base64.b64encode(line.encode()).decode(), [secret])


@given(st.text(max_size=3), st.text())
def test_values_too_short_to_protect_anything_leave_the_text_as_it_is(value: str, text: str) -> None:
    assert mask(text, [Secret(value)]) == text


def test_white_space_alone_is_no_secret() -> None:
    assert mask("a        b", [Secret("        ")]) == "a        b"
    assert mask("a        b", [Secret("first line\n        \nlast line")]) == "a        b"


@given(st.text(), st.lists(values, max_size=3))
def test_a_text_without_a_secret_stays_as_it_is(text: str, secrets: list[str]) -> None:
    forms = {form for secret in secrets for form in Secret(secret).encodings()}
    assume(not any(form in text for form in forms))
    assert mask(text, map(Secret, secrets)) == text


# Where secrets are found


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TEST_SECRET", f"{PASSWORD}\n")
    assert SecretSource(env="SHOP_TEST_SECRET").read().reveal() == f"{PASSWORD}\n"
    monkeypatch.setenv("SHOP_TEST_SECRET", "")
    assert SecretSource(env="SHOP_TEST_SECRET").read().reveal() == ""


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("s3cr3t", "s3cr3t"),
        ("s3cr3t\n", "s3cr3t"),
        ("s3cr3t\r\n", "s3cr3t"),
        ("s3cr3t\n\n", "s3cr3t\n"),
        ("-----BEGIN\r\na\rb\n-----END\n", "-----BEGIN\r\na\rb\n-----END"),
        (" ü ", " ü "),
        ("", ""),
    ],
)
def test_a_secret_comes_from_a_file_without_its_last_line_break(tmp_path: Path, content: str, value: str) -> None:
    (tmp_path / "secret").write_bytes(content.encode())
    assert SecretSource(file=tmp_path / "secret").read().reveal() == value


def test_a_secret_file_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("s3cr3t")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SecretSource(file=Path("~/password")).read().reveal() == "s3cr3t"


def unavailable(source: SecretSource) -> str:
    """The sentence for a secret that is not there; nothing else of it is told, not even in a traceback."""
    with pytest.raises(SecretUnavailable) as caught:
        source.read()
    assert VALUE not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_TEST_SECRET", raising=False)
    assert unavailable(SecretSource(env="SHOP_TEST_SECRET")) == (
        "the secret SHOP_TEST_SECRET is not set; put it into Shipline's .env file or its environment"
    )


def test_a_variable_that_is_no_text_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TEST_SECRET", f"{VALUE}\udcff")
    assert unavailable(SecretSource(env="SHOP_TEST_SECRET")) == (
        "the secret SHOP_TEST_SECRET is not UTF-8 text; set it anew"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read (No such file or directory)"),
        (VALUE.encode() + b"\xff", "is not UTF-8 text"),
        (VALUE.encode() + b"\0", "holds a NUL character"),
    ],
)
def test_a_file_that_holds_no_secret_is_named_and_not_shown(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    said = unavailable(SecretSource(file=file))
    assert said.startswith(f"the secret file {file} {sentence}")
    assert said.endswith("write it anew, with mode 0600")


def test_a_folder_and_a_home_of_nobody_are_no_secret_files(tmp_path: Path) -> None:
    assert "(Is a directory)" in unavailable(SecretSource(file=tmp_path))
    assert "home directory" in unavailable(SecretSource(file=Path("~nobody-of-that-name/secret")))
