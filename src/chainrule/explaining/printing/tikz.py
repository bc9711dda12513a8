r"""The graph as a TikZ picture for plain pdflatex: absolute coordinates, and styles with names of their own.

The styles begin with ``chainrule``, since names such as ``in`` and ``out`` have a meaning in TikZ. The y axis points
down, as on the page. Only the package tikz is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.explaining.drawing.layout import Box, Layout, Path, arrange
from chainrule.explaining.printing.formulas import (
    in_product,
    in_product_latex,
    name_latex,
    partial_latex,
    shown,
    shown_latex,
    to_latex,
    to_text,
)
from chainrule.explaining.printing.wording import is_one_of_many
from chainrule.explaining.record import Edge, Message, Node, Record

__all__ = ["tikz"]

_LETTER = 5.2  # points that a letter takes, about
_NODE = (92.0, 78.0)
_LABEL = (104.0, 56.0)
_BARE = (12.0, 16.0)  # an edge without a message
_GAP = (30.0, 14.0)
_LINE = 345.0  # the width of a line in LaTeX's article

_STYLES = r"""  x=1pt, y=-1pt,
  chainrule box/.style={rounded corners=4pt, draw=black!60, fill=white},
  chainrule input/.style={chainrule box, fill=green!8},
  chainrule constant/.style={chainrule box, fill=black!5, draw=black!40},
  chainrule operation/.style={chainrule box},
  chainrule result/.style={chainrule box, fill=orange!18},
  chainrule message/.style={rounded corners=3pt, draw=red!65!black, fill=red!4},
  chainrule forward/.style={draw=blue!65!black, line width=0.6pt},
  chainrule backward/.style={draw=red!65!black, line width=0.6pt, dashed},
  chainrule formula/.style={font=\small, inner sep=0pt},
  chainrule value/.style={font=\footnotesize, text=blue!65!black, inner sep=0pt},
  chainrule gradient/.style={font=\footnotesize, text=red!65!black, inner sep=0pt}"""

# amsmath's commands, for documents without it; beamer has it, and a frame may not hold definitions.
_COMMANDS = {
    r"\operatorname": r"\providecommand{\operatorname}[1]{\mathop{\mathrm{#1}}\nolimits}",
    r"\text{": r"\providecommand{\text}[1]{\mbox{#1}}",
}


@dataclass(frozen=True)
class _Moments:
    """The number of the step at which each thing is there, by node or by message."""

    value: dict[int, int]
    gradient: dict[int, int]
    message: dict[int, int]


def tikz(record: Record, *, beamer: bool = False, document: bool = False) -> str:
    """The graph with values on its nodes and messages on its edges.

    Args:
        record: what is drawn.
        beamer: overlays for the class beamer: slide n shows what is known after step n.
        document: whether the rest of a document stands around it.
    """
    layout = arrange(record, lambda node: _node_size(record, node), lambda edge: _label_size(record, edge), _GAP)
    picture = _picture(record, layout, beamer)
    if not document:
        return _fitted(picture, layout, beamer)
    return _slides(_fitted(picture, layout, beamer)) if beamer else _page(picture, layout)


# -- around the picture ----------------------------------------------------------------------------------


def _picture(record: Record, layout: Layout, beamer: bool) -> str:
    moments = _moments(record)
    lines = [f"\\path[use as bounding box] (0,0) rectangle ({_number(layout.width)},{_number(layout.height)});"]
    for edge in record.edges:
        lines.append(_shown_from(moments.value.get(edge.parent, 1), _forward(edge, layout), beamer))
    for node in record.nodes:
        lines += _node(record, node, layout.nodes[node.id], moments, beamer)
    for place, message in enumerate(record.messages):
        label = "\n    ".join(_message(record, message, layout))
        lines.append(_shown_from(moments.message.get(place, 1), label, beamer))
    body = "\n".join(f"  {line}" for line in lines)
    needed = [] if beamer else [definition for command, definition in _COMMANDS.items() if command in body]
    commands = "".join(f"{definition}%\n" for definition in needed)
    return f"{commands}\\begin{{tikzpicture}}[\n{_STYLES}]\n{body}\n\\end{{tikzpicture}}"


def _fitted(picture: str, layout: Layout, beamer: bool) -> str:
    """The picture, made smaller where it is wider than a line."""
    is_high = layout.height > 0.6 * layout.width
    if beamer:
        size = r"{!}{0.85\textheight}" if is_high else r"{\textwidth}{!}"
        return f"\\resizebox{size}{{%\n{picture}}}\n"
    return f"\\noindent\\resizebox{{\\linewidth}}{{!}}{{%\n{picture}}}\n" if layout.width > _LINE else f"{picture}\n"


def _page(picture: str, layout: Layout) -> str:
    """A document of one page, of the picture's size."""
    width, height = f"{_number(layout.width)}pt", f"{_number(layout.height)}pt"
    lengths = {"pdfhorigin": "0pt", "pdfvorigin": "0pt", "pdfpagewidth": width, "pdfpageheight": height}
    lengths |= {"paperwidth": width, "paperheight": height}  # pgf sets the page's size from these
    lengths |= dict.fromkeys(("topmargin", "headheight", "headsep", "oddsidemargin", "parindent", "topskip"), "0pt")
    lengths |= {"textwidth": width, "textheight": f"{_number(layout.height + 1)}pt", "maxdepth": "0pt"}
    set_ = "\n".join(f"\\{name}={length}" for name, length in lengths.items())
    start = f"\\documentclass{{article}}\n\\usepackage{{tikz}}\n\\pagestyle{{empty}}\n{set_}\n\\begin{{document}}\n"
    return f"{start}\\noindent\n{picture}\n\\end{{document}}\n"


def _slides(picture: str) -> str:
    start = (
        "\\documentclass{beamer}\n\\usepackage{tikz}\n\\setbeamertemplate{navigation symbols}{}\n\\begin{document}\n"
    )
    return f"{start}\\begin{{frame}}\n\\centering\n{picture}\\end{{frame}}\n\\end{{document}}\n"


def _shown_from(step: int, drawing: str, beamer: bool) -> str:
    """The drawing; on slides, from the given step on."""
    return f"\\onslide<{step}->{{{drawing}}}" if beamer else drawing


def _moments(record: Record) -> _Moments:
    moments = _Moments({}, {}, {})
    for step in record.steps:
        if step.kind == "message" and step.message is not None:
            moments.message[step.message] = step.number
        elif step.kind == "forward":
            moments.value[step.node] = step.number
        else:
            moments.gradient[step.node] = step.number
    return moments


# -- nodes -----------------------------------------------------------------------------------------------


def _node_size(record: Record, node: Node) -> tuple[float, float]:
    gradient = "" if node.gradient is None else shown(node.gradient)
    lines = [_formula_text(node), shown(node.value), f"{'d' if node.shape else ''}{node.name} = {gradient}"]
    width = max(_NODE[0], 16 + _LETTER * max(map(len, lines)))
    return width, _NODE[1]


def _formula_text(node: Node) -> str:
    name = node.name
    return f"{name} = {to_text(node.formula)}" if node.kind == "operation" else name


def _node(record: Record, node: Node, box: Box, moments: _Moments, beamer: bool) -> list[str]:
    """The box, always there; the formula and the value; the gradient, where there is one."""
    style = "result" if node.id == record.output else node.kind
    formula = name_latex(node.name)
    if node.kind == "operation":
        formula += f" = {to_latex(node.formula)}"
    value = _line("value", box, 0.52, shown_latex(node.value))
    lines = [
        f"\\path[chainrule {style}] {_corners(box)};",
        _line("formula", box, 0.24, formula),
        _shown_from(moments.value.get(node.id, 1), value, beamer),
    ]
    if node.gradient is not None:
        gradient = _line("gradient", box, 0.79, f"{_gradient(record, node)} = {shown_latex(node.gradient)}")
        lines.append(_shown_from(moments.gradient.get(node.id, 1), gradient, beamer))
    return lines


def _gradient(record: Record, node: Node) -> str:
    return rf"\mathrm{{d}}\,{name_latex(node.name)}" if node.shape else partial_latex(record.name, node.name)


def _line(style: str, box: Box, down: float, formula: str) -> str:
    """One line of text, centred so far down in the box."""
    at = f"({_number(box.x + box.width / 2)},{_number(box.y + down * box.height)})"
    return f"\\node[chainrule {style}] at {at} {{$\\displaystyle {formula}$}};"


def _corners(box: Box) -> str:
    return f"({_number(box.x)},{_number(box.y)}) rectangle ({_number(box.right)},{_number(box.bottom)})"


# -- edges -----------------------------------------------------------------------------------------------


def _label_size(record: Record, edge: Edge) -> tuple[float, float]:
    message = _message_along(record, edge)
    if message is None:
        return _BARE
    if message.is_array:
        child = record.nodes[edge.child].name
        lines = [f"d{child} = {to_text(message.local)}", shown(message.product)]
    else:
        lines = [f"{shown(message.upstream)} . {in_product(message.factor or 0.0)} = {shown(message.product)}"]
    return max(_LABEL[0], 12 + _LETTER * max(map(len, lines))), _LABEL[1]


def _message_along(record: Record, edge: Edge) -> Message | None:
    return next((message for message in record.messages_to[edge.child] if message.edge == edge), None)


def _forward(edge: Edge, layout: Layout) -> str:
    """One line from end to end: the message's box will cover its middle."""
    return _path("forward", layout.forward[edge], through=True)


def _message(record: Record, message: Message, layout: Layout) -> list[str]:
    """The line backwards, and the box on it with the product."""
    box = layout.labels[message.edge]
    first, second = _message_lines(record, message)
    return [
        _path("backward", layout.backward[message.edge], through=False),
        f"\\path[chainrule message] {_corners(box)};",
        _line("gradient", box, 0.34, first),
        _line("gradient", box, 0.76, second),
    ]


def _message_lines(record: Record, message: Message) -> tuple[str, str]:
    parent, child = record.nodes[message.edge.parent], record.nodes[message.edge.child]
    value = shown_latex(message.product)
    if message.is_array:
        sign = r"\mathrel{{+}{=}}" if is_one_of_many(message, record) else "="
        return rf"\mathrm{{d}}\,{name_latex(child.name)} {sign} {to_latex(message.local)}", value
    product = partial_latex(record.name, parent.name) + partial_latex(parent.name, child.name)
    numbers = rf"{shown_latex(message.upstream)} \cdot {in_product_latex(message.factor or 0.0)} = {value}"
    return product, numbers


def _path(style: str, path: Path, through: bool) -> str:
    """The pieces of a line, the last with an arrow; ``through`` joins them."""
    pieces = [_curves(piece) for piece in path]
    if through:
        pieces = [" -- ".join(pieces)]
    styles = [f"chainrule {style}"] * (len(pieces) - 1) + [f"chainrule {style}, -latex"]
    return " ".join(f"\\draw[{own}] {piece};" for own, piece in zip(styles, pieces, strict=True))


def _curves(piece: Sequence[tuple[float, float]]) -> str:
    """A start, then two control points and an end for each curve."""
    start, *rest = [f"({_number(x)},{_number(y)})" for x, y in piece]
    curves = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return start + "".join(f" .. controls {one} and {two} .. {end}" for one, two, end in curves)


def _number(size: float) -> str:
    return f"{size:.2f}".rstrip("0").rstrip(".")
