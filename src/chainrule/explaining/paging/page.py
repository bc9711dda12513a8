"""An explanation as one HTML file: the graph with a step bar, the tables, a quiz; and the sheet to fill in.

All that is ever seen stands in the page from the start, each thing with the step from which on it is known
(``data-at``) and the steps that are about it (``data-now``). The script only hides what is not known yet, so the page
is complete without it, and in print.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files

from chainrule.explaining.paging.page_entries import Entries
from chainrule.explaining.paging.page_formulas import Formulas
from chainrule.explaining.paging.page_graph import Graph
from chainrule.explaining.paging.page_parts import number, safe
from chainrule.explaining.paging.page_reasons import Reasons
from chainrule.explaining.paging.page_steps import Steps
from chainrule.explaining.paging.page_tables import Tables
from chainrule.explaining.printing import formulas
from chainrule.explaining.record import Record
from chainrule.showing.page import render

__all__ = ["page"]


def page(record: Record, *, blank: bool = False, texts: Mapping[str, str] | None = None) -> str:
    """The page as text; the same record always gives the same page.

    Args:
        record: what is explained.
        blank: the exercise sheet instead: the graph without messages, tables without values, lines to write on.
        texts: other forms of the same explanation by label, ``"LaTeX"``: each gets a button that shows it.
    """
    script, steps, graph = _script(), Steps(record), Graph(record)
    text = render(
        "chainrule.explaining.paging",
        "explain.html",
        [],
        steps=steps,
        graph=graph,
        formulas=Formulas(record),
        tables=Tables(record, steps, blank),
        reasons=Reasons(record),
        entries=Entries(record) if graph.is_detailed else None,
        number=number,
        shown=formulas.shown,
        record=record,
        blank=blank,
        texts=dict(texts or {}),
        style=safe(_style()),
        script=safe(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    # The template's indentation, some kilobytes of it, and line ends where blocks begin or end anyway.
    text = re.sub(r"\s{2,}<", "\n<", text)
    return re.sub(r">\n<(/?(?:div|tr|td|th|tbody|thead|path|section)\b)", r"><\1", text)


def _script() -> str:
    # Without indentation and comments, which are for the authors.
    return re.sub(r"\n//[^\n]*", "", re.sub(r"\n\s+", "\n", _file("explain.js")))


def _style() -> str:
    return re.sub(r"\s*([{};:,])\s+", r"\1", _file("explain.css"))


def _file(name: str) -> str:
    return (files("chainrule.explaining.paging") / "templates" / name).read_text(encoding="utf-8")
