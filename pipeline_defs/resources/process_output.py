"""Process output: one stream of a running command, heard line by line as it comes and kept within bounds."""

import codecs
from collections import deque
from collections.abc import Collection

from pipeline_defs.config.masking import CONTROL, masker
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.core.command import Listener

KEPT = 4 * 2**20
"""Characters kept of the beginning, and as many of the end; what lies between is heard but not kept."""

_LONGEST_LINE = 64 * 2**10
_SEEN = 64


class Output:
    """Takes bytes in any portions and gives whole lines to a listener.

    Secrets are masked before anybody sees a line; lines that may be the beginning of one wait for the next. Undecodable bytes
    are replaced, and colours are left out. As on a terminal, what follows a carriage return takes the place of what stood
    before it in the line. A line longer than 64 Ki characters is given in pieces.
    """

    def __init__(self, listen: Listener | None = None, secrets: Collection[Secret] = (), divider: str = "") -> None:
        """Each text that begins with `divider` is kept within bounds of its own."""
        self._listen = listen
        self._masker = masker(tuple(secrets))
        self._divider = divider
        self._parts: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._seen = ""  # what was told last: a secret may have begun in it
        self._begin_part()

    def feed(self, data: bytes) -> None:
        """Take the next portion of the stream."""
        text = self._rest + self._decoder.decode(data)
        end = text.rfind("\n") + 1
        if len(text) - end > _LONGEST_LINE:
            end = len(text) - self._masker.begun(text, line=True)
        elif begun := self._masker.begun(text[:end], line=False):
            end = text.rfind("\n", 0, end - begun) + 1
        self._rest = text[end:]
        self._take(text[:end])

    def close(self) -> str:
        """Take the end of the stream; gives all that was kept of it."""
        self._take(self._rest + self._decoder.decode(b"", final=True))
        self._rest = ""
        self._end_part()
        return "".join(self._parts)

    def _begin_part(self) -> None:
        self._head: list[str] = []
        self._room = KEPT
        self._tail: deque[str] = deque()
        self._tail_length = 0
        self._left_out = 0

    def _end_part(self) -> None:
        left_out = [f"\n… {self._left_out} characters left out …\n"] if self._left_out else []
        self._parts.append("".join([*self._head, *left_out, *self._tail]))

    def _take(self, text: str) -> None:
        if not text:
            return
        seen, self._seen = self._seen, (self._seen + text)[-_SEEN:]
        text = self._masker.mask(seen + text, len(seen))
        before, *parts = text.split(self._divider) if self._divider else [text]
        self._keep(before)
        for part in parts:
            self._end_part()
            self._begin_part()
            self._keep(self._divider + part)
        if self._listen is not None:
            for line in CONTROL.sub("", text).removesuffix("\n").split("\n"):
                self._listen(line.rstrip("\r").rpartition("\r")[2])

    def _keep(self, text: str) -> None:
        if self._room:
            self._head.append(text[: self._room])
            text = text[self._room :]
            self._room -= len(self._head[-1])
        if text:
            self._tail.append(text)
            self._tail_length += len(text)
        while self._tail and self._tail_length - len(self._tail[0]) >= KEPT:
            left_out = len(self._tail.popleft())
            self._tail_length -= left_out
            self._left_out += left_out
