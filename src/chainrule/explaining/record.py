"""The record of an explanation: nodes, edges, messages and steps. Everything that is printed is printed from it.

A node is an input, a constant, or one operation; an edge leads from an operand (the child) to the operation that uses
it (the parent). Backwards, a message runs along each edge whose child has a gradient. Formulas are Python text in
the nodes' names, ``"t1 / t2"``, which the printers turn into LaTeX or MathML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Check", "Edge", "Message", "Node", "Record", "Step"]

Value = float | npt.NDArray[Any]
Kind = Literal["input", "constant", "operation"]


@dataclass(frozen=True, eq=False)
class Node:
    """One value of the computation.

    Args:
        id: its place in `Record.nodes`: inputs first, then constants, then operations in the order they ran.
        name: unique: ``"a"``, ``"t1"``; the last one has the name of the result, ``"A"``.
        kind: input, constant (an array that the code brought along) or operation.
        operation: the NumPy function, ``"exp"``; empty where there is none.
        formula: that one operation in names, ``"t1 / t2"``; of an input or a constant, its name.
        operands: the nodes that it uses, in order, each slot by itself: ``a * a`` has ``(0, 0)``. Numbers are left out.
        value: what came out, a float or an array.
        gradient: the derivative of the result with respect to it, of its shape; None where nothing depends on
            it in a way that has a derivative.
        span: where it stands in the explained text, ``(first column, past the last)``, from 0; None if unknown.
        source: the line of code that computed it; empty if unknown.
        group: the layer that it belongs to, ``"1 Affine"``; empty if none.
    """

    id: int
    name: str
    kind: Kind
    operation: str
    formula: str
    operands: tuple[int, ...]
    value: Value
    gradient: Value | None
    span: tuple[int, int] | None = None
    source: str = ""
    group: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """() for a number."""
        return np.shape(self.value)


@dataclass(frozen=True, order=True)
class Edge:
    """From an operand to the operation that uses it. ``slot`` counts the parent's operands: ``a * a`` has two edges."""

    child: int
    parent: int
    slot: int


@dataclass(frozen=True, eq=False)
class Message:
    """What a parent sends back to one of its operands: its own gradient times the local derivative.

    Args:
        edge: along which it runs, from parent to child.
        local: the local derivative in names, ``"1 / t2"``, for numbers; the whole pull-back, ``"x.T @ d_logits"``,
            where arrays are involved (`is_array`).
        upstream: the parent's gradient.
        factor: the local derivative's number; None where arrays are involved.
        product: the message itself, of the child's shape.
    """

    edge: Edge
    local: str
    upstream: Value
    factor: float | None
    product: Value

    @property
    def is_array(self) -> bool:
        """Whether ``local`` is a whole pull-back and not a factor."""
        return self.factor is None


@dataclass(frozen=True)
class Step:
    """One step of the whole computation; they are numbered once, from 1, for every printer.

    Args:
        number: from 1.
        kind: ``"forward"``: a node gets its value. ``"seed"``: the result's gradient is 1. ``"message"``: one is sent.
            ``"sum"``: all messages to a node have arrived and are added up (also where there is but one).
        node: the node that it is about; of a message, the child that gets it.
        message: the message's place in `Record.messages`, of a message step.
    """

    number: int
    kind: Literal["forward", "seed", "message", "sum"]
    node: int
    message: int | None = None


@dataclass(frozen=True)
class Check:
    """A node's gradient against a central difference: the node is moved, and everything after it is computed again.

    Args:
        node: which.
        step: how far it is moved to either side; of an array, all entries along one direction.
        above, below: the result there.
        difference: ``(above - below) / (2 step)``.
        expected: the gradient, or its product with the direction.
        agrees: whether the two are equal up to rounding.
    """

    node: int
    step: float
    above: float
    below: float
    difference: float
    expected: float
    agrees: bool


@dataclass(frozen=True, eq=False)
class Record:
    """A whole explanation.

    Args:
        name: of the result, ``"A"``.
        subject: what is explained: the expression's text, or the function's name.
        nodes, messages, steps, checks: as above. Messages are in the order in which they are sent.
        output: the id of the result's node.
        notes: what a reader should know, such as that arrays are summarised.
        repeats: in a folded record (`drawing.folding`), for each node that stands for several, for how many.
    """

    name: str
    subject: str
    nodes: Sequence[Node]
    messages: Sequence[Message]
    steps: Sequence[Step]
    checks: Sequence[Check]
    output: int
    notes: Sequence[str] = ()
    repeats: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, also those without a message, by parent and slot."""
        return tuple(Edge(child, node.id, slot) for node in self.nodes for slot, child in enumerate(node.operands))

    @cached_property
    def messages_to(self) -> Mapping[int, tuple[Message, ...]]:
        """The messages that arrive at each node, in the order in which they are sent."""
        arrived: dict[int, list[Message]] = {node.id: [] for node in self.nodes}
        for message in self.messages:
            arrived[message.edge.child].append(message)
        return {node: tuple(messages) for node, messages in arrived.items()}

    @property
    def inputs(self) -> list[Node]:
        """The inputs, in order."""
        return [node for node in self.nodes if node.kind == "input"]

    @property
    def operations(self) -> list[Node]:
        """One operation each, in the order they ran."""
        return [node for node in self.nodes if node.kind == "operation"]
