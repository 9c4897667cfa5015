"""Programs on this machine: heard live, stopped as a whole, and blind to what does not concern them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.scratch import alive, scratch
from pipeline_defs.server.core.command import CommandTimeout, command, script
from tests.testbed.waiting import holds_within


def running(marker: str) -> bool:
    """True while a process of this machine has the marker as one of its words."""
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in words.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def test_both_streams_the_status_and_the_input_arrive(tmp_path: Path) -> None:
    lines: list[str] = []
    runner = LocalRunner(directory=tmp_path)
    result = runner.run(
        script('cat; echo "$2 in $PWD" >&2; exit 3', "-", "a $(b) 'c'", stdin="given\n"),
        timeout=30,
        listen=lines.append,
    )
    assert (result.status, result.stdout, result.stderr) == (3, "given\n", f"a $(b) 'c' in {tmp_path}\n")
    assert sorted(lines) == sorted(["given", f"a $(b) 'c' in {tmp_path}"])


def test_lines_are_heard_while_the_program_still_runs(tmp_path: Path) -> None:
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    heard: list[str] = []

    def listen(line: str) -> None:
        heard.append(line)
        if line == "ready":
            fifo.write_text("go\n")  # the program only ends because its first line was heard

    assert (
        LocalRunner()
        .run(script('echo ready; read -r word <"$1"; echo "$word"', str(fifo)), timeout=30, listen=listen)
        .ok
    )
    assert heard == ["ready", "go"]


def test_large_input_and_output_flow_at_the_same_time() -> None:
    heard = 0

    def listen(line: str) -> None:
        nonlocal heard
        heard += len(line) + 1

    given = b"0123456789abcde\n" * (50 * 2**16)
    result = LocalRunner().run(command("cat", stdin=given), timeout=120, listen=listen)
    assert result.ok
    assert heard == len(given)
    assert len(result.stdout) < len(given) / 5


def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    assert LocalRunner().run(command("true", stdin=b"x" * 2**22), timeout=30).ok


def test_a_program_that_is_not_there_is_a_result(tmp_path: Path) -> None:
    result = LocalRunner().run(command("no-such-program"), timeout=30)
    assert (result.status, result.stderr) == (127, "no-such-program: No such file or directory\n")
    (tmp_path / "text").write_text("x")
    assert LocalRunner().run(command(str(tmp_path / "text")), timeout=30).status == 126


def test_a_killed_program_has_the_status_a_shell_would_give() -> None:
    assert LocalRunner().run(script("kill -9 $$"), timeout=30).status == 128 + signal.SIGKILL


def test_the_time_limit_stops_the_program_and_its_children() -> None:
    marker = f"7{time.time_ns()}"
    with pytest.raises(CommandTimeout, match="did not end within 1 s and was stopped"):
        LocalRunner().run(script('sleep "$1" & sleep "$1"', marker), timeout=1)
    assert holds_within(5, lambda: not running(marker))


def test_a_program_that_ignores_sigterm_is_stopped_too() -> None:
    marker = f"7{time.time_ns()}"
    with pytest.raises(CommandTimeout):
        LocalRunner().run(script('trap "" TERM; sleep "$1" & while :; do wait; done', marker), timeout=1)
    assert holds_within(5, lambda: not running(marker))


class Interrupted(BaseException):
    """As Dagster raises one in the main thread when a run is terminated."""


@pytest.mark.parametrize("delay", [0, 0.0002, 0.001, 0.003, 0.01, 0.1])
def test_an_interrupt_at_any_moment_stops_the_program_and_its_children(delay: float) -> None:
    marker = f"7{time.time_ns()}"

    def interrupt(*_: object) -> None:
        raise Interrupted

    def send() -> None:
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        for _ in range(20):
            sender = Thread(target=send)
            with pytest.raises(Interrupted):
                sender.start()
                LocalRunner().run(script('sleep "$1" & sleep "$1"', marker), timeout=60)
            sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert holds_within(5, lambda: not running(marker))


def test_a_program_that_interrupts_us_as_it_starts_is_stopped() -> None:
    marker = f"7{time.time_ns()}"

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        for _ in range(50):
            with pytest.raises(Interrupted):
                LocalRunner().run(
                    script('kill -s USR1 "$2"; sleep "$1" & sleep "$1"', marker, str(os.getpid())), timeout=60
                )
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert holds_within(5, lambda: not running(marker))


def test_a_child_that_holds_the_streams_open_does_not_keep_us() -> None:
    marker = f"7{time.time_ns()}"
    result = LocalRunner().run(script('sleep "$1" & echo "$!"', marker), timeout=60)
    assert result.ok
    os.kill(int(result.stdout), signal.SIGKILL)


def test_secrets_are_masked_in_what_is_heard_and_kept() -> None:
    lines: list[str] = []
    secret = Secret("s3cr3t-w0rd")
    printed = script('word=$(cat); echo "it is $word"; printf %s "$word" | base64 >&2', stdin=secret)
    result = LocalRunner(secrets=[secret]).run(printed, timeout=30, listen=lines.append)
    assert result.stdout == "it is ***\n"
    assert result.stderr == "***\n"
    assert sorted(lines) == ["***", "it is ***"]


def test_programs_of_an_app_see_no_secret_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_REGISTRY_PASSWORD", "s3cr3t-w0rd")
    printed = LocalRunner(environment=plain_environment()).run(command("env", ONE="1"), timeout=30).stdout
    assert "s3cr3t-w0rd" not in printed
    assert "PATH=" in printed
    assert "ONE=1" in printed


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path / "scratch") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert alive(folder.parent, folder.name)
        (folder / "file").write_text("x")
    assert not folder.exists()
    assert not alive(folder.parent, folder.name)


def test_the_scratch_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from pipeline_defs.resources.scratch import scratch\n"
        "with scratch(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'file').write_text('x')\n"
        "    print(folder.name, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert alive(tmp_path, name)
        with scratch(tmp_path):
            assert (tmp_path / name / "file").exists()  # its owner lives
        child.kill()
    assert not alive(tmp_path, name)
    with scratch(tmp_path):
        assert not (tmp_path / name).exists()
