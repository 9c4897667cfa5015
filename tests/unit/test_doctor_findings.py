"""Findings: what a server says of itself becomes sentences with a remedy, and each limit is where it is said to be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.doctor.finding import Finding, Level, broken
from pipeline_defs.doctor.host_checks import SKEW_SECONDS, WRONG_SECONDS, findings
from pipeline_defs.doctor.machine_checks import modes
from pipeline_defs.server.core.command import Result

WELL = "now 1000.5\nengine 27.1.2\ncompose 2.40.0\ndisk 99999999 /var/lib/docker\ndisk 99999999 /opt/shop"


def of(text: str, status: int = 0, here: float = 1000.0) -> list[Finding]:
    return list(findings("s", "deploy", Result(status, text, "", 0.1), here))


def test_a_server_that_has_all_is_well() -> None:
    found = of(WELL)
    assert {finding.what for finding in found} == {"Docker Engine", "Compose", "disk", "clock"}
    assert {finding.level for finding in found} == {Level.OK}


@pytest.mark.parametrize(
    ("line", "instead", "level", "says", "remedy"),
    [
        ("engine 27.1.2", "no_engine permission denied: x", "broken", "does not answer (permission denied: x)", "let deploy use it"),
        ("engine 27.1.2", "engine 19.03.8", "warning", "19.03.8 is older", "install 20.10"),
        ("compose 2.40.0", "compose 1.29.2", "warning", "1.29.2 is no longer maintained", "docker-compose-plugin"),
        ("compose 2.40.0\n", "", "broken", "Docker Compose is missing", "docker-compose-plugin"),
        ("now 1000.5", "lacks flock\nlacks tar\nnow 1000.5", "broken", "flock, tar is missing", "install"),
        ("now 1000.5", "closed /opt/shop\nnow 1000.5", "broken", "deploy may not write to /opt/shop", "make it there"),
        ("99999999 /opt/shop", "65535 /opt/shop", "broken", "0.1 GiB free for /opt/shop, where nothing is begun", "prune"),
        ("99999999 /opt/shop", "65536 /opt/shop", "warning", "0.1 GiB free for /opt/shop", "prune"),
        ("now 1000.5", "now 1006.0", "warning", "6.0 s ahead of", "set-ntp"),
        ("now 1000.5", "now 500", "broken", "500.0 s behind", "set-ntp"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_remedy(line: str, instead: str, level: str, says: str, remedy: str) -> None:
    assert line in WELL
    bad = [finding for finding in of(WELL.replace(line, instead)) if finding.level is not Level.OK]
    assert [finding.level for finding in bad] == [level]
    assert says in bad[0].says
    assert remedy in bad[0].remedy


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_a_clock_is_judged_by_how_far_it_is_off_in_either_direction(skew: float) -> None:
    clock = of(WELL.replace("1000.5", f"{1e7 + skew:.6f}"), here=1e7)[-1]
    expected = Level.BROKEN if abs(skew) > WRONG_SECONDS else Level.WARNING if abs(skew) > SKEW_SECONDS else Level.OK
    if min(abs(abs(skew) - limit) for limit in (SKEW_SECONDS, WRONG_SECONDS)) > 0.001:
        assert clock.level is expected


@given(st.text(max_size=60), st.integers(0, 255))
def test_whatever_a_server_says_is_told_and_nothing_breaks(text: str, status: int) -> None:
    assert all(finding.level is Level.BROKEN and finding.remedy for finding in of(text, status))


def test_a_sentence_is_parted_into_what_failed_and_what_to_do() -> None:
    assert broken("a", "b", "it failed (x); do this; or that") == Finding(
        "a", "b", Level.BROKEN, "it failed (x)", "do this; or that"
    )
    assert broken("a", "b", "it failed", "look").remedy == "look"


@pytest.mark.parametrize(
    ("of_home", "of_settings", "says"),
    [
        (0o700, 0o600, []),
        (0o755, 0o600, []),
        (0o775, 0o600, ["has mode 775: other users of this machine may change it"]),
        (0o700, 0o644, [".env has mode 644: other users of this machine may read it"]),
        (0o777, 0o666, ["has mode 777: other users", ".env has mode 666: other users of this machine may change it"]),
    ],
)
def test_modes_by_which_others_read_or_change_the_home_are_told(
    tmp_path: Path, of_home: int, of_settings: int, says: list[str]
) -> None:
    (tmp_path / ".env").write_text("A=b\n")
    (tmp_path / ".env").chmod(of_settings)
    tmp_path.chmod(of_home)
    found = list(modes(tmp_path))
    assert [sentence in each.says for sentence, each in zip(says, found, strict=True)] == [True] * len(says)
    assert all(each.level is Level.WARNING and each.remedy.startswith("chmod ") for each in found)
