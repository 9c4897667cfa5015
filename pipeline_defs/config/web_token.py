"""Web token: what lets its owner in at the web page of `shipline up`. There is a new one for each start."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlencode


def new_token(file: Path) -> str:
    """Make a token and put it into this file, which only its owner can read. Raises OSError."""
    token = secrets.token_urlsafe(32)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(token)
    new.replace(file)
    return token


def read_token(file: Path) -> str:
    """The token in this file, empty where there is none or it is not ours to read."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def with_token(url: str, token: str) -> str:
    """The address of the page that logs a browser in; without a token the address alone."""
    return f"{url}/?{urlencode({'token': token})}" if token else url
