"""A process that holds secrets, looked at by another one of the same user."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_defs.config import process_protection

_HOLDS = """
import sys
{keep}
print("ready", flush=True)
sys.stdin.read()
"""
_KEEP = f"{Path(process_protection.__file__).read_text()}\nprotect_process()"  # whoever it runs as may not read this checkout
_READS = """
import sys
for name in ("environ", "mem", "maps"):
    try:
        with open(f"/proc/{sys.argv[1]}/{name}", "rb") as file:
            print(name, "SECRET_OF_A_TEST" if b"SECRET_OF_A_TEST" in (file.read() if name == "environ" else b"") else "open")
    except PermissionError:
        print(name, "refused")
"""


@pytest.mark.parametrize(
    ("keep", "seen"),
    [
        (_KEEP, {"environ refused", "mem refused", "maps refused"}),
        ("", {"environ SECRET_OF_A_TEST", "mem open", "maps open"}),
    ],
)
def test_no_other_process_of_the_user_reads_its_environment_and_memory(keep: str, seen: set[str]) -> None:
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {**os.environ, "SECRET_OF_A_TEST": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    holder = subprocess.Popen(
        [python, "-c", _HOLDS.format(keep=keep)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd="/", **user,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "ready\n"
        looked = subprocess.run(
            [python, "-c", _READS, str(holder.pid)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd="/",
            **user,
        )
        assert set(looked.stdout.splitlines()) == seen
    finally:
        holder.communicate("")


_LISTENS = """
import socket, sys, time
from pipeline_defs.config.process_protection import protect_process
protect_process()
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)
"""
_SUPERVISES = """
import os, socket, sys, time
import psutil
from pipeline_defs.cli.child_process import Child

free = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
port, other = (each.getsockname()[1] for each in free)
free[0].close()
child = Child("one", (sys.executable, "-c", sys.argv[1], str(port)), None)
process = child.start(os.environ)
try:
    end = time.monotonic() + 30
    while not child.listens(port) and time.monotonic() < end:
        time.sleep(0.05)
    try:
        process.net_connections()
    except psutil.AccessDenied:
        print("not to be seen")
    print(child.listens(port), child.listens(other), process.cmdline()[-1] == str(port))
finally:
    child.process.kill()
    child.process.wait()
print(child.listens(port))
"""


def test_who_may_not_look_into_its_child_still_knows_that_it_listens() -> None:
    """As a user who is not root; root is one here once it has given its capabilities away."""
    plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    looked = subprocess.run(
        [*plain, sys.executable, "-c", _SUPERVISES, _LISTENS], stdout=subprocess.PIPE, text=True, check=True
    )
    assert looked.stdout.splitlines() == ["not to be seen", "True False True", "False"]
