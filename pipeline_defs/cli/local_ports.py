"""Ports of this machine."""

import socket
from pathlib import Path

from pipeline_defs.cli.cli_output import UsageError


def answers(path: Path) -> bool:
    """True when something listens at this socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def is_free(port: int) -> bool:
    """True when nobody listens there. gRPC servers share a port without a word, so it is better asked first."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, else any other."""
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wanted_port(port: int) -> int:
    """This very port. Raises UsageError when it cannot be had."""
    if not 0 < port < 65536 or not is_free(port):
        raise UsageError(f"port {port} of this machine is taken or not allowed; choose another, or leave --port out")
    return port
