"""A process that tries mutants: mutants' numbers come in, verdicts go out, one JSON document a line.

Run as ``python -m chainrule.exercises.linting.child SOURCE``. What mutants print goes nowhere.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

__all__ = ["main"]

MOST_BYTES = 4 << 30


def main(path: str) -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _limit_memory()
    from chainrule.exercises.linting.trial import Trial
    from chainrule.exercises.source import read_source

    trial = Trial(read_source(Path(path)))
    answers.write(json.dumps({"reached": {name: sorted(lines) for name, lines in trial.reached.items()}}) + "\n")
    answers.flush()
    for line in sys.stdin:
        number, only = json.loads(line)
        answers.write(json.dumps(asdict(trial.judge(number, only))) + "\n")
        answers.flush()


def _limit_memory() -> None:
    """A mutant may grow a list without end; where the system has no such limit, the time limit has to do."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_BYTES if hard == resource.RLIM_INFINITY else min(MOST_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    main(sys.argv[1])
