"""How lines of containers are shown: with their host where there are several, and without what a terminal would obey."""

import pytest

from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.environment_logs import PrintedLogs
from pipeline_defs.config import Host

HOST = Host(address="a.example.org")


@pytest.mark.parametrize(("several", "shown"), [(False, "web | hello"), (True, "a.example.org web | hello")])
def test_a_line_says_where_it_is_from(several: bool, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    PrintedLogs(Output(), several=several).hear(HOST, "web | \x1b[31mhello\x07")
    assert capsys.readouterr().out.splitlines() == [shown]


def test_as_data_it_is_kept_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    told = PrintedLogs(Output(json=True), several=False)
    told.hear(HOST, "web | a | b")
    assert told.lines == [{"host": str(HOST), "service": "web", "line": "a | b"}]
    assert capsys.readouterr().out == ""
