"""Children of a running Shipline: which process holds the definitions, and whose port it is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.cli.child_process import Child, end
from pipeline_defs.cli.local_ports import free_port
from tests.testbed.waiting import holds_within

SERVE = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
"""
# Starts a child of its own, ends it at a word, and lives on.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *sys.argv[2:]])
while not __import__("os").path.exists(sys.argv[1]): time.sleep(0.05)
child.kill(); child.wait(); time.sleep(600)
"""


@pytest.fixture
def children(tmp_path: Path) -> Iterator[list[Child]]:
    """Children that are ended with the test."""
    made: list[Child] = []
    yield made
    end([child.process for child in made if child.process is not None], seconds=0)


def started(children: list[Child], tmp_path: Path, *words: str, needs_inner: bool = False) -> Child:
    child = Child("test", (sys.executable, "-c", *words), tmp_path / f"{len(children)}.log", needs_inner=needs_inner)
    child.start({})
    children.append(child)
    return child


def test_a_port_is_ours_only_when_our_process_listens(children: list[Child], tmp_path: Path) -> None:
    port = free_port()
    ours, other = (started(children, tmp_path, SERVE, str(port)) for _ in range(2))
    assert holds_within(10, lambda: ours.listens(port) or other.listens(port))
    assert holds_within(10, lambda: ours.death() or other.death())  # the second found the port taken
    assert ours.listens(port) is not other.listens(port)
    assert not ours.listens(free_port())


@pytest.mark.parametrize(("words", "lost"), [(("api", "grpc"), True), ((), False)])
def test_only_the_loss_of_the_process_that_holds_the_definitions_counts(
    children: list[Child], tmp_path: Path, words: tuple[str, ...], lost: bool
) -> None:
    word = tmp_path / "end"
    parent = started(children, tmp_path, PARENT, str(word), *words, needs_inner=True)
    assert parent.process is not None
    assert holds_within(
        10, lambda: len(parent.process.children()) == 1 and words == tuple(parent.process.children()[0].cmdline()[3:])
    )
    assert parent.death() is None
    word.touch()
    assert holds_within(10, lambda: not parent.process.children())
    assert (parent.death() is not None) is lost
