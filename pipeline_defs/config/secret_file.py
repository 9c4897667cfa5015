"""Secret file: a file that git must not have; what in it has to be hidden where it is printed."""

import io
import re
from collections.abc import Iterator

from dotenv import dotenv_values

from pipeline_defs.config.secret import Secret

_NAMES = re.compile(r"(PASS|PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIALS?|AUTH|SALT|DSN)(_|\d|$)", re.IGNORECASE)
_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s:]*:(?P<password>[^/@\s]+)@", re.IGNORECASE)
_SHORTEST = 6


def hidden_in(file: Secret) -> Iterator[Secret]:
    """The file as a whole, and each value in it that is secret by its name, or holds a password as URLs do.

    Others, such as `DEBUG=true` or a port, are no secrets: hiding them would make logs unreadable.
    """
    yield file
    for name, value in dotenv_values(stream=io.StringIO(file.reveal()), interpolate=False).items():
        if value is None:
            continue
        password = _IN_URL.match(value)
        if password:
            yield Secret(password["password"])
        if password or (_NAMES.search(name) and len(value) >= _SHORTEST and "://" not in value):
            yield Secret(value)
