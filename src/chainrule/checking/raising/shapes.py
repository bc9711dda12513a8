"""Errors about shapes: products, operations entry by entry, axes, indices, reshapes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.checking.raising.places import Place
from chainrule.checking.raising.telling import Failure, Told
from chainrule.checking.raising.values import (
    MISSING,
    counted,
    described,
    kind_of,
    looked_up,
    names_in,
    shape_of,
    shape_text,
    written,
)

__all__ = ["TELLERS"]

Shape = tuple[int, ...]


# -- products -----------------------------------------------------------------------------------------------


def _products(failure: Failure) -> Told | None:
    if not isinstance(failure.error, ValueError):
        return None
    place = failure.place
    said = any(words in failure.text for words in ("matmul", "not aligned", "shape-mismatch for sum", "core dimension"))
    for product in ast.walk(place.expression or place.statement or ast.Pass()):
        sides = _sides(product)
        shapes = [shape_of(place, side) for side in sides]
        if len(sides) == 2 and None not in shapes and not _fit(*shapes):  # type: ignore[arg-type]
            named = [f"{_plain(side)} {shape_text(shape or ())}" for side, shape in zip(sides, shapes, strict=True)]
            return Told("SHAPES_DO_NOT_FIT", {"sides": " @ ".join(named), "remedy": _transpose(failure)})
    if not said:
        return None
    if (node := place.expression) is not None and len(sides := _sides(node)) == 2:
        told = described(place, [one for side in sides for one in names_in(side)])
    else:
        told = described(place, _arrays_in(place))
    found = re.findall(r"\(\d[\d,]*\)", failure.text)
    told = told or " and ".join(shape_text(_parsed(one)) for one in found)
    return Told("SHAPES_DO_NOT_FIT", {"sides": told, "remedy": _transpose(failure)}) if told else None


def _plain(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"


def _transpose(failure: Failure) -> str:
    target = failure.wanted.get(failure.place.target)
    wanted = "that fits" if target is None else f"of shape {shape_text(target)}"
    return f"To get a result {wanted}, one of them has to be transposed, or another array is meant."


def _sides(node: ast.AST) -> tuple[ast.expr, ...]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("dot", "matmul"):
        return tuple(node.args[:2]) if _is_numpy(node.func.value) else (node.func.value, *node.args[:1])
    return ()


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def _fit(left: Shape, right: Shape) -> bool:
    return bool(left and right) and left[-1] == right[-2 if len(right) > 1 else 0]


def _arrays_in(place: Place) -> list[ast.expr]:
    nodes = names_in(place.expression or place.statement)
    return [node for node in nodes if isinstance(looked_up(place, node), np.ndarray)]


# -- entry by entry -----------------------------------------------------------------------------------------


def _broadcasts(failure: Failure) -> Told | None:
    if "broadcast" not in failure.text or "remapped" in failure.text:
        return None
    place, text = failure.place, failure.text
    said = [_parsed(one) for one in re.findall(r"\(([\d, ]*)\)", text)]
    if "could not broadcast input array" in text or "value array" in text or "correct shape" in text:
        sides = f"shape {shape_text(said[0])} into {shape_text(said[1])}" if len(said) > 1 else ""
        return Told("SLOT_DOES_NOT_FIT", {"sides": sides or described(place, _arrays_in(place))})
    if "non-broadcastable output" in text and len(said) > 1:
        sides = f"the place has shape {shape_text(said[0])}, what is written to it {shape_text(said[1])}"
        return Told("SLOT_DOES_NOT_FIT", {"sides": sides})
    for operands in _operands(place):
        shapes = [shape_of(place, one) for one in operands]
        if None not in shapes and len(shapes) > 1 and not _broadcast(shapes):  # type: ignore[arg-type]
            named = [f"{written(one)} {shape_text(shape or ())}" for one, shape in zip(operands, shapes, strict=True)]
            return _told_broadcast(" and ".join(named), shapes[:2], failure)  # type: ignore[arg-type]
    return _told_broadcast(" and ".join(shape_text(one) for one in said), said[:2], failure) if said else None


def _told_broadcast(sides: str, shapes: Sequence[Shape], failure: Failure) -> Told:
    return Told("SHAPES_DO_NOT_BROADCAST", {"sides": sides, "remedy": _remedy(shapes, failure)})


def _remedy(shapes: Sequence[Shape], failure: Failure) -> str:
    """What would make the two fit."""
    if len(shapes) == 2:
        left, right = sorted(shapes, key=len, reverse=True)
        if len(left) == 2 and len(right) == 1 and left[0] == right[0]:
            return (
                f"Shapes are compared from the right. To combine {shape_text(right)} with the rows of "
                f"{shape_text(left)} it needs shape {shape_text((right[0], 1))}: a sum or maximum with keepdims=True, "
                "or [:, None]."
            )
        if len(left) == len(right) == 2 and left == right[::-1]:
            return "One of them is the other's transpose in shape: transpose one, with .T."
        if len(left) == len(right) == 2 and (left[1] == right[0] or left[0] == right[1]):
            return "Is the matrix product meant? That is @, and * multiplies entry by entry."
    return "Shapes are compared from the right: each pair of sizes has to be equal, or one of them 1."


def _operands(place: Place) -> Iterator[Sequence[ast.expr]]:
    """Those of each operation that may be meant: the one that Python points at first, then all in the statement."""
    for root in (place.expression, place.statement):
        for node in ast.walk(root) if root is not None else ():
            if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
                yield node.left, node.right
            elif isinstance(node, ast.Compare) and len(node.comparators) == 1:
                yield node.left, node.comparators[0]
            elif isinstance(node, ast.AugAssign):
                yield node.target, node.value
            elif isinstance(node, ast.Call) and _is_entrywise(node.func):
                yield node.args


def _is_entrywise(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or not _is_numpy(function.value):
        return False
    return isinstance(getattr(np, function.attr, None), np.ufunc) or function.attr == "where"


def _broadcast(shapes: Sequence[Shape]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def _parsed(text: str) -> Shape:
    return tuple(int(one) for one in re.findall(r"\d+", text))


# -- axes and indices -----------------------------------------------------------------------------------------


def _axes(failure: Failure) -> Told | None:
    said = re.search(r"axis (-?\d+) is out of bounds for array of dimension (\d+)", failure.text)
    if not said:
        return None
    node, count = failure.place.expression, int(said[2])
    array: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        array = node.args[0] if _is_numpy(node.func.value) and node.args else node.func.value
    shape = shape_of(failure.place, array)
    axes = (
        "no axes, it is one number" if not count else "one axis, 0" if count == 1 else f"{count} axes, 0 to {count - 1}"
    )
    if array is None or shape is None or len(shape) != count:
        what = f"the array has {axes}"
    else:
        what = f"{written(array)} has {axes}: its shape is {shape_text(shape)}"
    return Told("NO_SUCH_AXIS", {"axis": said[1], "what": what})


def _indices(failure: Failure) -> Told | None:
    text, node, place = failure.text, failure.place.expression, failure.place
    if not isinstance(failure.error, IndexError | TypeError):
        return None
    array = node.value if isinstance(node, ast.Subscript) else None
    held = looked_up(place, array)
    shape = shape_of(place, array)
    is_known = held is not MISSING and array is not None
    if said := re.search(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", text):
        of = f" of {written(array)}, whose shape is {shape_text(shape)}" if array is not None and shape else ""
        return Told("INDEX_OUT_OF_RANGE", {"what": f"index {said[1]} on axis {said[2]}{of}, {said[3]} long"})
    if re.search(r"(tuple|list) index out of range|(tuple|list) assignment index", text):
        what = f"{written(array)} is {_sequence(held)}" if is_known and array is not None else "it has fewer members"
        return Told("INDEX_OUT_OF_RANGE", {"what": what})
    if said := re.search(r"array is (\d+)-dimensional, but (\d+) were indexed", text):
        of = f"{written(array)} has" if array is not None else "the array has"
        shape_told = f": its shape is {shape_text(shape)}" if array is not None and shape else ""
        axes = "no axis, one number" if said[1] == "0" else counted(int(said[1]), "axis").replace("axiss", "axes")
        indices = "1 index is" if said[2] == "1" else f"{said[2]} indices are"
        return Told("TOO_MANY_INDICES", {"what": f"{of} {axes}{shape_told}, and {indices} given"})
    if "invalid index to scalar variable" in text:
        of = written(array) if array is not None else "it"
        return Told("TOO_MANY_INDICES", {"what": f"{of} is one number"})
    if "indexing arrays could not be broadcast" in text:
        pair = [_parsed(one) for one in re.findall(r"\(([\d, ]*)\)", text)]
        sizes = " and ".join(shape_text(one) for one in pair)
        return Told("BAD_INDEX", {"what": f"the arrays of indices have shapes {sizes}, which do not go together"})
    return _bad_index(failure)


_NO_INDEX = (
    "arrays used as indices", "only integers, slices", "only integer scalar", "must be an integer array",
    "indices must be integers", "boolean index did not match", "as an index",
)  # fmt: skip


def _bad_index(failure: Failure) -> Told | None:
    if not any(words in failure.text for words in _NO_INDEX):
        return None
    node, place = failure.place.expression, failure.place
    index = node.slice if isinstance(node, ast.Subscript) else None
    parts: Sequence[ast.expr] = index.elts if isinstance(index, ast.Tuple) else [index] if index is not None else []
    bad = []
    for one in parts:
        value = looked_up(place, one)
        if value is not MISSING and not _is_index(value):
            numbers = "of floats " if getattr(getattr(value, "dtype", None), "kind", "") == "f" else ""
            bad.append(f"{written(one)} is {kind_of(value).replace('of shape', f'{numbers}of shape')}")
    if index is None:
        return (
            None
            if "scalar" in failure.text
            else Told("BAD_INDEX", {"what": described(place, _of(node)) or failure.text})
        )
    holder = looked_up(place, node.value) if isinstance(node, ast.Subscript) else None
    if isinstance(holder, tuple | list) and isinstance(node, ast.Subscript) and not bad:
        what = f"{written(node.value)} is {kind_of(holder)}"
        return Told(
            "WRONG_TYPE", {"what": what, "remedy": "Unpack it first, or take one of its members: it is no array."}
        )
    what = ", ".join(bad) or f"{written(index)} is no array of whole numbers"
    return Told("BAD_INDEX", {"what": what})


def _of(node: ast.AST | None) -> Sequence[ast.expr]:
    """The arguments of a call, where they are names."""
    given = node.args if isinstance(node, ast.Call) else []
    return [one for one in given if isinstance(one, ast.Name)]


def _is_index(value: Any) -> bool:
    return isinstance(value, int | slice | type(None)) or getattr(getattr(value, "dtype", None), "kind", "?") in "iub"


def _sequence(value: Any) -> str:
    if type(value) is tuple and all(type(one) is int for one in value):
        return f"{value}, it has {len(value)} members"
    return kind_of(value)


# -- the rest ---------------------------------------------------------------------------------------------------


_NOT_JOINED = (
    "for the concatenation axis",
    "must have same number of dimensions",
    "must have the same shape",
    "all input arrays must have",
)


def _others(failure: Failure) -> Told | None:
    text, place = failure.text, failure.place
    if said := re.search(r"cannot reshape array of size (\d+) into shape \(?([\w, ]*)\)?", text):
        sizes = re.findall(r"-?\d+", said[2].replace("newaxis", "-1"))
        new = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return Told("CANNOT_RESHAPE", {"what": f"{said[1]} entries cannot become {new}"})
    if "can only specify one unknown dimension" in text:
        return Told("CANNOT_RESHAPE", {"what": "only one size may be -1"})
    if any(words in text for words in _NOT_JOINED):
        arrays = described(place, _arrays_in(place))
        return Told("CANNOT_JOIN", {"what": f": {arrays}" if arrays else ""})
    if "inhomogeneous" in text or "setting an array element with a sequence" in text:
        return Told("RAGGED", {})
    if (
        "einstein sum" in text
        or "remapped shapes" in text
        or "einsum" in text
        or "operand has a mismatch in its core" in text
    ):
        return Told("EINSUM", {"what": described(place, _arrays_in(place)) or text})
    if "zero-size array" in text:
        empty = described(place, names_in(place.expression))
        return Told("EMPTY_ARRAY", {"what": f": {empty}" if empty else ""})
    if "axes don't match array" in text or "repeated axis" in text or "duplicate value in 'axis'" in text:
        return Told("NO_SUCH_AXIS", {"axis": "numbers", "what": "they are not each axis of the array once"})
    return None


TELLERS = (_axes, _broadcasts, _products, _indices, _others)
