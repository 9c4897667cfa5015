"""What programs log as JSON: one object a line, whatever is said."""

import json
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.runtime.program_log import JsonLines


@given(st.text(), st.text())
def test_a_record_is_one_line_of_json(said: str, name: str) -> None:
    try:
        raise ValueError(said)
    except ValueError:
        record = logging.LogRecord(name, logging.WARNING, "", 1, said, None, sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["logger"], told["level"]) == (said, name, "warning")
    assert "ValueError" in told["exception"]
    assert told["timestamp"].endswith("+00:00")
