"""Tests that take too long, are interrupted or killed, or run twice at once: nothing of them stays."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline_defs.config.build import ImageTest
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from tests.integration.engine.small_tests import (
    WAITS,
    WRITES,
    left_over,
    write_compose,
)
from tests.testbed.checkout import ROOT


def test_tests_that_take_too_long_are_taken_down(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path
) -> None:
    write_compose(checkout, WAITS)
    with pytest.raises(EngineError, match=r"the test did not end within 3 s \(test.timeout\) and was stopped"):
        docker_engine.test(checkout, "shop", image, ImageTest(timeout=3))
    assert left_over(workspace) == []


def test_two_runs_at_once_do_not_meet(
    docker_engine: Engine, checkout: Path, image: str, tmp_path: Path, workspace: Path
) -> None:
    go = tmp_path / "go"
    go.mkdir()
    write_compose(checkout, f"echo $WORD >>/data/words; {WAITS}; cat /data/words; {WRITES}")
    both = threading.Barrier(2, action=(go / "go").touch)

    def listen(line: str) -> None:
        if line.endswith("ready"):
            both.wait(120)

    def run(word: str) -> str:
        test = ImageTest(environment={"WORD": word, "GO": str(go)})
        return docker_engine.test(checkout, "shop", image, test, listen=listen).said

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, ["one", "two"])) == ["ready\none", "ready\ntwo"]
    assert left_over(workspace) == []


class Interrupted(BaseException):
    """As Dagster raises one when a run is terminated."""


def test_an_interrupted_run_is_taken_down(docker_engine: Engine, checkout: Path, image: str, workspace: Path) -> None:
    write_compose(checkout, WAITS)

    def listen(line: str) -> None:
        if line.endswith("ready"):
            assert left_over(workspace)
            raise Interrupted

    with pytest.raises(Interrupted):
        docker_engine.test(checkout, "shop", image, ImageTest(), listen=listen)
    assert left_over(workspace) == []


def test_what_a_killed_run_left_is_removed_by_the_next(
    docker_engine: Engine, checkout: Path, image: str, workspace: Path
) -> None:
    write_compose(checkout, WAITS)
    program = (
        "import sys, pathlib\n"
        "from pipeline_defs.config.build import ImageTest\n"
        "from pipeline_defs.resources.docker_engine import Engine\n"
        "workspace, checkout, image = sys.argv[1:]\n"
        "Engine.find(pathlib.Path(workspace)).test(\n"
        "    pathlib.Path(checkout), 'shop', image, ImageTest(), listen=lambda line: print(line, flush=True))\n"
    )
    argv = [sys.executable, "-c", program, str(workspace), str(checkout), image]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert any(line.rstrip().endswith("ready") for line in child.stdout)
        child.kill()
    assert left_over(workspace)
    write_compose(checkout, WRITES)
    assert docker_engine.test(checkout, "shop", image, ImageTest()).passed
    assert left_over(workspace) == []
    assert list((workspace / "tests").glob("[!.]*")) == []
