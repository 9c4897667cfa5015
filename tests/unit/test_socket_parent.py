"""Where sockets are made: a path to one has little room, whatever the folder for temporary files is called."""

import socket
import tempfile
from pathlib import Path

import pytest

from pipeline_defs.cli import serve_code_socket
from pipeline_defs.config.socket_parent import socket_parent


@pytest.mark.parametrize("depth", [1, 30, 200])
def test_a_socket_can_be_made_however_deep_the_temporary_files_are(
    depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * depth)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    made = serve_code_socket.new_socket()
    try:
        below = made.parent / "pymp-12345678"  # as Python names the folder of the process that runs are forked from
        below.mkdir()
        with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            first.bind(str(made))
            second.bind(str(below / "listener-12345678"))
    finally:
        serve_code_socket.remove_folder(f"unix:{made}")
    assert not made.parent.exists()


def test_a_short_folder_for_temporary_files_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")
    assert socket_parent() == Path("/var/tmp")
