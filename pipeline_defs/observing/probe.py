"""Probe: something is asked within a time, also where it does not answer at all."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Generic, TypeVar

T = TypeVar("T")


class Probe(Generic[T]):
    """One question. While it is not answered nobody asks it again: what hangs would hang many times."""

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        """`ask` may raise anything, and take for ever."""
        self._name, self._ask = name, ask
        self._lock = threading.Lock()
        self._going_on: Future[T] | None = None
        self._begun = 0.0

    def begin(self) -> None:
        """Ask, unless an earlier one is not answered yet."""
        with self._lock:
            if self._going_on is None:
                self._begun = time.monotonic()
                self._going_on = Future()
                threading.Thread(target=self._answer, args=(self._going_on,), name=self._name, daemon=True).start()

    def result(self, until: float) -> T:
        """The answer to what was begun, at the latest at `until` of time.monotonic(). Raises TimeoutError, or what the question raised."""
        asked = self._going_on
        if asked is None:
            raise TimeoutError("it was not asked")
        try:
            answer = asked.result(max(until - time.monotonic(), 0.0))
        except NotInTime:
            if not asked.done():
                raise TimeoutError(f"it has not answered for {time.monotonic() - self._begun:.0f} s") from None
            raise
        finally:
            if asked.done():
                self._going_on = None
        return answer

    def _answer(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as error:
            asked.set_exception(error)
