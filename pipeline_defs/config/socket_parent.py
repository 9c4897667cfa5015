"""Socket parent: the folder below which Unix sockets are made. A path to one has room for 108 bytes on Linux and 104 on macOS."""

import tempfile
from pathlib import Path

_LONGEST = 48  # bytes; the longest path that is made below it is `shipline-code-…/pymp-…/listener-…`
_SHORT = Path("/tmp")


def socket_parent() -> Path:
    """The system's folder for temporary files (`$TMPDIR`), and `/tmp` where that one is too deep for a path to a socket.

    Others may write in both: what is made there needs a folder of its own with mode 0700.
    """
    folder = Path(tempfile.gettempdir())
    return folder if len(bytes(folder)) <= _LONGEST else _SHORT
