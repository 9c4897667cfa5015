"""Secret fingerprint: tells whether a secret is still the same, and lets nobody guess what it is."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.secret import Secret

KEY = "configuration.key"
"""The file in the home with the key of all fingerprints, mode 0600; with another key every configuration is another one."""

_BYTES = 32


def fingerprint(name: str, secret: Secret) -> str:
    """HMAC-SHA-256 of a secret's value with the home's key, 64 hex digits. The same value under two names has two of them."""
    return hmac.new(key_of_home(), f"{name}\0{secret.reveal()}".encode(), hashlib.sha256).hexdigest()


def key_of_home() -> bytes:
    """The home's key; it is made where there is none yet. Raises OSError where the home cannot be written."""
    home = Path(os.environ.get("SHIPLINE_HOME") or PROJECT / ".shipline" / "home")
    file = home / KEY
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix=f".{KEY}") as made:  # mode 0600
            made.write(secrets.token_bytes(_BYTES))
            made.flush()
            with contextlib.suppress(FileExistsError):  # another process was quicker: its key counts
                os.link(made.name, file)
    return file.read_bytes()
