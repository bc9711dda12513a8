"""What it means for a call how the process ended."""

from __future__ import annotations

import os
import platform
import signal

from chainrule.grading.confinement.inside.child import OUT_OF_MEMORY
from chainrule.grading.confinement.inside.numbers import name_of
from chainrule.grading.confinement.process import Ended
from chainrule.grading.outcome import Outcome

__all__ = ["outcome_of"]


def outcome_of(ended: Ended) -> Outcome:
    """For a process that was gone, or had closed its channel, before it answered."""
    if ended.killed:
        return Outcome("protocol", detail="it closed its channel and went on running")
    if not os.WIFSIGNALED(ended.status):
        status = os.waitstatus_to_exitcode(ended.status)
        if status == OUT_OF_MEMORY:
            return Outcome("memory", message="It took too much memory.")
        return Outcome("crashed", message="The process ended itself.", detail=f"exit status {status}")
    number = os.WTERMSIG(ended.status)
    name = _signal_name(number)
    if name == "SIGSYS":
        return _forbidden(ended)
    if name == "SIGXCPU":
        return Outcome("timeout", message="It ran for too long.", detail=name)
    if name == "SIGKILL":
        # The grader did not, and the process cannot send itself signals: the kernel did, when memory ran out.
        return Outcome("memory", message="It took too much memory.", detail="SIGKILL, by the kernel")
    what = "A segmentation fault" if name == "SIGSEGV" else f"The signal {name}"
    return Outcome("crashed", message=f"{what} ended the process.", detail=name)


def _forbidden(ended: Ended) -> Outcome:
    """The kernel is sure that it was forbidden; what it was is the process's own note."""
    call = name_of(ended.refused, platform.machine()) if ended.refused > 0 else ""
    detail = call or ended.where or "a system call without a name, most likely a thread or a process"
    said = ", ".join(filter(None, (call, ended.where)))
    return Outcome("forbidden", message=f"It tried what is not allowed here: {said or detail}", detail=detail)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
