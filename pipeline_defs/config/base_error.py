"""Base error: the base class of everything that is told to a person in one sentence."""

from typing import ClassVar


class ShiplineError(Exception):
    """Something expected went wrong. Its text is what a person reads: what failed, where, what was found, and the remedy.

    Attributes:
        sentence: what went wrong.
        remedy: what to do about it, empty where the sentence says so.
        status: the exit status of a command that ends with it: 1, or 2 where what was asked for makes no sense.
    """

    status: ClassVar[int] = 1

    def __init__(self, sentence: str, remedy: str = "") -> None:
        self.sentence = sentence
        self.remedy = remedy
        super().__init__("; ".join(part for part in (sentence, remedy) if part))
