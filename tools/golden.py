"""Writes the sheet's expressions A, B and C in every form into tests/explaining/golden: look at them before committing.

Of the page there is an outline of what it says. JSON has six digits, since the last ones differ between machines.

python tools/golden.py
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
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
        texts[f"{name}.json"] = _rounded(answer.json())
        texts |= {f"{name}-{form}.txt": answer.text(form) for form in ("chain", "rule", "numbers")}
    texts["A-page.txt"] = outline(explain(SHEET["A"][0], **SHEET["A"][1]).html())
    return texts


def _rounded(text: str) -> str:
    data = json.loads(text, parse_float=lambda number: float(f"{round(float(number), 9):.6g}"))
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def outline(page: str) -> str:
    """What a page says, one line each: headings, buttons, rows of tables, boxes, steps; formulas without their form."""
    reader = _Outline()
    reader.feed(page)
    steps = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["steps"]
    said = [f"step {number}: {step['words']}" for number, step in enumerate(steps, 1)]
    signs = ('class="node ', 'class="label"', '<path class="', "data-at=")
    counts = [f"{page.count(sign)} x {sign}" for sign in signs]
    return "\n".join([*reader.lines, "", *said, "", *counts, ""])


class _Outline(HTMLParser):
    """Remembers a line for each heading, button, row, panel, box and remark."""

    LINES = ("title", "h1", "h2", "h3", "p", "button", "tr", "li", "summary")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self._math: list[tuple[str, int]] = []  # open elements of a formula, with how many children have begun

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "div" and said.get("class", "").startswith("node"):
            self.lines.append(f"box: {said['aria-label']}")
        if tag in self.LINES:
            self._open.append((tag, []))
        elif tag in ("th", "td", "div", "math", "dd") and self._open:
            self._open[-1][1].append(" ")
        if tag == "math" or self._math:
            self._child()
            self._math.append((tag, 0))

    def _child(self) -> None:
        """A fraction's second child comes after its bar."""
        if self._math:
            tag, count = self._math[-1]
            self._math[-1] = (tag, count + 1)
            if tag == "mfrac" and count == 1 and self._open:
                self._open[-1][1].append("/")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._math:
            self._math.pop()
        if self._open and self._open[-1][0] == tag:
            words = " ".join("".join(self._open.pop()[1]).split())
            self.lines.append(f"{tag}: {words}")
        elif tag in ("th", "td") and self._open:
            self._open[-1][1].append(" |")


if __name__ == "__main__":
    for name, text in forms().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
