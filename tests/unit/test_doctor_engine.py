"""What the doctor says to do about a server's Engine that does not answer."""

import pytest

from pipeline_defs.doctor.host_checks import _engine


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        (
            "permission denied while trying to connect to the Docker daemon socket",
            "as root there: usermod -aG docker deploy",
        ),
        ("Cannot connect to the Docker daemon", "install and start it, and let deploy use it"),
        ("sh: docker: not found", "install and start it, and let deploy use it"),
    ],
)
def test_who_may_not_use_the_engine_is_let_in_and_where_there_is_none_it_is_installed(why: str, remedy: str) -> None:
    found = _engine("deploy@a:22", "deploy", {"no_engine": why})
    assert why in found.says and found.remedy.endswith(remedy)
