"""Versions: read, written, ordered and raised; everything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.version import Version, VersionError, next_version

numbers = st.integers(0, 999_999_999)
versions = st.builds(Version, numbers, numbers, numbers)
small = st.builds(Version, *[st.integers(0, 99)] * 3)
labels = st.lists(st.sampled_from(["semver:minor", "semver:major", "bug", "", "SemVer:Minor", " SEMVER:MAJOR "]))


@given(versions, st.sampled_from(["", "v"]), st.sampled_from(["", " ", "\n", "\t \r\n"]))
def test_what_is_written_is_read_back(version: Version, prefix: str, space: str) -> None:
    assert Version.parse(f"{space}{prefix}{version}{space}") == version


@given(versions, versions)
def test_the_order_is_that_of_the_numbers(one: Version, other: Version) -> None:
    as_numbers = [tuple(map(int, str(version).split("."))) for version in (one, other)]
    assert (one < other) == (as_numbers[0] < as_numbers[1])
    assert (one == other) == (str(one) == str(other))


def test_the_order_is_not_that_of_the_letters() -> None:
    written = ["10.0.0", "9.10.0", "9.9.10", "9.9.9", "0.10.0", "0.9.0"]
    assert [str(version) for version in sorted(map(Version.parse, reversed(written)), reverse=True)] == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "1.2",
        "1.2.3.4",
        "1.2.x",
        "1..3",
        ".1.2.3",
        "1.2.3.",
        "01.2.3",
        "1.02.3",
        "1.2.03",
        "00.0.0",
        "-1.2.3",
        "+1.2.3",
        "1.-2.3",
        "--version",
        "-v1.2.3",
        "V1.2.3",
        "vv1.2.3",
        "v 1.2.3",
        "1.2.3-rc1",
        "1.2.3+build",
        "1.2.3_dev",
        "1.2. 3",
        "1.2.3\n4.5.6",
        "1\n.2.3",
        "1.2.3\0",
        "1_0.2.3",
        "0x1.2.3",
        "1e2.3.4",
        "\u0661.\u0662.\u0663",  # Arabic digits, which int() reads
        "\uff11.2.3",  # a full-width digit
        "1.2.\u00b3",  # a superscript
        "1000000000.0.0",
        f"1.2.{'9' * 5000}",
        "$(id).2.3",
        "latest",
    ],
)
def test_junk_is_refused_with_one_short_sentence(text: str) -> None:
    with pytest.raises(VersionError) as caught:
        Version.parse(text)
    sentence = str(caught.value)
    assert "is not a version; expected three numbers such as 1.4.2" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 150


@given(st.text(st.sampled_from("0123456789.v- \n٣"), max_size=12) | st.text(max_size=12))
def test_a_text_is_refused_or_is_the_version_it_shows(text: str) -> None:
    try:
        version = Version.parse(text)
    except VersionError:
        return
    assert str(version) == text.strip().removeprefix("v")


@pytest.mark.parametrize(
    ("onto_main", "labels", "expected"),
    [
        (False, [], "1.4.3"),
        (False, ["bug", "minor", "semver: minor"], "1.4.3"),
        (False, ["semver:minor"], "1.5.0"),
        (False, ["Semver:Minor"], "1.5.0"),
        (False, ["semver:minor", "semver:major"], "2.0.0"),
        (True, [], "1.5.0"),
        (True, ["semver:minor"], "1.5.0"),
        (True, ["SEMVER:MAJOR", "semver:minor"], "2.0.0"),
    ],
)
def test_branch_and_labels_say_what_comes_next(onto_main: bool, labels: list[str], expected: str) -> None:
    assert str(next_version(Version(1, 4, 2), onto_main=onto_main, labels=labels)) == expected


@given(small, st.booleans(), labels, labels)
def test_a_version_only_grows_and_more_labels_never_raise_less(
    current: Version, onto_main: bool, some: list[str], more: list[str]
) -> None:
    raised = next_version(current, onto_main=onto_main, labels=some)
    assert current < raised
    assert raised <= next_version(current, onto_main=onto_main, labels=[*some, *more])
    assert next_version(current, onto_main=False, labels=some) <= next_version(current, onto_main=True, labels=some)
    assert Version.parse(str(raised)) == raised


def test_a_number_never_gets_more_digits_than_a_version_may_have() -> None:
    with pytest.raises(VersionError, match=r"^no version comes after 1\.0\.999999999;"):
        next_version(Version(1, 0, 999_999_999), onto_main=False, labels=[])
    assert next_version(Version(1, 0, 999_999_999), onto_main=True, labels=[]) == Version(1, 1, 0)
