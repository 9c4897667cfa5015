"""A Docker Engine for this machine: one that answers is used as it is, else Debian's or Ubuntu's is installed and started."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.testbed import docker
from tests.testbed.checkout import BedError, state
from tests.testbed.packages import apt_install, can_install
from tests.testbed.progress import Progress
from tests.testbed.waiting import holds_within

PID_OF_ENGINE = Path("/var/run/docker.pid")
"""Where every dockerd of the machine writes its process id unless told otherwise."""
START_SECONDS = 90.0


def ensure(progress: Progress) -> None:
    """Return when a Docker Engine answers, having installed and started one if need be.

    Raises BedError when this machine has none and none can be installed, or when the one started here does not answer.
    """
    if answers():
        return
    _refuse_where_not_ours()
    with _one_starter():
        if answers():
            return
        if not shutil.which("dockerd", path=_daemon_path()) or not any(docker.clients()):
            with progress.step("install Docker Engine"):
                apt_install("docker.io", "iptables", optional=["docker-cli", "docker-buildx"])
        if answers():
            return
        with progress.step("start Docker Engine"):
            _start_service() if Path("/run/systemd/system").is_dir() else _start_by_hand()


def stop(progress: Progress) -> None:
    """Stop the Engine if this checkout started it by hand and nobody's container runs on it."""
    pid = _started_here()
    if pid is None:
        return
    if docker.docker("ps", "-q"):
        progress.say("The Docker Engine stays: containers of others run on it.")
        return
    with progress.step("stop Docker Engine"):
        os.kill(pid, signal.SIGTERM)
        holds_within(30, lambda: not _is_dockerd(pid))
        (state("engine") / "dockerd.pid").unlink()


def log_tail(lines: int = 5) -> str:
    """The last lines of the log of the Engine that was started here."""
    log = state("engine") / "dockerd.log"
    return " | ".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def answers() -> bool:
    """True when a Docker Engine answers a client that can build."""
    return any(docker.server_version(client) for client in docker.clients())


def _refuse_where_not_ours() -> None:
    """An Engine that was chosen by name is the user's to start; without root and apt there is nothing to install with."""
    if host := os.environ.get("DOCKER_HOST"):
        raise BedError(f"No Docker Engine answers at DOCKER_HOST={host}: start it, or unset DOCKER_HOST.")
    if context := os.environ.get("DOCKER_CONTEXT") or _chosen_context():
        raise BedError(f"No Docker Engine answers in the docker context {context!r}: start it, or choose another one.")
    if not can_install():
        raise BedError(
            f"No Docker Engine answers here ({docker.complaint()}): start Docker, "
            "or install it with its buildx plugin, or run this as root on Debian or Ubuntu to have that done."
        )


def _chosen_context() -> str:
    for program in docker.clients():
        asked = subprocess.run([program, "context", "inspect", "--format", "{{.Name}}"], capture_output=True, text=True)
        return asked.stdout.strip().removeprefix("default")
    return ""


@contextlib.contextmanager
def _one_starter() -> Iterator[None]:
    """Two dockerd that start at the same moment take each other's socket away, so only one process of the machine starts it.

    The lock is on the folder of the socket itself: no file is left behind, and the system lifts it when its holder dies.
    """
    folder = os.open(PID_OF_ENGINE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _start_service() -> None:
    subprocess.run(["systemctl", "start", "docker"], check=False, capture_output=True, timeout=120)
    if not holds_within(START_SECONDS, answers):
        raise BedError("systemd's docker service does not answer: see `journalctl -u docker`.")


def _start_by_hand() -> None:
    """Start dockerd on its usual data folder and socket, so that other checkouts on this machine find the same Engine."""
    # One may be on its way up, started by a run that was killed, or on its way down.
    holds_within(START_SECONDS, lambda: answers() or not _engine_lives())
    if answers():
        return
    if _engine_lives():
        raise BedError(f"dockerd runs (process {PID_OF_ENGINE.read_text()}) but nothing answers: {docker.complaint()}")
    # After kill -9 the process id in the file may be another program's by now, and dockerd would refuse to start.
    PID_OF_ENGINE.unlink(missing_ok=True)
    mount_cgroups()
    folder = state("engine")
    log = folder / "dockerd.log"
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=os.environ | {"PATH": _daemon_path()},
            start_new_session=True,  # Ctrl-C in the terminal that started it must not stop everybody's Engine
        )
    (folder / "dockerd.pid").write_text(str(daemon.pid))
    holds_within(START_SECONDS, lambda: answers() or daemon.poll() is not None)
    if not answers():
        ended = "does not answer" if daemon.poll() is None else f"ended with status {daemon.returncode}"
        raise BedError(f"dockerd (process {daemon.pid}) {ended}, its log {log} says: {log_tail()}")


def _daemon_path() -> str:
    """dockerd and iptables live in folders that are not on everybody's PATH."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def mount_cgroups() -> None:
    """Mount the control groups where no init system has: no container starts without them."""
    root = Path("/sys/fs/cgroup")
    if not any((root / name).exists() for name in ("cgroup.controllers", "memory", "unified")):
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", str(root)], check=False, capture_output=True)


def _engine_lives() -> bool:
    try:
        return _is_dockerd(int(PID_OF_ENGINE.read_text()))
    except (OSError, ValueError):
        return False


def _started_here() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        pid = int((state("engine") / "dockerd.pid").read_text())
        return pid if _is_dockerd(pid) else None
    return None


def _is_dockerd(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd"
    return False
