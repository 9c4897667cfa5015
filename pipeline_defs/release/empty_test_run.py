"""Empty test run: whether test programs say that they ran no test, for those that leave no results file. Pure."""

import re

# As unittest, pytest, node, TAP, mocha, jest, go, cargo, rspec, phpunit and dotnet write it.
_NOTHING = re.compile(
    r"^Ran 0 tests in |no tests ran|^collected 0 items|^\S? ?# ?tests 0$|^ℹ tests 0$|^1\.\.0\b|^\s*0 passing|^No tests found"
    r"|\[no test files\]|\[no tests to run\]|^running 0 tests$|^0 examples, 0 failures|^No tests executed!|^No test is available",
    re.MULTILINE,
)
_SOMETHING = re.compile(
    r"^Ran [1-9]\d* tests? in |\b[1-9]\d* (?:passed|passing|failed|failing)\b|^collected [1-9]|tests [1-9]\d*$|^1\.\.[1-9]"
    r"|^running [1-9]\d* tests?$|^[1-9]\d* examples?, |^ok\s+\S+\s+(?:[\d.]+s|\(cached\))(?!.*\[no tests to run\])|^OK \([1-9]",
    re.MULTILINE,
)


def ran_nothing(said: str) -> bool:
    """True where a test program says that it ran no test, and none says that it ran one. What says neither is believed."""
    return _NOTHING.search(said) is not None and _SOMETHING.search(said) is None
