"""How many wrong implementations are caught, how many are named, how often are right ones accused, and how long does a
check take? Other packages' checkers get the same seeded mistakes and the same awkward implementations.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.gradient_checkers import PEERS, Subject, answer, is_installed
from benchmarks.measure import Row, timed

TESTS = Path(__file__).parents[1] / "tests" / "checking"
ROUNDS = 5
FIRST = """
import sys, time
sys.path.insert(0, {tests!r})
from catalogue.asking import asked
from catalogue.variants import activations, linear
asked(activations.RELU_PAIR)  # everything is imported now
start = time.perf_counter()
asked(linear.PAIR)
print(time.perf_counter() - start)
"""


def rows() -> list[Row]:
    # What is measured is the tests' own catalogue.
    sys.path.insert(0, str(TESTS))
    return [*_catalogue(), *_mutants(), *_right(), *_compared(), *_times()]


def _catalogue() -> list[Row]:
    from catalogue.asking import asked, is_caught, is_named, specific
    from catalogue.wrong import WRONG

    reports = [(wrong, asked(wrong)) for wrong in WRONG]
    caught = sum(is_caught(wrong, report) for wrong, report in reports)
    named = sum(is_named(wrong, report) for wrong, report in reports)
    generic = sum(is_caught(wrong, report) and not specific(report) for wrong, report in reports)
    total = len(WRONG)
    return [
        Row(f"{total} wrong implementations: caught", "all", f"{caught}", caught == total),
        Row("  by the mistake's own name", ">= 95 %", _share(named, total), named >= 0.95 * total),
        Row("  by a generic code alone", "", _share(generic, total), None),
    ]


def _mutants() -> list[Row]:
    from catalogue.asking import specific
    from catalogue.variants import RIGHT
    from test_mutants import is_seen, reports_of

    answers = [
        (mutant, is_seen(report, own), bool(set(specific(report)) - set(own.codes)))
        for right in RIGHT
        for own, reports in [reports_of(right)]
        for mutant, report in reports
    ]
    total, caught = len(answers), sum(seen for _, seen, _ in answers)
    # Those that Python refuses, a minus before a tuple, say their line themselves.
    running = [(seen, named) for mutant, seen, named in answers if not mutant.refused]
    named = sum(named for _, named in running)
    generic = sum(seen and not named for seen, named in running)
    return [
        Row(f"{total} mutants of {len(RIGHT)} right ones: caught", "all", f"{caught}", caught == total),
        Row(
            f"  {len(running)} of them run: specific",
            ">= 70 %",
            _share(named, len(running)),
            named >= 0.7 * len(running),
        ),
        Row("  by a generic code alone", "", _share(generic, len(running)), None),
    ]


def _right() -> list[Row]:
    from catalogue.asking import alarms, asked
    from catalogue.variants import RIGHT

    false = sum(bool(alarms(asked(right))) for right in RIGHT)
    return [Row(f"{len(RIGHT)} right implementations: false alarms", "0", f"{false}", false == 0)]


# -- beside other checkers ---------------------------------------------------------------------------------


def _compared() -> list[Row]:
    from catalogue.asking import alarms, asked, is_caught, is_named
    from catalogue.awkward import AWKWARD
    from catalogue.seeded import NAMING, SEEDED

    reports = [(wrong, asked(wrong)) for wrong in SEEDED]
    caught = sum(is_caught(wrong, report) for wrong, report in reports)
    named = sum(is_named(wrong, report) for wrong, report in reports)
    false = sum(bool(alarms(asked(right))) for right in AWKWARD)
    question = f"{len(SEEDED)} seeded mistakes and {len(AWKWARD)} awkward right ones: "
    measured = [
        Row(
            question + "ours",
            "21, 19, 0",
            _compared_as(caught, named, false),
            (caught, false) == (21, 0) and named >= 19,
        )
    ]
    for name, (package, peer) in PEERS.items():
        if not is_installed(package):
            measured.append(Row(f"  {name}", "", f"{package} is not installed", None))
            continue
        said = {wrong.name: answer(peer, _subject(wrong, _smooth(wrong))) for wrong in SEEDED}
        caught = sum(message is not None for message in said.values())
        named = sum(
            re.search(NAMING[key], message, re.IGNORECASE) is not None for key, message in said.items() if message
        )
        false = sum(answer(peer, _subject(right, _arrays(right))) is not None for right in AWKWARD)
        measured.append(Row(f"  {name}", "", _compared_as(caught, named, false), None))
    return measured


def _compared_as(caught: int, named: int, false: int) -> str:
    return f"caught {caught}, named {named}, {false} false alarms"


def _smooth(wrong):
    """Arrays without kinks and ties, at which every difference is a derivative."""
    first, *others = _arrays(wrong.right)
    noise = np.random.default_rng(9).uniform(0.01, 0.04, np.shape(first))
    return first + noise, *others


def _arrays(right):
    from catalogue.arrays import arrays_for, with_one_hot
    from catalogue.awkward import SINGLE
    from catalogue.running import run

    arrays = arrays_for(right)[0]
    if right is SINGLE or right.like != "softmax_cross_entropy":
        return arrays
    try:
        run(right.subject, arrays)
    except (ValueError, IndexError):
        return with_one_hot(arrays)
    return arrays


def _subject(entry, arrays) -> Subject:
    from catalogue.running import as_op, run

    subject = entry.subject
    gradients = run(subject, arrays)[1]
    held = isinstance(subject, type) and not hasattr(subject, "addgrad")
    op = as_op(subject() if held else subject, "subject")

    def forward(*arrays):
        out, pull = op.forward(*arrays)

        def pulled(d_out):
            result = pull(d_out)
            return result if isinstance(result, tuple) else (result,)

        return out, pulled

    places = tuple(place for place, gradient in enumerate(gradients) if gradient is not None)
    return Subject(forward, tuple(arrays), places)


# -- time -------------------------------------------------------------------------------------------------


def _times() -> list[Row]:
    from catalogue.asking import asked
    from catalogue.variants import RIGHT

    first = 1e3 * statistics.median(_first() for _ in range(ROUNDS))
    each = [1e3 * statistics.median(timed(lambda right=right: asked(right)) for _ in range(3)) for right in RIGHT]
    many = statistics.median(each)
    return [
        Row("the first check of an op, after imports", "< 50 ms", f"{first:.0f} ms", first < 50),
        Row("each of many, median (slowest)", "< 5 ms", f"{many:.1f} ms ({max(each):.0f} ms)", many < 5),
    ]


def _first() -> float:
    command = [sys.executable, "-c", FIRST.format(tests=str(TESTS))]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def _share(part: int, total: int) -> str:
    return f"{part} ({part / total:.0%})"
