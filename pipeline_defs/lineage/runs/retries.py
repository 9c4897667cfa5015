"""Retries: what was not taken is tried again, in growing distances."""

from pydantic import BaseModel

_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
_MOST_TRIES = 30
"""In growing distances: about a day. A permission may be given, and a service come back, until then."""


class Retry(BaseModel):
    """Something that was not taken: how often it was tried, and when to try it again, in seconds since 1970."""

    tries: int
    after: float

    @classmethod
    def following(cls, before: "Retry | None", now: float) -> "Retry":
        """After one more try: 1, 2, 4 … 60 minutes later."""
        tries = before.tries + 1 if before else 1
        return cls(tries=tries, after=now + min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE))

    @property
    def given_up(self) -> bool:
        """True when it is not tried any more."""
        return self.tries >= _MOST_TRIES
