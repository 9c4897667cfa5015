"""Every program that runs of all jobs execute, here and on the server: none has a secret that it need not have."""

from pathlib import Path

import pytest

from tests.integration.watched_runs import watched
from tests.testbed.bed import TestBed


@pytest.mark.thorough
def test_no_program_of_any_run_has_a_secret_that_it_need_not_have(testbed: TestBed, tmp_path: Path) -> None:
    seen, words, environments = watched(testbed, tmp_path)
    assert words == []
    assert environments == []
    assert {"git", "docker", "sh"} <= {Path(each.program).name for each in seen}
    assert len(seen) > 500
