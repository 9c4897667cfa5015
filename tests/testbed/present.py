"""The present Docker Engine: a machine whose own is older gets a second one from Debian's next release, beside its own.

It has containerd's image store, as an Engine that is installed today has by default. Its programs are taken out of their packages and
not installed, so nothing of the machine's own Docker changes; it has data, socket, bridge and addresses of its own.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.testbed import docker, engine, sources
from tests.testbed.checkout import BedError
from tests.testbed.packages import apt_install, apt_update, can_install
from tests.testbed.progress import Progress
from tests.testbed.waiting import holds_within

SUITE = "forky"
"""The Debian release that has a present Engine."""
SINCE = 28
"""An Engine from this major version on is a present one."""
PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")
PLACE = Path("/var/lib/shipline-testbed", SUITE)
"""For the whole machine: checkouts beside each other share the Engine and its images."""
BRIDGE, ADDRESS, POOL = f"shipline-{SUITE}", "10.230.0.1/24", "base=10.224.0.0/12,size=24"
START_SECONDS = 90.0


def ensure(progress: Progress) -> dict[str, str]:
    """Start it where needed, and give the variables by which docker clients, the product's too, use it.

    Empty where the machine's own Engine is a present one, or where none can be started, which `progress` is told.
    Raises BedError where it was started and does not answer.
    """
    own = _own_version()
    if own >= SINCE:
        return {}
    if can_install() and not sources.of_suite(SUITE):
        apt_update()  # a machine without lists of packages does not know where it has them from
    if not can_install() or not sources.of_suite(SUITE):
        progress.say("         The tests use this machine's own Docker Engine: a newer one needs root on Debian.")
        return {}
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PLACE / "unpacked").exists():
            with progress.step(f"fetch the Docker Engine of Debian {SUITE}"):
                _fetch()
        if not _answers():
            with progress.step(f"start the Docker Engine of Debian {SUITE}"):
                _start()
    return _variables()


def stop() -> None:
    """End it where it runs and has no containers, and remove what it left."""
    if _answers() and docker.run(_client(), "ps", "--quiet", environment=_variables()).stdout.strip():
        return
    with contextlib.suppress(OSError, ValueError):
        pid = int((PLACE / "dockerd.pid").read_text())
        if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd":
            os.kill(pid, signal.SIGTERM)
            holds_within(30, lambda: not Path(f"/proc/{pid}").exists())
    subprocess.run(["ip", "link", "delete", BRIDGE], capture_output=True, check=False)
    shutil.rmtree(PLACE, ignore_errors=True)


def _own_version() -> int:
    versions = [docker.server_version(client) for client in docker.clients()]
    return max((int(major) for version in versions if (major := version.partition(".")[0]).isdigit()), default=0)


def _fetch() -> None:
    apt_install("iptables", "iproute2", "runc")  # the older runc does, and needs no newer C library
    root, packages = PLACE / "root", PLACE / "packages"
    shutil.rmtree(root, ignore_errors=True)
    for file in sources.download(SUITE, PACKAGES, packages):
        _run("dpkg-deb", "--extract", str(file), str(root))
    plugins = PLACE / "client" / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for plugin in (root / "usr/libexec/docker/cli-plugins").iterdir():
        (plugins / plugin.name).unlink(missing_ok=True)
        (plugins / plugin.name).symlink_to(plugin)
    (PLACE / "daemon.json").write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
    (PLACE / "unpacked").touch()


def _start() -> None:
    engine.mount_cgroups()
    if subprocess.run(["ip", "link", "show", BRIDGE], capture_output=True).returncode:
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "address", "add", ADDRESS, "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")
    pid, log = PLACE / "dockerd.pid", PLACE / "dockerd.log"
    pid.unlink(missing_ok=True)  # after kill -9 it may be another program's by now, and dockerd would refuse to start
    words = ["--config-file", str(PLACE / "daemon.json"), "--data-root", str(PLACE / "data"), "--pidfile", str(pid)]
    words += ["--exec-root", str(PLACE / "exec"), "--host", _variables()["DOCKER_HOST"], "--bridge", BRIDGE]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            ["dockerd", *words, "--default-address-pool", POOL],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=os.environ | {"PATH": _path()},
            start_new_session=True,
        )
    holds_within(START_SECONDS, lambda: _answers() or daemon.poll() is not None)
    if not _answers():
        said = log.read_text(errors="replace").splitlines()[-3:]
        raise BedError(f"The Docker Engine of Debian {SUITE} does not answer, its log {log} says: {' | '.join(said)}")


def _variables() -> dict[str, str]:
    return {
        "DOCKER_HOST": f"unix://{PLACE}/docker.sock",
        "DOCKER_CONFIG": str(PLACE / "client"),
        "PATH": _path(),
        "SHIPLINE_TESTBED_SUITE": SUITE,
    }


def _path() -> str:
    own = [str(PLACE / "root" / folder) for folder in ("usr/bin", "usr/sbin")]
    rest = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder not in own]
    return os.pathsep.join(dict.fromkeys([*own, *rest, "/usr/sbin", "/sbin"]))


def _client() -> str:
    return str(PLACE / "root/usr/bin/docker")


def _answers() -> bool:
    words = ["version", "--format", "{{.Server.Version}}"]
    return Path(_client()).exists() and docker.run(_client(), *words, environment=_variables()).returncode == 0


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise BedError(f"`{' '.join(argv[:3])}` failed: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")
