"""Ctrl-C while training: held back until the running step is done, so that no parameters are half updated."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["holding_interrupts"]


@contextlib.contextmanager
def holding_interrupts() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C was pressed; a second one interrupts at once.

    Only the main thread gets signals; elsewhere nothing is held back, nor where Ctrl-C is ignored (``nohup``, say).
    """
    pressed = threading.Event()
    in_main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.getsignal(signal.SIGINT)
    # None: the handler was not set from Python, and could not be put back.
    if not in_main_thread or previous in (signal.SIG_IGN, None):
        yield pressed.is_set
        return

    def note(number: int, frame: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, previous)
