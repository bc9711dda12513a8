"""The graph as text for other programs: Graphviz's DOT, and Mermaid, which many web pages draw."""

from __future__ import annotations

from chainrule.explaining.printing.formulas import in_product, partial_text, shown, to_text
from chainrule.explaining.printing.wording import operand_of
from chainrule.explaining.record import Message, Node, Record

__all__ = ["dot", "mermaid"]

_DOT_STYLES = {
    "input": 'style="rounded,filled", fillcolor="#e7f2e9"',
    "constant": 'style="filled", fillcolor="#eef0f4"',
    "operation": 'style="solid"',
    "result": 'style="filled", fillcolor="#fdf0dc"',
}
_MERMAID_SHAPES = {
    "input": ('(["', '"])'),
    "constant": ('[/"', '"/]'),
    "operation": ('["', '"]'),
    "result": ('["', '"]'),
}
_MERMAID_STYLES = (
    "classDef input fill:#e7f2e9,stroke:#667085,color:#1c2333",
    "classDef constant fill:#eef0f4,stroke:#667085,color:#1c2333",
    "classDef operation fill:#ffffff,stroke:#667085,color:#1c2333",
    "classDef result fill:#fdf0dc,stroke:#667085,color:#1c2333",
)


def dot(record: Record) -> str:
    """The graph for Graphviz: values and gradients on the nodes, messages on the edges.

    An edge is labelled with its message: ``dA/dt3 * dt3/dt1`` and the numbers. One without a message has no label.
    """
    messages = {message.edge: message for message in record.messages}
    lines = [f"digraph {_quoted(record.name)} {{", "  rankdir=LR;", "  node [shape=box];"]
    for node in record.nodes:
        label = _quoted("\n".join(_node_lines(record, node)))
        lines.append(f"  n{node.id} [label={label}, {_DOT_STYLES[_role(record, node)]}];")
    for edge in record.edges:
        label = "\n".join(_message_lines(record, messages[edge])) if edge in messages else ""
        lines.append(f"  n{edge.child} -> n{edge.parent}{f' [label={_quoted(label)}]' if label else ''};")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(record: Record) -> str:
    """The graph as a Mermaid flowchart from left to right, labelled as in `dot`."""
    messages = {message.edge: message for message in record.messages}
    lines = ["flowchart LR", *(f"  {style}" for style in _MERMAID_STYLES)]
    for node in record.nodes:
        role = _role(record, node)
        before, after = _MERMAID_SHAPES[role]
        label = "<br/>".join(_entities(line) for line in _node_lines(record, node))
        lines.append(f"  n{node.id}{before}{label}{after}:::{role}")
    for edge in record.edges:
        label = (
            "<br/>".join(_entities(line) for line in _message_lines(record, messages[edge])) if edge in messages else ""
        )
        arrow = f'-- "{label}" -->' if label else "-->"
        lines.append(f"  n{edge.child} {arrow} n{edge.parent}")
    return "\n".join(lines) + "\n"


def _role(record: Record, node: Node) -> str:
    return "result" if node.id == record.output else node.kind


def _node_lines(record: Record, node: Node) -> list[str]:
    named = f"{node.name} = {to_text(node.formula)}" if node.kind == "operation" else node.name
    count = record.repeats.get(node.id)
    lines = [f"{named} (x {count})" if count else named, shown(node.value)]
    if node.gradient is not None:
        lines.append(f"{partial_text(record.name, node.name)} = {shown(node.gradient)}")
    return lines


def _message_lines(record: Record, message: Message) -> list[str]:
    """The product of derivatives, then its numbers; of arrays, the pull-back, then shape and range."""
    child, parent = record.nodes[message.edge.child].name, record.nodes[message.edge.parent].name
    chain = f"{partial_text(record.name, parent)} * {partial_text(parent, child)}"
    operand = operand_of(message, record)
    chain += f" (operand {operand})" if operand else ""
    if message.factor is None:
        return [chain, f"= {to_text(message.local)}", shown(message.product)]
    return [chain, f"{shown(message.upstream)} * {in_product(message.factor)} = {shown(message.product)}"]


def _quoted(text: str) -> str:
    r"""A DOT string. Graphviz reads a backslash as the start of an escape and ``&`` as that of an HTML entity.

    >>> print(_quoted('a "b"\n\\N'))
    "a \"b\"\n\\N"
    """
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(_printable(line) for line in escaped.splitlines()) + '"'


def _entities(text: str) -> str:
    """Mermaid's own entities, ``#34;``: its strings know no backslash, and its labels are HTML or Markdown.

    >>> _entities('a "<b>"')
    'a #34;#lt;b#gt;#34;'
    """
    named = {'"': "#34;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "\\": "#92;", "`": "#96;"}
    named |= {"*": "#42;", "_": "#95;", "|": "#124;", "%": "#37;", ";": "#59;"}
    return "".join(named.get(sign, sign) for sign in _printable(" ".join(text.splitlines())))


def _printable(text: str) -> str:
    """Without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
