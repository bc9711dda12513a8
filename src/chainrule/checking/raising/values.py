"""What the names of a line hold, in words; they are looked up, and nothing of anybody's is run for it."""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.checking.raising.places import Place

__all__ = ["MISSING", "counted", "described", "kind_of", "looked_up", "names_in", "shape_of", "shape_text", "written"]

MISSING: Any = object()
Shape = tuple[int, ...]


def looked_up(place: Place, node: ast.AST | None) -> Any:
    """The value of a name, of an attribute that an instance has, or of a constant place in a tuple; else `MISSING`."""
    frame = place.frame
    if frame is None or node is None:
        return MISSING
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, vars(builtins)):
            if node.id in names:
                return names[node.id]
    if isinstance(node, ast.Attribute):
        owner = looked_up(place, node.value)
        if type(owner) is np.ndarray and node.attr in ("shape", "T", "ndim", "size"):
            return getattr(owner, node.attr)
        return _held(owner).get(node.attr, MISSING)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner, key = looked_up(place, node.value), node.slice.value
        if type(owner) in (tuple, list) and type(key) is int and -len(owner) <= key < len(owner):
            return owner[key]
        if type(owner) is dict and type(key) in (str, int):
            return owner.get(key, MISSING)
    return MISSING


def _held(owner: Any) -> dict[str, Any]:
    if owner is MISSING or isinstance(owner, type):
        return {}
    try:
        held = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return {}
    return held if isinstance(held, dict) else {}


def shape_of(place: Place, node: ast.AST | None) -> Shape | None:
    """The shape that an expression has, worked out from those of its names; None where nobody can say."""
    value = looked_up(place, node)
    if value is not MISSING:
        if isinstance(value, np.ndarray | np.generic):
            return tuple(int(size) for size in np.shape(value))
        return () if type(value) in (int, float, bool) else None
    if isinstance(node, ast.UnaryOp):
        return shape_of(place, node.operand)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        shape = shape_of(place, node.value)
        return None if shape is None else shape[::-1]
    if isinstance(node, ast.BinOp | ast.Compare):
        return _combined(place, node)
    if isinstance(node, ast.Call):
        return _called(place, node)
    return _indexed(place, node) if isinstance(node, ast.Subscript) else None


def _combined(place: Place, node: ast.BinOp | ast.Compare) -> Shape | None:
    other = node.right if isinstance(node, ast.BinOp) else node.comparators[0]
    left, right = shape_of(place, node.left), shape_of(place, other)
    if left is None or right is None:
        return None
    try:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            return (
                np.matmul(np.broadcast_to(0.0, left), np.broadcast_to(0.0, right)).shape
                if _small(left, right)
                else None
            )
        return np.broadcast_shapes(left, right)
    except ValueError:
        return None


def _small(*shapes: Shape) -> bool:
    return all(np.prod(shape, dtype=float) <= 1e4 for shape in shapes)


_ENTRYWISE = frozenset(
    ("exp", "log", "sqrt", "square", "abs", "tanh", "log1p", "expm1", "sign", "zeros_like", "ones_like")
)
_REDUCING = frozenset(("sum", "mean", "max", "min", "prod", "argmax", "argmin", "var", "std"))


def _called(place: Place, node: ast.Call) -> Shape | None:
    if not isinstance(node.func, ast.Attribute):
        return None
    name, is_function = node.func.attr, _is_numpy(node.func.value)
    array = node.args[0] if is_function and node.args else node.func.value
    shape = shape_of(place, array)
    if shape is None:
        return None
    if name in _ENTRYWISE and is_function:
        return shape
    if name in _REDUCING:
        return _reduced(place, node, shape, node.args[1:] if is_function else node.args)
    return None


def _reduced(place: Place, node: ast.Call, shape: Shape, rest: Sequence[ast.expr]) -> Shape | None:
    given = {one.arg: looked_up(place, one.value) for one in node.keywords}
    given |= {"axis": looked_up(place, rest[0])} if rest else {}
    if any(value is MISSING for value in given.values()) or set(given) - {"axis", "keepdims"} or not _small(shape):
        return None
    try:
        return tuple(np.shape(np.sum(np.broadcast_to(0.0, shape), **{str(name): one for name, one in given.items()})))
    except (ValueError, TypeError):
        return None


def _indexed(place: Place, node: ast.Subscript) -> Shape | None:
    """Where the index is made of colons, None and constants alone."""
    shape = shape_of(place, node.value)
    if shape is None or not _small(shape):
        return None
    index: list[Any] = []
    for one in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
        if isinstance(one, ast.Slice) and one.lower is one.upper is one.step is None:
            index.append(slice(None))
        elif isinstance(one, ast.Attribute) and one.attr == "newaxis":
            index.append(None)
        else:
            value = looked_up(place, one)
            if value is not None and type(value) is not int:
                return None
            index.append(value)
    try:
        return tuple(np.broadcast_to(0.0, shape)[tuple(index)].shape)
    except IndexError:
        return None


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def names_in(node: ast.AST | None) -> list[ast.expr]:
    """The names in an expression, and the attributes of instances, each once; not those of functions that it calls."""
    found: dict[str, ast.expr] = {}
    waiting: list[ast.AST] = [node] if node is not None else []
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, ast.Call):
            # What is called is not meant: what it is called on, and with, may be.
            waiting += [one.func.value] if isinstance(one.func, ast.Attribute) else []
            waiting += [*one.args, *(keyword.value for keyword in one.keywords)]
            continue
        if isinstance(one, ast.Name) or (isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)):
            if not _is_numpy(one) and not (isinstance(one, ast.Attribute) and _is_numpy(one.value)):
                found.setdefault(ast.unparse(one), one)
            continue
        waiting += ast.iter_child_nodes(one)
    return list(found.values())


# -- in words ---------------------------------------------------------------------------------------------------


def written(node: ast.AST, most: int = 40) -> str:
    """An expression as its author may have written it, if it is short."""
    text = ast.unparse(node)
    return f"`{text}`" if len(text) <= most else f"`{text[:most]} ...`"


def shape_text(shape: Sequence[int]) -> str:
    """A shape in numbers."""
    return str(tuple(int(size) for size in shape))


def counted(count: int, what: str = "value") -> str:
    """How many.

    >>> counted(1), counted(3)
    ('1 value', '3 values')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def kind_of(value: Any) -> str:
    """What a value is: ``a tuple of 2``, ``an array of shape (5, 3)``."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        entries = {"b": " of True and False", "O": " of objects", "i": " of whole numbers", "U": " of texts"}
        return f"an array{entries.get(value.dtype.kind, '')} of shape {shape_text(value.shape)}"
    if isinstance(value, bool | np.bool_):
        return f"{value}"
    if isinstance(value, int | float | np.generic):
        return f"the number {value:.4g}" if not isinstance(value, complex) else "a complex number"
    if type(value) in (tuple, list, dict, set):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, types.ModuleType):
        return f"the module {value.__name__}"
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType | np.ufunc):
        return "a function that is not called"
    name = type(value).__name__
    if hasattr(type(value), "addgrad"):
        return "a node of the graph, its array is in .value"
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def described(place: Place, nodes: Sequence[ast.expr]) -> str:
    """Each name with what it holds; names that hold nothing known are left out."""
    known = [(node, looked_up(place, node)) for node in nodes]
    return ", ".join(f"{written(node)} is {kind_of(value)}" for node, value in known if value is not MISSING)
