"""Results files as pytest, Newman and others write them, and broken ones."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.junit import ResultsError, read_junit
from pipeline_defs.resources.test_results import read_junit_file

PYTEST = """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1"
skipped="1" tests="4" time="1.250"><testcase classname="tests.test_a" name="test_good" time="0.5" />
<testcase classname="tests.test_a" name="test_bad" time="0.5"><failure message="assert 1 == 2">def test_bad():
    assert 1 == 2</failure></testcase>
<testcase classname="tests.test_a" name="test_broken" time="0.1"><error message="failed on setup">boom</error></testcase>
<testcase classname="tests.test_a" name="test_left_out" time="0.0"><skipped message="not here" /></testcase>
</testsuite></testsuites>"""

NEWMAN = """<?xml version="1.0" encoding="UTF-8"?><testsuites name="shop" tests="3" time="0.5">
<testsuite name="Health" id="1" tests="2" failures="0" errors="0" time="0.2"><testcase name="is up" time="0.2" classname="Shop"/>
<testcase name="says its version" time="0.2" classname="Shop"/></testsuite>
<testsuite name="Order" id="2" tests="1" failures="1" errors="0" time="0.3"><testcase name="is created" time="0.3" classname="Shop">
<failure type="AssertionFailure" message="expected 500 to equal 201"><![CDATA[Failed 1 times.]]></failure></testcase></testsuite>
</testsuites>"""


def test_results_of_pytest() -> None:
    counts = read_junit(PYTEST)
    assert (counts.tests, counts.failures, counts.errors, counts.skipped, counts.seconds) == (4, 1, 1, 1, 1.25)
    assert [failure.name for failure in counts.failed] == ["tests.test_a.test_bad", "tests.test_a.test_broken"]
    assert counts.failed[0].message == "assert 1 == 2\ndef test_bad():\n    assert 1 == 2"
    assert not counts.passed


def test_results_of_newman() -> None:
    counts = read_junit(NEWMAN.encode())
    assert (counts.tests, counts.failures, counts.errors, counts.seconds) == (3, 1, 0, 0.5)
    assert counts.failed[0].name == "Shop.is created"


def test_a_single_suite_and_nested_suites_count() -> None:
    inner = '<testsuite name="b" time="1"><testcase name="x"/><testcase name="y"/></testsuite>'
    assert read_junit(inner).tests == 2
    assert (
        read_junit(
            f'<testsuites><testsuite name="a" time="1">{inner}<testcase name="z"/></testsuite></testsuites>'
        ).tests
        == 3
    )


def test_a_case_counts_once_by_its_worst_result() -> None:
    both = '<testcase name="x"><failure message="f"/><error message="e"/></testcase>'
    counts = read_junit(f'<testsuite name="a" time="1">{both}</testsuite>')
    assert (counts.tests, counts.failures, counts.errors) == (1, 0, 1)


def test_times_that_are_no_times_count_as_nothing() -> None:
    assert read_junit('<testsuite name="a" time="nan"><testcase name="x" time="inf"/></testsuite>').seconds == 0.0


def test_long_failures_are_shortened() -> None:
    cases = "".join(f'<testcase name="t{n}"><failure message="{"m" * 9000}"/></testcase>' for n in range(80))
    counts = read_junit(f'<testsuite name="a" time="1">{cases}</testsuite>')
    assert counts.failures == 80
    assert len(counts.failed) == 50
    assert len(counts.failed[0].message) < 2000


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<html/>",
        "<testsuites>",
        "<testsuite name='a' time='soon'/>",
        b"\xff\xfe",
        "<testsuites>\0</testsuites>",
    ],
)
def test_what_is_not_junit_is_one_sentence(xml: str | bytes) -> None:
    with pytest.raises(ResultsError) as caught:
        read_junit(xml, "junit.xml")
    assert str(caught.value).startswith("the results file junit.xml is not JUnit XML")
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_rubbish_is_a_results_error_or_counts(xml: str | bytes) -> None:
    with contextlib.suppress(ResultsError):
        read_junit(xml)


def test_entities_that_grow_without_bounds_are_refused() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE t [<!ENTITY l0 "lol">{levels}]><testsuite name="&l9;"/>'
    with pytest.raises(ResultsError):
        read_junit(bomb)


def test_a_results_file_is_read_only_from_its_folder(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.xml"
    secret.write_text(PYTEST)
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "link.xml").symlink_to(secret)
    (folder / "good.xml").write_text(PYTEST)
    (folder / "folder.xml").mkdir()
    assert read_junit_file(folder, "good.xml").tests == 4
    for name in ("link.xml", "../elsewhere.xml", "folder.xml", "missing.xml"):
        with pytest.raises(ResultsError, match="wrote no results file"):
            read_junit_file(folder, name)


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite name="&x;"/>', "it has a document type"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><testsuite/>'.encode("utf-16"), "it has a document type"),
        ("<testsuite>" * 100_000, "more than 50 elements are nested"),
    ],
)
def test_hostile_results_are_refused(xml: str | bytes, sentence: str) -> None:
    with pytest.raises(ResultsError, match=f"is not JUnit XML .*{sentence}"):
        read_junit(xml)


def test_a_file_larger_than_its_bound_is_refused_and_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "junit.xml").open("wb") as file:
        file.truncate(2**40)  # of nothing
    with pytest.raises(ResultsError, match="is larger than 16 MiB"):
        read_junit_file(tmp_path, "junit.xml")


def test_cases_outside_of_any_suite_count_too() -> None:
    """As Node.js writes them: `node --test --test-reporter=junit`."""
    xml = (
        '<testsuites><testcase name="a" time="0.1" classname="test"/>'
        '<testcase name="b" time="0.2" classname="test"><failure message="no"/></testcase>'
        '<testsuite name="s" time="0.5"><testcase name="c" time="0.4"/></testsuite></testsuites>'
    )
    counts = read_junit(xml)
    assert (counts.tests, counts.failures, counts.seconds) == (3, 1, 0.8)
