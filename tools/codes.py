"""Writes docs/codes.md, the table of every mistake that has a name, from the table that `check` itself uses.

python tools/codes.py
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

from chainrule.checking.codes import GROUPS, Code

PAGE = Path(__file__).parents[1] / "docs" / "codes.md"

START = """\
# Codes

Every mistake that `check` has a name for: what its author reads, a line that earns it, and the line as it should be.
Words in italics are filled in: *part* is what the author calls the result, `dw` or `forward`. A code is a stable name,
made to be looked up, counted and tested for. A *warning* leaves the verdict as it is; with an *unsure* one it is
"cannot tell". [Check](11-check.md) shows them at work. `python tools/codes.py` writes this page.
"""


def page() -> str:
    """The text of the page."""
    groups = (f"## {title}\n\n{_table(codes)}" for title, codes in GROUPS.items() if codes)
    return "\n".join([START, *groups])


def _table(codes: tuple[Code, ...]) -> str:
    rows = ["| code | what you read | wrong | right |", "| --- | --- | --- | --- |"]
    for code in codes:
        name = f"`{code.name}`" if code.severity == "error" else f"`{code.name}` *{code.severity}*"
        rows.append(f"| {name} | {sentence(code)} | {_code(code.wrong)} | {_code(code.right)} |")
    return "\n".join(rows) + "\n"


def sentence(code: Code) -> str:
    """The sentence and the hint as Markdown, with fields in italics; what is only sometimes added is left out."""
    return " ".join("".join(_pieces(text)).strip() for text in (code.sentence, code.hint) if text)


def _pieces(text: str) -> Iterator[str]:
    before, in_code = "", False
    for literal, field, _, _ in string.Formatter().parse(text):
        before += literal
        in_code ^= literal.count("`") % 2 == 1
        yield _escaped(literal)
        if field and in_code:
            yield field
        elif field and not re.search(r"[\w.)]$", before):  # else an addition: "too large{because}."
            yield f"*{field}*"
        before += "x" if field else ""


def _escaped(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part.replace("|", r"\|") if part.startswith("`") else re.sub(r"([*|<>\[\]\\])", r"\\\1", part) for part in parts
    )


def _code(line: str) -> str:
    return "<br>".join(f"`{one}`" for one in line.replace("|", r"\|").splitlines())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
