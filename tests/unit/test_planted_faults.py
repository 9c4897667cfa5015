"""Planted faults: each fits today's code, and names tests that exist."""

import ast

import pytest

from benchmarks.tests.planted import Fault, faults, with_fault
from pipeline_defs.config.home import PROJECT


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.what)
def test_a_fault_can_be_planted_and_names_tests_that_exist(fault: Fault) -> None:
    text = (PROJECT / "pipeline_defs" / fault.file).read_text()
    planted = with_fault(text, fault)
    assert planted != text
    compile(planted, fault.file, "exec")
    for test in fault.tests:
        file, _, name = test.partition("::")
        named = {
            each.name for each in ast.walk(ast.parse((PROJECT / file).read_text())) if isinstance(each, ast.FunctionDef)
        }
        assert not name or name in named, test
