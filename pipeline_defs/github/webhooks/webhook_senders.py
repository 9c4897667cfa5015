"""Webhook senders: whose deliveries are accepted, and by which secret each is known.

Where the receiver is a program of its own it sees no app's file and no other secret: who sees them writes this for it into a file.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config.secret import Secret
from pipeline_defs.config.settings_file import Stamp, stamp_of
from pipeline_defs.github.webhooks.signature import is_signed


@dataclass(frozen=True)
class Sender:
    """The deliveries of one app: `repository` is `owner/name`, empty where it is not known."""

    app: str
    repository: str
    secret: Secret


def signed_by(senders: Iterable[Sender], body: bytes | bytearray, signature: str) -> list[Sender]:
    """Those whose secret signed these bytes: several apps may share one, or a repository."""
    # All are tried, so that the time it takes tells nothing.
    return [sender for sender in senders if is_signed(body, signature, sender.secret)]


def write_senders(file: Path, senders: Iterable[Sender]) -> None:
    """Replace the file in one step; only its owner can read it. Nothing happens where it says so already. Raises OSError."""
    text = json.dumps(
        [{"app": each.app, "repository": each.repository, "secret": each.secret.reveal()} for each in senders]
    )
    if _text_of(file) == text:
        return
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)


class SendersFile:
    """What `write_senders` wrote, read anew when it has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: Stamp | None = None
        self._senders: list[Sender] = []

    def all(self) -> list[Sender]:
        """The senders; none while there is no file, or none that can be read."""
        stamp = stamp_of(self._file)
        if stamp != self._stamp:
            self._senders, self._stamp = _read(_text_of(self._file)), stamp
        return self._senders


def _text_of(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _read(text: str) -> list[Sender]:
    try:
        return [
            Sender(str(each["app"]), str(each["repository"]), Secret(str(each["secret"]))) for each in json.loads(text)
        ]
    except (ValueError, TypeError, KeyError):
        return []
