"""Side by side: work that is done at the same time in threads, and that ends when whoever waits for it is interrupted."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from pipeline_defs.resources.process import GivenUp, given_up

_END_SECONDS = 10.0
"""How long threads may take to stop their programs after an interrupt."""

_LOOK_SECONDS = 0.5

_Result = TypeVar("_Result")
_Work = tuple[Callable[[], _Result], "Future[_Result]"]


def side_by_side(work: Sequence[Callable[[], _Result]], at_once: int) -> list[_Result]:
    """Do all of it, at most so much at once, and give what came of each.

    Raises the first error once all that had begun has ended; what had not begun is left out then. An interrupt stops the programs that
    are running.
    """
    if len(work) == 1:
        return [work[0]()]
    waiting: SimpleQueue[_Work[_Result]] = SimpleQueue()
    futures: list[Future[_Result]] = [Future() for _ in work]
    for each, future in zip(work, futures, strict=True):
        waiting.put((each, future))
    stop = Event()
    threads = [
        Thread(target=copy_context().run, args=(_work_off, waiting, stop), daemon=True)
        for _ in range(max(1, min(at_once, len(work))))
    ]
    for thread in threads:
        thread.start()
    with _stopping(stop, threads):
        for thread in threads:
            while thread.is_alive():  # an interrupt that another thread received is raised between two of these
                thread.join(_LOOK_SECONDS)
    failed = [error for future in futures if future.done() and (error := future.exception())]
    if failed:
        raise failed[0]
    return [future.result() for future in futures]


def _work_off(waiting: "SimpleQueue[_Work[_Result]]", stop: Event) -> None:
    given_up.set(stop)
    while not stop.is_set():
        try:
            each, future = waiting.get_nowait()
        except Empty:
            return
        try:
            future.set_result(each())
        except GivenUp:
            return
        except BaseException as error:  # whoever waits must hear of it
            future.set_exception(error)
            _leave_out_the_rest(waiting)


def _leave_out_the_rest(waiting: "SimpleQueue[_Work[_Result]]") -> None:
    while True:
        try:
            waiting.get_nowait()
        except Empty:
            return


@contextmanager
def _stopping(stop: Event, threads: Sequence[Thread]) -> Iterator[None]:
    """Whoever is interrupted in this block has the threads stop their programs first."""
    try:
        yield
    except BaseException:
        stop.set()
        for thread in threads:
            thread.join(_END_SECONDS)
        raise
