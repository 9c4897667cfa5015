"""Notification: one thing that happened, in the few words of a message."""

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from pipeline_defs.config.notification_settings import NotificationType, Notify
from pipeline_defs.release.markdown import one_line

_LONGEST = 400
_NO_WIDTH = "\u200b"
_CALLS = re.compile(r"(?<=@)(?=\w)|(?<=<)(?=[!@#])")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n")


class Level(StrEnum):
    """How good or bad it is; services show it by a colour or sign."""

    GOOD = "success"
    SAID = "info"
    WARNING = "warning"
    BAD = "failure"


class Notification(BaseModel):
    """One thing that happened.

    Attributes:
        happenings: what it is; somebody who is told of any of them is told of it, once.
        environment: where; empty for an image, which is made for all of them.
        lines: what else there is to know, (name, text), or a text without a name; links last.
        at: when it was noticed, seconds since 1970.
    """

    model_config = ConfigDict(frozen=True)

    happenings: tuple[NotificationType, ...]
    environment: str
    level: Level
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    at: float = 0.0

    @property
    def body(self) -> str:
        """The lines as text."""
        return "\n".join(f"{name}: {text}" if name else text for name, text in self.lines)

    def is_for(self, notify: Notify) -> bool:
        """Whether they want to be told of it."""
        where = not notify.environments or self.environment in notify.environments
        return where and (not notify.on or not set(self.happenings).isdisjoint(notify.on))


def lines(**known: str) -> tuple[tuple[str, str], ...]:
    """The lines for what is not empty; an underscore in a name becomes a blank."""
    return tuple((name.strip("_").replace("_", " "), text) for name, text in known.items() if text)


def tame(text: str) -> str:
    """Text from outside in one line, in which chats find nobody to call: no `@name`, no `<!channel>`."""
    return _CALLS.sub(_NO_WIDTH, one_line(text, _LONGEST))


def first_sentence(text: str) -> str:
    """The first sentence of an error, tamed."""
    return tame(_SENTENCE_END.split(text.strip(), maxsplit=1)[0])
