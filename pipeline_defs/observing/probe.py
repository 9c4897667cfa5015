"""Probe: something is asked within a time, also where it does not answer at all."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

T = TypeVar("T")


class Asked(Generic[T]):
    """One question that was asked. Several may wait for its answer."""

    def __init__(self) -> None:
        self.future: Future[T] = Future()
        self._begun = time.monotonic()

    def answer(self, until: float) -> T:
        """The answer, at the latest at `until` of time.monotonic(). Raises TimeoutError, or what the question raised."""
        wait([self.future], max(until - time.monotonic(), 0.0))
        if not self.future.done():
            raise TimeoutError(f"it has not answered for {time.monotonic() - self._begun:.0f} s")
        return self.future.result()


class Probe(Generic[T]):
    """One question that is asked again and again, but not while it is not answered: what hangs would hang many times."""

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        """`ask` may raise anything, and take for ever."""
        self._name, self._ask = name, ask
        self._lock = threading.Lock()
        self._going_on: Asked[T] | None = None

    def begin(self) -> Asked[T]:
        """Ask; or the question that goes on, where there is one."""
        with self._lock:
            if self._going_on is None:
                self._going_on = Asked()
                threading.Thread(target=self._answer, args=(self._going_on,), name=self._name, daemon=True).start()
            return self._going_on

    def _answer(self, asked: Asked[T]) -> None:
        try:
            found = self._ask()
        except BaseException as error:
            self._over()
            asked.future.set_exception(error)
        else:
            self._over()
            asked.future.set_result(found)

    def _over(self) -> None:
        """From now on it is asked anew."""
        with self._lock:
            self._going_on = None
