"""Reading ahead: the next batches are read and converted while the present one is computed on."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

__all__ = ["prefetched"]

Item = TypeVar("Item")

_END = StopIteration()


def prefetched(items: Iterator[Item], ahead: int = 2) -> Generator[Item]:
    """The same items, made by a thread that is up to ``ahead`` of them ahead.

    An error in ``items`` is raised where its item would have come. Closing the generator ends the thread, after the
    item that is being made.
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(ahead)
    closed = threading.Event()

    def put(item: Item | None, error: BaseException | None = None) -> None:
        while not closed.is_set():
            with contextlib.suppress(queue.Full):
                made.put((item, error), timeout=0.1)
                return

    def make() -> None:
        try:
            for item in items:
                put(item)
                if closed.is_set():
                    return
            put(None, _END)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=make, name="chainrule reads ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if error is _END:
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        closed.set()
        thread.join()
