"""A message's rule for one entry: ``x.T @ d_y`` is the sum over n of ``x[n, i] * d_y[n, j]``.

A matrix product's entry is a sum of products, a sum along an axis is a sum of entries, and what works entry by entry is
one term. Everything else, such as a sum inside of a function, is not taken apart (`Unreadable`). Rules are parsed and
computed by a walk over their syntax tree; nothing is executed as Python text.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explaining.paging.scalar_syntax import INFIX, Unreadable, axes_of, call_of, computed

__all__ = ["ScalarRule"]

OUTER, SUMMED = "ijkl", "nmpqrs"
_Index = tuple[str, int]  # a letter, or "" for none, and what is added to it


class ScalarRule:
    """A rule whose entries are sums of terms; `Unreadable` if it has no such form.

    Args:
        rule: in names, ``"x.T @ d_y"``.
        arrays: what each name stands for.
        shape: of the whole result.
    """

    def __init__(self, rule: str, arrays: Mapping[str, Any], shape: tuple[int, ...]) -> None:
        self._arrays = arrays
        outer = [letter for letter in OUTER if letter not in arrays]
        self._unused = [letter for letter in SUMMED if letter not in arrays]
        if len(shape) > len(outer):
            raise Unreadable(rule)
        self._leaves: dict[str, tuple[str, tuple[_Index, ...]]] = {}
        self._sizes: dict[str, int] = {}  # of the letters that are summed over
        self.letters = tuple(outer[: len(shape)])
        try:
            self._term = self._indexed(ast.parse(rule, mode="eval").body, [(letter, 0) for letter in self.letters])
        except (SyntaxError, ValueError, TypeError, LookupError, RuntimeError, StopIteration, MemoryError) as error:
            raise Unreadable(rule) from error

    @property
    def summed(self) -> tuple[str, ...]:
        """The letters that are summed over."""
        return tuple(self._sizes)

    @property
    def term(self) -> str:
        """One term in letters, ``"x[n, i] * d_y[n, j]"``."""
        return ast.unparse(self._term)

    @property
    def is_constant(self) -> bool:
        """Whether all entries are the same."""
        used = {letter for _, index in self._leaves.values() for letter, _ in index}
        return used.isdisjoint(self.letters)

    @property
    def is_copy(self) -> bool:
        """Whether an entry is but another array's entry."""
        return isinstance(self._term, ast.Name) and not self._sizes

    def terms(self, place: Sequence[int]) -> np.ndarray[Any, Any]:
        """The terms of the entry at this place, in order."""
        at = dict(zip(self.letters, place, strict=True))
        values = {leaf: self._part(leaf, at) for leaf in self._leaves}
        with np.errstate(all="ignore"):
            terms = np.asarray(computed(self._term, values), dtype=float)
        return np.broadcast_to(terms, tuple(self._sizes.values())).ravel()

    def written(self, place: Sequence[int], number: int, say: Callable[[Any], str]) -> str:
        """A term in numbers, ``"0.5 * (-2)"``.

        Args:
            place: of the entry.
            number: of the term, from 0.
            say: a number as a factor.
        """
        inner = np.unravel_index(number, tuple(self._sizes.values())) if self._sizes else ()
        at = dict(zip((*self.letters, *self._sizes), (*place, *map(int, inner)), strict=True))
        filled = {leaf: say(self._part(leaf, at)) for leaf in self._leaves}

        class Filling(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                return ast.Name(filled.get(node.id, node.id))

        return ast.unparse(Filling().visit(copy.deepcopy(self._term)))

    def _part(self, leaf: str, at: Mapping[str, int]) -> Any:
        """A leaf's entries: one axis for each letter that is summed over and not fixed, in their order."""
        name, index = self._leaves[leaf]
        free = [letter for letter, _ in index if letter and letter not in at]
        chosen = tuple(
            slice(more, more + self._sizes[letter]) if letter in free else at.get(letter, 0) + more
            for letter, more in index
        )
        part = np.asarray(self._arrays[name])[chosen]
        order = [letter for letter in self._sizes if letter not in at]
        part = part.transpose([free.index(letter) for letter in order if letter in free])
        return part[tuple(slice(None) if letter in free else None for letter in order)]

    # -- reading -----------------------------------------------------------------------------------------

    def _indexed(self, tree: ast.expr, index: Sequence[_Index], linear: bool = True) -> ast.expr:
        """The entry of a part of the rule; a sum may stand only where the whole is linear in it."""
        shape = self._shape(tree)
        own = index[len(index) - len(shape) :]
        index = [("", 0) if size == 1 else one for one, size in zip(own, shape, strict=True)]
        match tree:
            case ast.Constant():
                return tree
            case ast.Name(id=name):
                return self._leaf(name, index)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                between = self._new_letter(self._shape(left)[-1], linear)
                first, second = self._indexed(left, [index[0], between]), self._indexed(right, [between, index[1]])
                return ast.BinOp(first, ast.Mult(), second)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in INFIX:
                is_linear_left, is_linear_right = isinstance(op, ast.Mult | ast.Div), isinstance(op, ast.Mult)
                return ast.BinOp(
                    self._indexed(left, index, linear and is_linear_left),
                    op,
                    self._indexed(right, index, linear and is_linear_right),
                )
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return ast.UnaryOp(ast.USub(), self._indexed(operand, index, linear))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in INFIX:
                return ast.Compare(self._indexed(left, index, False), [op], [self._indexed(right, index, False)])
            case ast.Attribute(value=value, attr="T"):
                return self._indexed(value, index[::-1], linear)
            case ast.Subscript(value=value):
                return self._indexed(value, self._within(tree, index), linear)
        kind, value, options = call_of(tree)
        if kind == "sum":
            return self._indexed(value, self._summed(value, index, options, linear), linear)
        if kind == "reshape":
            kept = iter(one for one, size in zip(index, shape, strict=True) if size != 1)
            return self._indexed(value, [("", 0) if n == 1 else next(kept) for n in self._shape(value)], linear)
        if kind in ("broadcast_to", "astype", "copy"):
            return self._indexed(value, index, linear)
        assert isinstance(tree, ast.Call)
        return ast.Call(tree.func, [self._indexed(argument, index, False) for argument in tree.args], [])

    def _leaf(self, name: str, index: Sequence[_Index]) -> ast.expr:
        said = [(f"{letter} + {more}" if more else letter) if letter else str(more) for letter, more in index]
        leaf = f"{name}[{', '.join(said)}]" if said else name
        self._leaves[leaf] = (name, tuple(index))
        return ast.Name(leaf)

    def _new_letter(self, size: int, linear: bool) -> _Index:
        if size == 1:
            return ("", 0)
        if not linear or not self._unused:
            raise Unreadable("a sum inside of a function")
        letter = self._unused.pop(0)
        self._sizes[letter] = size
        return (letter, 0)

    def _summed(
        self, value: ast.expr, index: Sequence[_Index], options: Mapping[str, Any], linear: bool
    ) -> list[_Index]:
        shape = self._shape(value)
        axes = axes_of(options, len(shape))
        own = iter(index)
        found = []
        for axis, size in enumerate(shape):
            if axis in axes:
                found.append(self._new_letter(size, linear))
                if options.get("keepdims"):
                    next(own)
            else:
                found.append(next(own))
        return found

    def _within(self, tree: ast.Subscript, index: Sequence[_Index]) -> list[_Index]:
        """The index into what a subscript is taken of."""
        own, found = iter(index), []
        for item, size in self._items(tree):
            if item is None:
                next(own)
            elif isinstance(item, int):
                found.append(("", item % size))
            else:
                letter, more = next(own)
                found.append((letter, more + item.start))
        return found

    def _items(self, tree: ast.Subscript) -> Iterator[tuple[int | range | None, int]]:
        """What a subscript says of each axis: a new one, one place, or a range of places; with the axis' size."""
        items = list(tree.slice.elts) if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        shape = self._shape(tree.value)
        new = sum(ast.literal_eval(item) is None for item in items if not isinstance(item, ast.Slice))
        dots = [place for place, item in enumerate(items) if isinstance(item, ast.Constant) and item.value is ...]
        missing = len(shape) - (len(items) - new - len(dots))
        place = dots[0] if dots else len(items)
        items[place : place + len(dots)] = [ast.Slice()] * missing
        sizes = iter(shape)
        for item in items:
            if isinstance(item, ast.Slice):
                size = next(sizes)
                bounds = [None if one is None else ast.literal_eval(one) for one in (item.lower, item.upper, item.step)]
                chosen = range(size)[slice(*bounds)]
                if chosen.step != 1:
                    raise Unreadable("a slice with steps")
                yield chosen, size
            elif (said := ast.literal_eval(item)) is None:
                yield None, 1
            elif isinstance(said, int) and not isinstance(said, bool):
                yield said, next(sizes)
            else:
                raise Unreadable("an index that is an array")

    # -- shapes ------------------------------------------------------------------------------------------

    def _shape(self, tree: ast.expr) -> tuple[int, ...]:
        match tree:
            case ast.Constant():
                return ()
            case ast.Name(id=name):
                if name not in self._arrays:
                    raise Unreadable(name)
                return np.shape(self._arrays[name])
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                first, second = self._shape(left), self._shape(right)
                if len(first) != 2 or len(second) != 2:
                    raise Unreadable("a product of stacks of matrices")
                return first[0], second[1]
            case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
                return np.broadcast_shapes(self._shape(left), self._shape(right))
            case ast.UnaryOp(operand=operand):
                return self._shape(operand)
            case ast.Attribute(value=value, attr="T"):
                return self._shape(value)[::-1]
            case ast.Subscript():
                found = [(1 if item is None else item) for item, _ in self._items(tree) if not _is_place(item)]
                return tuple(item if isinstance(item, int) else len(item) for item in found)
        return self._shape_of_call(tree)

    def _shape_of_call(self, tree: ast.expr) -> tuple[int, ...]:
        kind, value, options = call_of(tree)
        if kind in ("reshape", "broadcast_to"):
            shape = options["shape"]
            large = [size for size in self._shape(value) if size != 1]
            if kind == "reshape" and large != [size for size in shape if size != 1]:
                raise Unreadable("entries in another order")
            return tuple(shape)
        own = self._shape(value)
        if kind == "sum":
            axes, kept = axes_of(options, len(own)), options.get("keepdims")
            return tuple(1 if axis in axes else size for axis, size in enumerate(own) if kept or axis not in axes)
        if kind in ("astype", "copy"):
            return own
        assert isinstance(tree, ast.Call)
        return np.broadcast_shapes(*(self._shape(argument) for argument in tree.args))


def _is_place(item: int | range | None) -> bool:
    return isinstance(item, int)
