"""What a submission was asked where it ran, and what came back from there: arrays, or how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy.typing as npt

__all__ = ["Call", "Outcome", "Status"]

Status = Literal["answered", "not implemented", "crashed", "timeout", "memory", "protocol", "forbidden", "grader error"]


@dataclass(frozen=True, eq=False)
class Call:
    """One run of a probe.

    Args:
        probe: its text, a function definition.
        function: its name.
        arrays: for it.
    """

    probe: str
    function: str
    arrays: tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """How one call ended.

    Args:
        status: ``"answered"``: there are results. ``"not implemented"``: a stub, or a name that is missing.
            ``"crashed"``: an exception, or the process ended. ``"timeout"``, ``"memory"``: a limit was reached.
            ``"protocol"``: what came back was no answer. ``"forbidden"``: it tried what is not allowed.
            ``"grader error"``: ours; never scored.
        results: arrays by name.
        message: of an exception: its kind, message and line in the submission; only shown for public cases.
        detail: for the teacher: the signal, the system call, the frame that was refused.
    """

    status: Status
    results: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    message: str = ""
    detail: str = ""
