"""Whole answer: a time limit for all of an HTTP answer.

That of `requests` is for each byte: who sends one at a time would hold whoever asks for good.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


def within(seconds: float, ask: Callable[[], _T]) -> _T:
    """What is answered within so many seconds. Raises TimeoutError after them, and what `ask` raises.

    What is given up goes on in a thread of its own, whose answer nobody hears.
    """
    answer: Future[_T] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # whoever waits has to hear of it
            answer.set_exception(error)

    Thread(target=work, name="answer", daemon=True).start()
    return answer.result(seconds)
