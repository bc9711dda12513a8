"""How long does an explanation take, and how large is its page?"""

from __future__ import annotations

import functools
import statistics

import numpy as np

from benchmarks.measure import Row, timed

SHEET = {
    "A": ("exp(a)/sqrt(b)*log(a+b)", {"a": 1, "b": 2}),
    "B": ("sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)", {"a": 1, "b": 2, "c": 3}),
    "C": (
        "sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)",
        {"w0": 1, "w1": 2, "x": [1, 2, 3], "y": [2, 5, 8]},
    ),
}
ROUNDS = 9


def sixty_nodes(a, b, c, d):
    values = [a, b, c, d]
    rng = np.random.default_rng(0)
    for _ in range(56):
        first, second = values[rng.integers(len(values))], values[-1]
        forms = (first * second, first + second, np.sin(first) + second, second / (2 + np.cos(first)))
        values.append(forms[rng.integers(len(forms))])
    return values[-1]


def rows() -> list[Row]:
    from chainrule import explain, ops
    from chainrule.learning import Affine, ReLU, Sequential

    measured = []
    for name, (text, values) in SHEET.items():
        explained = functools.partial(explain, text, **values)
        answer = explained()
        page = answer.html()  # everything is imported now
        seconds = statistics.median(timed(explained) for _ in range(ROUNDS))
        with_page = seconds + statistics.median(timed(answer.html) for _ in range(ROUNDS))
        kilobytes = len(page.encode()) / 1000
        measured += [
            Row(f"explain {name}", "< 50 ms", f"{1e3 * seconds:.0f} ms", seconds < 0.05),
            Row(
                f"  as a page (answer.html(), {len(answer.nodes)} nodes)",
                "< 300 ms, 150 KB",
                f"{1e3 * with_page:.0f} ms, {kilobytes:.0f} KB",
                with_page < 0.3 and kilobytes < 150,
            ),
        ]
    seconds = statistics.median(timed(lambda: explain(sixty_nodes, 0.5, 0.7, 1.1, 0.9)) for _ in range(ROUNDS))
    count = len(explain(sixty_nodes, 0.5, 0.7, 1.1, 0.9).nodes)
    measured.append(Row(f"explain a function of {count} nodes", "< 1 s", f"{seconds:.2f} s", seconds < 1))

    model = Sequential([Affine(784, 128), ReLU(), Affine(128, 10)], rng=0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(128, 784)), rng.integers(0, 10, 128)
    pages: list[str] = []
    seconds = timed(lambda: pages.append(explain(model, x=x, y=y, loss=ops.softmax_cross_entropy).html()))
    megabytes = len(pages[0].encode()) / 1e6
    measured.append(
        Row(
            "784-128-10 model, batch of 128, as a page",
            "< 5 s, 2 MB",
            f"{seconds:.2f} s, {megabytes:.2f} MB",
            seconds < 5 and megabytes < 2,
        )
    )
    return measured
