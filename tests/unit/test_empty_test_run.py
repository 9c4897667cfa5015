"""Test programs that end with status 0 although they ran no test are known by what they say."""

import pytest

from pipeline_defs.release.empty_test_run import ran_nothing

NOTHING = {
    "unittest": "\n----------------------------------------------------------------------\nRan 0 tests in 0.000s\n\nOK\n",
    "node": "TAP version 13\n1..0\n# tests 0\n# pass 0\n",
    "mocha": "\n\n  0 passing (1ms)\n",
    "go": "?   \texample.org/a\t[no test files]\nok  \texample.org/b\t0.002s [no tests to run]\n",
    "cargo": "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n",
    "rspec": "No examples found.\n\nFinished in 0.1 seconds\n0 examples, 0 failures\n",
    "pytest": "collected 0 items\n\n===== no tests ran in 0.01s =====\n",
}
SOMETHING = {
    "unittest": "Ran 1 test in 0.001s\n\nOK\n",
    "two suites": "Ran 0 tests in 0.0s\nOK\nRan 12 tests in 0.1s\nOK\n",
    "node": "1..3\n# tests 3\n# pass 3\n",
    "go": "?   \texample.org/a\t[no test files]\nok  \texample.org/b\t0.002s\n",
    "go, from its cache": "?   \texample.org/a\t[no test files]\nok  \texample.org/b\t(cached)\n",
    "cargo": "running 2 tests\ntest a ... ok\n\ntest result: ok. 2 passed; 0 failed\n\nrunning 0 tests\n",
    "pytest": "12 passed in 1.00s\n",
    "what says neither": "System check identified no issues (0 silenced).\n",
    "silence": "",
}


@pytest.mark.parametrize("program", NOTHING)
def test_no_test_ran(program: str) -> None:
    assert ran_nothing(NOTHING[program])


@pytest.mark.parametrize("program", SOMETHING)
def test_a_test_ran_or_nobody_knows(program: str) -> None:
    assert not ran_nothing(SOMETHING[program])
