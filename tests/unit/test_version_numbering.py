"""Version numbering: a merge's version always grows, and what somebody wrote is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.release.version_numbering import Numbers, automatic, from_tags, manual, next_patch

versions = st.builds(Version, *[st.integers(0, 5)] * 3)
numbers = st.builds(
    Numbers,
    branch=st.just("development"),
    onto_main=st.booleans(),
    written=versions,
    before=st.none() | versions,
    on_main=st.none() | versions,
    edited=st.booleans(),
    labels=st.lists(st.sampled_from(["bug", "semver:minor", "semver:major"])),
)


def of(written: str, before: str = "", on_main: str = "", **more: bool) -> Numbers:
    read = {name: Version.parse(text) for name, text in (("before", before), ("on_main", on_main)) if text}
    return Numbers(**{"branch": "development", "onto_main": False, "written": Version.parse(written), **read, **more})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (of("1.2.3"), "1.2.4"),
        (of("1.2.3", "1.2.3"), "1.2.4"),
        (of("1.2.3", "1.2.3", "1.4.0"), "1.4.1"),
        (of("1.2.3", "1.5.0"), "1.5.1"),
        (of("1.2.9", "1.2.0", onto_main=True), "1.3.0"),
        (of("1.3.0", "1.2.3", edited=True), "1.3.0"),
        (of("1.3.0", "1.2.3", "1.3.0", edited=True), "1.3.1"),  # it came from main, where it is a release
        (of("1.2.9", "1.2.3", "1.3.0", edited=True), "1.3.1"),
        (of("1.2.3", edited=True), "1.2.3"),
        (of("1.2.3", "1.2.3", edited=True), "1.2.4"),
    ],
)
def test_a_written_number_is_kept_and_any_other_is_raised(known: Numbers, expected: str) -> None:
    assert str(automatic(known)) == expected


def test_a_number_that_goes_back_is_refused() -> None:
    with pytest.raises(VersionError, match=r"^the version was changed from 1\.2\.3 to 1\.2\.2 on development"):
        automatic(of("1.2.2", "1.2.3", edited=True))


@given(numbers)
def test_a_merges_number_is_greater_than_all_that_were_given(known: Numbers) -> None:
    try:
        version = automatic(known)
    except VersionError:
        assert known.edited and known.before is not None and known.written < known.before
        return
    others = [each for each in (known.before, known.on_main) if each is not None]
    assert all(version > each for each in others)
    assert version > known.written or (known.edited and version == known.written)


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        (of("1.2.3"), False),
        (of("1.2.3", onto_main=True), False),
        (of("1.2.4", "1.2.3", onto_main=True), False),
        (of("1.2.3", "1.2.3", onto_main=True), False),
        (of("1.2.2", "1.2.3", onto_main=True), True),
        (of("1.2.3", "1.2.3"), False),
        (of("1.2.2", "1.2.3"), True),
    ],
)
def test_where_the_developer_raises_it_never_goes_back(known: Numbers, refused: bool) -> None:
    refusal = manual(known)
    assert (refusal is not None) is refused
    if refusal:
        assert refusal.endswith("raise the number in the version file")


def read(text: str) -> list[Version]:
    return [Version.parse(each) for each in text.split()]


@pytest.mark.parametrize(
    ("newest", "same", "taken", "expected"),
    [
        ("1.4.2", "", "", "1.4.3"),
        ("1.4.2", "", "1.4.2 1.4.3 1.4.5 1.3.9 2.0.7", "1.4.6"),  # other lines do not count
        ("1.4.2", "1.4.4", "1.4.4 1.4.5", "1.4.4"),  # the same source keeps its number
        ("1.5.0", "1.4.4", "1.4.4 1.4.5", "1.5.1"),  # but never one from before the newest tag
        ("", "", "", "0.1.0"),
        ("", "", "0.1.0 0.1.1", "0.1.2"),
    ],
)
def test_the_version_of_a_commit_without_a_tag(newest: str, same: str, taken: str, expected: str) -> None:
    tag = Version.parse(newest) if newest else None
    assert str(from_tags(tag, read(same), read(taken))) == expected


@given(st.none() | versions, st.lists(versions))
def test_the_next_patch_names_no_image_yet_and_follows_the_newest_tag(
    newest: Version | None, taken: list[Version]
) -> None:
    found = next_patch(newest, taken)
    assert found not in taken
    assert newest is None or (found > newest and found[:2] == newest[:2])
