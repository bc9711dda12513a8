"""Running somebody's code: what it gave, or what it raised."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.checking.raising import raised

__all__ = ["Attempt", "attempt", "quiet", "raised"]


@dataclass(frozen=True, eq=False)
class Attempt:
    """What a call gave: a value, or the error that it raised."""

    value: Any = None
    error: BaseException | None = None


def attempt(function: Callable[..., Any], *arguments: Any, **parameters: Any) -> Attempt:
    """Call, and keep the error if there is one; only Ctrl-C gets through."""
    try:
        return Attempt(function(*arguments, **parameters))
    except (Exception, SystemExit) as error:
        return Attempt(error=error)


@contextmanager
def quiet() -> Iterator[None]:
    """What is run prints nothing, and NumPy warns of nothing: a check calls it dozens of times."""
    import warnings

    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield
