"""Do long programs crawl? Tracing, differentiating and compiling a chain of 50,000 operations, per operation."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, timed

LENGTHS = (5_000, 50_000)


def rows() -> list[Row]:
    import chainrule

    def chain(length):
        def f(x):
            for _ in range(length):
                x = np.sin(x)
            return x

        return f

    questions = {
        "trace": lambda length: chainrule.trace(chain(length), 1.0),
        "grad": lambda length: chainrule.grad(chain(length))(1.0),
        "compile the gradient": lambda length: chainrule.compile(chainrule.grad(chain(length)))(1.0),
    }
    table = []
    for name, run in questions.items():
        short, long = (timed(lambda run=run, length=length: run(length)) / length for length in LENGTHS)
        measured = f"{long / short:.2f} ({short * 1e6:.0f} us, {long * 1e6:.0f} us)"
        table.append(
            Row(
                f"{name}: time per operation, chain of 50,000 / of 5,000",
                "about 1",
                measured,
                long / short < 2,
            )
        )
    return table
