"""What does it cost to grade a class of 1,000, what does a submission that loops cost, and what would others take?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.measure import Row, timed

COUNT = 1_000

EXERCISE = """
# %% given
import numpy as np

# %% task affine
# BEGIN SOLUTION
def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
# END SOLUTION

# %% teacher
from chainrule.exercises import Exercise, Limits, Task, Test


def forward_probe(work, x, w, b):
    return {"out": work.affine_forward(x, w, b)[0]}


def backward_probe(work, x, w, b, dout):
    out, cache = work.affine_forward(x, w, b)
    dx, dw, db = work.affine_backward(dout, cache)
    return {"out": out, "dx": dx, "dw": dw, "db": db}


def forward_inputs(rng, number):
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)


def backward_inputs(rng, number):
    x, w, b = forward_inputs(rng, number)
    return x, w, b, rng.normal(size=(len(x), len(b)))


EXERCISE = Exercise("affine", "Affine", (Task("affine", 10, (
    Test("Forward", forward_probe, forward_inputs, like="affine", forward="out"),
    Test("Backward", backward_probe, backward_inputs, like="affine", forward="out",
         gradients=("dx", "dw", "db"), d_out=3),
)),), limits=Limits(seconds=2.0))
"""

SUBMISSION = """
import numpy as np

number = {number}


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, {dw}, dout.sum(axis=0)
"""
# Four of five are right; the diagnosis of a wrong one takes longer than the rest of its grade.
DW = ("x.T @ dout", "x.T @ dout", "dout.T @ x", "x.T @ dout", "np.einsum('nd,nh->dh', x, dout)")
LOOP = SUBMISSION.replace("x, w = cache", "while True: pass")

# Measured once, on two cores: `nbgrader autograde` of six submissions of one trivial notebook (problem2 of its example
# course) took 6.9 s, one alone 3.2 s. It is not installed with this project.
NBGRADER = "1.2 s (nbgrader 0.9.6)"


def memory(process: int) -> int:
    """Bytes that a process and all below it hold, what they share counted once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) != process and not _is_below(int(folder.name), process):
                continue
            for line in (folder / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    return total


def _is_below(child: int, ancestor: int) -> bool:
    while child > 1:
        child = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
        if child == ancestor:
            return True
    return False


def grade_class(place: Path, texts: list[str], name: str) -> tuple[float, int, list[float]]:
    """Seconds, the most bytes held, and everybody's points."""
    from chainrule.exercises.source import read_source
    from chainrule.grading.running import grade_all

    folder = place / name
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"learner-{number:04}.py").write_text(text)
    source = place / "affine.py"
    source.write_text(EXERCISE)
    held, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            held.append(memory(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    points: list[float] = []
    try:
        seconds = timed(
            lambda: points.extend(
                grade.points
                for grade in grade_all(
                    read_source(source), folder, place / f"{name}-graded", secret=b"0123456789abcdef", workers=2
                )
            )
        )
    finally:
        done.set()
        watcher.join()
    return seconds, max(held), points


def rows() -> list[Row]:
    place = Path(tempfile.mkdtemp(prefix="chainrule-grading-"))
    texts = [SUBMISSION.format(number=number, dw=DW[number % len(DW)]) for number in range(COUNT)]
    seconds, held, points = grade_class(place, texts, "class")
    right = sorted(set(points)) == [5, 10] and sum(points) == 9 * COUNT
    normal, _, _ = grade_class(place, texts[:1], "one")
    looping, _, loop_points = grade_class(place, [LOOP.format(number=0, dw="x")], "loop")
    start = [sys.executable, "-m", "chainrule.cli", "grade", "--help"]
    command = min(timed(lambda: subprocess.run(start, capture_output=True, check=False)) for _ in range(3))
    megabytes = held / 1e6
    return [
        Row(f"grade {COUNT:,} submissions, six calls each", "< 15 s", f"{seconds:.1f} s", right and seconds < 15),
        Row("  all processes' memory", "< 500 MB", f"{megabytes:.0f} MB", 0 < megabytes < 500 if held else None),
        Row("  a submission", NBGRADER, f"{1e3 * seconds / COUNT:.1f} ms", None),
        Row(
            "a submission that loops, of 2 s for all its tests: time beyond that of another one",
            "< 2.5 s",
            f"{looping - normal:.2f} s",
            looping - normal - 2 < 0.5 and loop_points == [5],
        ),
        Row("one submission from nothing: confinement tried, worker started", "< 1 s", f"{normal:.2f} s", normal < 1),
        Row("chainrule grade --help", "< 1 s", f"{command:.2f} s", command < 1),
    ]
