"""JUnit: what test programs wrote about their tests, as counts."""

import math
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from junitparser import Error, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite
from junitparser import Failure as Failed

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.release.evidence import Failure, TestCounts

MOST_FAILURES = 50
DEEPEST = 50
"""Elements inside each other; suites are seldom nested at all."""

_MOST_LINES = 12
_MOST_CHARACTERS = 1500


class ResultsError(ShiplineError):
    """A results file that is missing or cannot be read as JUnit XML; one sentence."""


def read_junit(xml: str | bytes, name: str = "junit.xml") -> TestCounts:
    """The counts of JUnit XML as pytest, Newman and most others write it; every case is counted once, by its worst result.

    The cases are counted, not the totals in the head, which not all programs get right. The file is hostile input: one with
    a document type, which could name other files or grow without end, is refused. Raises ResultsError.
    """
    try:
        _look_at(xml)
        parsed = JUnitXml.fromstring(xml)
        suites: list[TestSuite] = list(parsed) if isinstance(parsed, JUnitXml) else [parsed]
        root = fromstring(xml)
        loose = root.findall("testcase") if root.tag == "testsuites" else []  # as Node.js writes them
        counts = _count([_case(each) for each in loose], None)
        for suite in suites:
            counts += _count(list(suite), suite.time)
    except (JUnitXmlError, ParseError, expat.ExpatError, ValueError, TypeError, LookupError) as error:
        raise ResultsError(f"the results file {name} is not JUnit XML ({error})") from error
    return counts.model_copy(update={"failed": counts.failed[:MOST_FAILURES]})


def _look_at(xml: str | bytes) -> None:
    """Read it once without keeping anything. Raises ValueError for a document type, or for elements nested too deep."""
    depth = 0

    def document_type(*_: object) -> None:
        raise ValueError("it has a document type, which results do not need")

    def begin(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} elements are nested")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = document_type
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(xml, True)


def _case(element: Element) -> TestCase:
    case: TestCase = TestCase.fromelem(element)  # type: ignore[no-untyped-call]
    return case


def _count(cases: Sequence[TestCase], time: float | None) -> TestCounts:
    """The counts of a suite's cases; `time` is what the suite itself says that it took."""
    worst = [_worst(case) for case in cases]
    seconds = _seconds(time) or sum(_seconds(case.time) for case in cases)
    return TestCounts(
        tests=len(cases),
        errors=sum(isinstance(result, Error) for result in worst),
        failures=sum(isinstance(result, Failed) for result in worst),
        skipped=sum(isinstance(result, Skipped) for result in worst),
        seconds=round(seconds, 3),
        failed=tuple(
            Failure(name=_name(case), message=_message(result))
            for case, result in zip(cases, worst, strict=True)
            if isinstance(result, (Error, Failed))
        ),
    )


def _worst(case: TestCase) -> object:
    results = case.result or []
    for kind in (Error, Failed, Skipped):
        for result in results:
            if isinstance(result, kind):
                return result
    return None


def _name(case: TestCase) -> str:
    return ".".join(part for part in (case.classname, case.name) if part) or "unnamed"


def _message(result: Error | Failed) -> str:
    said = "\n".join(part.strip() for part in (result.message, result.text) if part and part.strip())
    short = "\n".join(said.splitlines()[:_MOST_LINES])
    return short if len(short) <= _MOST_CHARACTERS else f"{short[:_MOST_CHARACTERS]}…"


def _seconds(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) and value > 0 else 0.0
