"""The code server of `shipline up`: `python -m pipeline_defs.cli.serve_code_socket SOCKET`.

Whoever reaches it can start runs as its user, and it asks for no password. So it listens at a socket in a folder that nobody else
may enter, and not at a port.
"""

import runpy
import shutil
import sys
import tempfile
from pathlib import Path

from pipeline_defs.cli.child_process import CODE_SERVER
from pipeline_defs.config.process_protection import protect_process
from pipeline_defs.config.socket_parent import socket_parent


def new_socket() -> Path:
    """Where a code server may listen: in a folder with mode 0700 that is made here. Raises OSError.

    A home's own path may be too long for a socket. Each start has a folder of its own: a code server that still
    watches over its last runs would remove the socket of the next one.
    """
    return Path(tempfile.mkdtemp(prefix="shipline-code-", dir=socket_parent())) / "code"


def remove_folder(address: str) -> None:
    """Remove what `new_socket` made, by its address (`unix:/path`); nothing where it is gone, or is something else."""
    folder = Path(address.removeprefix("unix:")).parent
    if address.startswith("unix:") and folder.name.startswith("shipline-code-"):
        shutil.rmtree(folder, ignore_errors=True)


def main(socket: Path) -> None:
    """Dagster's code server at this socket. The one between its two processes is in the same folder, not in the common one."""
    protect_process()
    tempfile.tempdir = str(socket.parent)
    sys.argv = ["dagster", *CODE_SERVER, "--socket", str(socket)]
    runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
