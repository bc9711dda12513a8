"""Arguments and results may be tuples, lists and dicts of arrays, nested; here they are taken apart and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["leaves", "leaves_with_names", "map_tree", "rebuild"]


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same tree with ``function`` applied to every leaf.

    >>> map_tree(lambda leaf: leaf + 1, {"w": 1, "b": (2, [3])})
    {'w': 2, 'b': (3, [4])}
    """
    if not isinstance(tree, (tuple, list, dict, slice)):
        return function(tree)
    if isinstance(tree, tuple):
        parts = [map_tree(function, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    if isinstance(tree, list):
        return [map_tree(function, part) for part in tree]
    if isinstance(tree, dict):
        return {key: map_tree(function, part) for key, part in tree.items()}
    return slice(*(map_tree(function, part) for part in (tree.start, tree.stop, tree.step)))


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order.

    >>> leaves({"w": 1, "b": (2, [3])})
    [1, 2, 3]
    """
    found: list[Any] = []
    map_tree(found.append, tree)
    return found


def rebuild(tree: Any, new_leaves: list[Any]) -> Any:
    """A tree of the same form holding ``new_leaves``."""
    remaining = iter(new_leaves)
    return map_tree(lambda _: next(remaining), tree)


def leaves_with_names(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each leaf with the name a person would give it: a dict's own keys, a sequence's name and number.

    >>> list(leaves_with_names({"w1": 1, "b1": 2}, "parameters"))
    [('w1', 1), ('b1', 2)]
    >>> list(leaves_with_names([1, 2], "weights"))
    [('weights1', 1), ('weights2', 2)]
    """
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from leaves_with_names(part, str(key))
    elif isinstance(tree, (tuple, list)):
        for number, part in enumerate(tree, 1):
            yield from leaves_with_names(part, f"{name}{number}")
    else:
        yield name, tree
