"""In a run's container: makes 127.0.0.1:PORT there what it is on the machine, for a test bed's registry has no other name.

`python port_forward.py PORT HOST HOST_PORT` returns at once and leaves a process behind, which ends with the container.
"""

import contextlib
import os
import socket
import sys
import threading


def main(port: int, host: str, host_port: int) -> None:
    """Listen, then leave a child that passes connections on."""
    listener = socket.create_server(("127.0.0.1", port))
    if os.fork():
        return
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # whoever reads them waits for their end
        os.dup2(nowhere, stream)
    while True:
        one, _ = listener.accept()
        other = socket.create_connection((host, host_port))
        for pair in ((one, other), (other, one)):
            threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
