"""An explanation: a record that prints itself in every form, and saves itself by a file's ending."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.explaining.record import Edge, Message, Node, Record, Step
from chainrule.files import write_bytes_atomically

if TYPE_CHECKING:
    from chainrule.explaining.compare import Comparison
    from chainrule.explaining.paths import Path as GradientPath

__all__ = ["FORMS", "Explanation"]

FORMS = ("both", "chain", "rule", "numbers")
LARGEST = 64  # entries of an array in JSON
MOST_DRAWN_TWICE = 16  # nodes; larger pages leave out the forms that are long


@dataclass(frozen=True, eq=False)
class Explanation:
    """What `explain` gives. ``print`` shows the text form; in a notebook it shows the page.

    >>> from chainrule import explain
    >>> answer = explain("exp(a)/sqrt(b)*log(a+b)", a=1, b=2)
    >>> round(answer.value, 3), {name: round(value, 4) for name, value in answer.gradients.items()}
    (2.112, {'a': 2.7524, 'b': 0.1128})

    Args:
        record: all that is known.
        comparison: with another backward, if one was asked for.
    """

    record: Record
    comparison: Comparison | None = None

    @property
    def nodes(self) -> Sequence[Node]:
        """Inputs, constants and operations."""
        return self.record.nodes

    @property
    def edges(self) -> Sequence[Edge]:
        """From each operand to the operation that uses it."""
        return self.record.edges

    @property
    def messages(self) -> Sequence[Message]:
        """What is sent back along the edges, in order."""
        return self.record.messages

    @property
    def steps(self) -> Sequence[Step]:
        """The whole computation, numbered once."""
        return self.record.steps

    @property
    def value(self) -> Any:
        """The result."""
        return self.nodes[self.record.output].value

    @property
    def gradients(self) -> dict[str, Any]:
        """The derivative of the result with respect to each input that has one, by name."""
        return {node.name: node.gradient for node in self.record.inputs if node.gradient is not None}

    @property
    def agrees(self) -> bool:
        """Whether every gradient agrees with a central difference."""
        return all(check.agrees for check in self.record.checks)

    def why(self, name: str) -> GradientPath:
        """Why the gradient of an input is small or large: its strongest path, and the factors along it."""
        from chainrule.explaining.paths import strongest_path

        return strongest_path(self.record, name)

    # -- printing ------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.text()

    def text(self, form: str = "both") -> str:
        """As plain text.

        Args:
            form: ``"chain"``: products of partial derivatives; ``"rule"``: local derivatives filled in; ``"numbers"``;
                ``"both"``: chain and numbers.
        """
        from chainrule.explaining.printing.text import text

        said = text(self.record, _checked(form))
        return said if self.comparison is None else f"{said.rstrip()}\n\n{self.comparison}\n"

    def latex(self, form: str = "both", *, document: bool = False) -> str:
        """As LaTeX: ``align*`` environments, or a whole document for pdflatex."""
        from chainrule.explaining.printing.latex import latex

        return latex(self.record, _checked(form), document=document)

    def tikz(self, *, beamer: bool = False, document: bool = False) -> str:
        """The graph as a TikZ picture; with ``beamer``, one overlay a step."""
        from chainrule.explaining.printing.tikz import tikz

        return tikz(self.record, beamer=beamer, document=document)

    def svg(self, *, fold: bool | None = None) -> str:
        """The finished graph as an SVG picture.

        Args:
            fold: whether equal terms of a sum are drawn once, with "x 3"; if left out, in graphs of more than 40 nodes.
        """
        from chainrule.explaining.drawing.folding import drawn
        from chainrule.explaining.drawing.picture import svg

        return svg(drawn(self.record, fold))

    def png(self, *, fold: bool | None = None) -> bytes:
        """The finished graph as a PNG picture; for ``fold`` see `svg`."""
        from chainrule.explaining.drawing.folding import drawn
        from chainrule.explaining.drawing.picture import png

        return png(drawn(self.record, fold))

    def html(self, *, blank: bool = False) -> str:
        """The page that steps through it; with ``blank``, the exercise sheet."""
        from chainrule.explaining.paging.page import page

        if blank:
            return page(self.record, blank=True)
        texts = {"text": self.text()}
        if len(self.nodes) <= MOST_DRAWN_TWICE:
            texts |= {"LaTeX": self.latex(), "TikZ": self.tikz()}
        return page(self.record, texts=texts)

    def dot(self, *, fold: bool | None = None) -> str:
        """The graph in Graphviz's language; for ``fold`` see `svg`."""
        from chainrule.explaining.drawing.folding import drawn
        from chainrule.explaining.drawing.graph_text import dot

        return dot(drawn(self.record, fold))

    def mermaid(self, *, fold: bool | None = None) -> str:
        """The graph in Mermaid's language; for ``fold`` see `svg`."""
        from chainrule.explaining.drawing.folding import drawn
        from chainrule.explaining.drawing.graph_text import mermaid

        return mermaid(drawn(self.record, fold))

    def json(self) -> str:
        """The record as JSON; arrays of more than 64 entries as shape and range."""
        record = self.record
        data = {
            "name": record.name,
            "subject": record.subject,
            "value": _plain(self.value),
            "nodes": [_fields(node) for node in record.nodes],
            "edges": [_fields(edge) for edge in record.edges],
            "messages": [{**_fields(message), "edge": _fields(message.edge)} for message in record.messages],
            "steps": [_fields(step) for step in record.steps],
            "checks": [_fields(check) for check in record.checks],
            "notes": list(record.notes),
        }
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write a file whose ending says in which form: .html, .txt, .tex, .tikz, .svg, .png, .dot, .mmd, .json.

        Raises:
            ValueError: there is no form of that ending.
        """
        forms = self._forms()
        ending = Path(path).suffix.lower()
        if ending not in forms:
            raise ValueError(f"{path}: no form has the ending {ending!r}; there are {', '.join(forms)}")
        content = forms[ending]()
        write_bytes_atomically(path, content.encode() if isinstance(content, str) else content)

    def _forms(self) -> Mapping[str, Callable[[], str | bytes]]:
        return {
            ".html": self.html,
            ".txt": self.text,
            ".tex": lambda: self.latex(document=True),
            ".tikz": self.tikz,
            ".svg": self.svg,
            ".png": self.png,
            ".dot": self.dot,
            ".mmd": self.mermaid,
            ".json": self.json,
        }

    def _repr_html_(self) -> str:
        # An iframe has its own styles and script, and survives export without a kernel.
        page = html.escape(self.html(), quote=True)
        style = "width: 100%; height: 44rem; border: 0"
        return (
            f'<iframe srcdoc="{page}" style="{style}" title="{html.escape(self.record.subject, quote=True)}"></iframe>'
        )

    def __repr__(self) -> str:
        nodes, messages = len(self.nodes), len(self.messages)
        return f"<Explanation of {self.record.subject}: {nodes} nodes, {messages} messages>"


def _checked(form: str) -> str:
    if form not in FORMS:
        raise ValueError(f"form is {form!r}; expected one of {', '.join(FORMS)}")
    return form


def _fields(record: Any) -> dict[str, Any]:
    return {name: _plain(getattr(record, name)) for name in record.__dataclass_fields__ if name != "edge"}


def _plain(value: Any) -> Any:
    """As JSON has it: nan and infinities as text, large arrays as shape and range."""
    if isinstance(value, np.ndarray):
        if value.size <= LARGEST:
            return [_plain(entry) for entry in value.tolist()] if value.ndim < 2 else [_plain(row) for row in value]
        return {"shape": list(value.shape), "from": _plain(float(value.min())), "to": _plain(float(value.max()))}
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    return list(value) if isinstance(value, tuple) else value
