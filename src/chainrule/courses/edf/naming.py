"""Names for a graph's parameters and inputs, which are objects without any: from where they are used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chainrule.courses.edf.node import Input, Parameter, ParameterPackage

if TYPE_CHECKING:
    from chainrule.courses.edf.graph import Graph

__all__ = ["input_names", "node_names", "parameter_names"]


def parameter_names(graph: Graph) -> dict[str, Parameter]:
    """Parameters by name: their own, else the attribute of the package or node that holds them.

    Names that would be the same are numbered: the weights of two affine nodes are ``A1`` and ``A2``.

    >>> from chainrule.courses import edf
    >>> with edf.Graph() as graph:
    ...     hidden = edf.Affine(edf.AffineParams(2, 3), edf.Input())
    ...     out = edf.Affine(edf.AffineParams(3, 1), edf.Sigmoid(hidden))
    ...     unused = edf.Parameter(0.0)
    >>> list(parameter_names(graph))
    ['A1', 'b1', 'A2', 'b2', 'parameter']
    """
    return _numbered(_held(graph, Parameter, "parameter"))


def input_names(graph: Graph) -> dict[str, Input]:
    """Inputs by name: their own, else the attribute of the first node that holds them."""
    return _numbered(_held(graph, Input, "input"))


def node_names(graph: Graph) -> dict[str, Any]:
    """Nodes by name: their class's, in small letters.

    >>> from chainrule.courses import edf
    >>> with edf.Graph() as graph:
    ...     node = edf.CrossEntropyLoss(edf.Input(), edf.Input())
    >>> list(node_names(graph))
    ['cross_entropy_loss']
    """
    return _numbered([(_snake(type(node).__name__), node) for node in graph.CompNodes])


def _held(graph: Graph, kind: type, otherwise: str) -> list[tuple[str, Any]]:
    """The graph's parameters or inputs in the order of construction, then others that its nodes use; with a name to
    start from.
    """
    attributes: dict[int, tuple[str, Any]] = {}
    for node in graph.CompNodes:
        for attribute, held in _attributes(node):
            if isinstance(held, kind):
                attributes.setdefault(id(held), (attribute, held))
    own: list[Any] = graph.Parameters if kind is Parameter else graph.Inputs
    pairs = {id(one): attributes.get(id(one), (otherwise, one)) for one in own} | attributes
    return [(_identifier(one.name or name, otherwise), one) for name, one in pairs.values()]


def _attributes(holder: Any) -> Iterator[tuple[str, Any]]:
    """What a node's attributes hold, and the parameters of its packages; lists and tuples are looked into."""
    for attribute, held in vars(holder).items():
        for one in held if isinstance(held, (list, tuple)) else (held,):
            if isinstance(one, ParameterPackage):
                yield from _attributes(one)
            else:
                yield attribute, one


def _numbered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One name for each: those that occur more than once are numbered from 1, past names that are taken."""
    count = Counter(name for name, _ in pairs)
    taken = {name for name, occurrences in count.items() if occurrences == 1}
    result: dict[str, Any] = {}
    number: Counter[str] = Counter()
    for base, value in pairs:
        name = base
        while name in result or (count[base] > 1 and (name == base or name in taken)):
            number[base] += 1
            name = f"{base}{number[base]}"
        result[name] = value
    return result


def _identifier(name: str, otherwise: str) -> str:
    word = re.sub(r"\W+", "_", name).strip("_")
    return word if word.isidentifier() else f"{otherwise}_{word}".rstrip("_")


def _snake(name: str) -> str:
    """
    >>> _snake("SingleProbToProbVector"), _snake("L2Loss"), _snake("ReLU")
    ('single_prob_to_prob_vector', 'l2_loss', 're_lu')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
