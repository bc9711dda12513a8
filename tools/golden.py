"""Writes the sheet's expressions A, B and C in every form into tests/explaining/golden: look at them before committing.

python tools/golden.py
"""

from __future__ import annotations

from pathlib import Path

from chainrule import explain

FOLDER = Path(__file__).parents[1] / "tests" / "explaining" / "golden"
SHEET = {
    "A": ("A = exp(a)/sqrt(b)*log(a+b)", {"a": 1, "b": 2}),
    "B": ("B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)", {"a": 1, "b": 2, "c": 3}),
    "C": ("C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)", {"w0": 1, "w1": 2, "x": [1, 2, 3], "y": [2, 5, 9]}),
}
ENDINGS = (".txt", ".tex", ".tikz", ".svg", ".dot", ".mmd")


def forms() -> dict[str, str]:
    """Name of the file -> its text."""
    texts = {}
    for name, (expression, values) in SHEET.items():
        answer = explain(expression, **values)
        printers = dict(
            zip(
                ENDINGS,
                (answer.text, lambda answer=answer: answer.latex(document=True), answer.tikz, answer.svg, answer.dot,
                 answer.mermaid),
                strict=True,
            )
        )  # fmt: skip
        texts |= {f"{name}{ending}": printer() for ending, printer in printers.items()}
        texts |= {f"{name}-{form}.txt": answer.text(form) for form in ("chain", "rule", "numbers")}
    return texts


if __name__ == "__main__":
    for name, text in forms().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
