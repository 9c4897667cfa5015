"""What Dagster starts beside a step, looked at by the step: it has none of the process's secrets."""

import contextlib
import subprocess
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.execution import compute_logs

from pipeline_defs.runtime.log_followers import start_without_secrets
from tests.support.storage import storage


@pytest.mark.parametrize("without", [True, False])
def test_what_follows_the_logs_of_a_step_has_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: bool
) -> None:
    monkeypatch.setenv("SECRET_OF_A_TEST", "1")
    monkeypatch.setattr(compute_logs, "subprocess", subprocess)
    if without:
        start_without_secrets()
    seen: list[tuple[str, bool]] = []

    @dg.op
    def look() -> None:
        for each in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one of an earlier test, which has ended
                seen.append((each.name(), "SECRET_OF_A_TEST" in each.environ()))

    @dg.job
    def looks() -> None:
        look()

    with storage(tmp_path / "dagster") as instance:
        assert looks.execute_in_process(instance=instance).success
    followers = [had for name, had in seen if name in ("tail", "python", "python3", "python3.11")]
    assert len(followers) >= 4
    assert any(followers) is not without
