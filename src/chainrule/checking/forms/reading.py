"""What an author calls things, read from the source; never an error where there is none to read."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

__all__ = ["attributes_of", "gradient_names", "is_stub", "parsed", "source", "unpacks"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def source(subject: Any) -> str:
    """The text of a function, or of all methods of a class and its bases; empty where it cannot be read."""
    if isinstance(subject, type):
        return "\n".join(filter(None, map(source, _methods(subject))))
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(getattr(subject, "__func__", subject))))
    except Exception:
        # Text typed into a console, frozen code, a file that has changed since: there is nothing to read then.
        return ""


def parsed(function: Any) -> _Function | None:
    """The syntax tree of a function's definition."""
    try:
        return _parsed(inspect.unwrap(getattr(function, "__func__", function)))
    except (TypeError, ValueError):  # not hashable, or wrapped in a circle
        return None


@lru_cache(maxsize=64)
def _parsed(function: Any) -> _Function | None:
    try:
        body = ast.parse(source(function)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], _Function) else None


def gradient_names(backward: Any, arrays: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """What the last return of backward calls its results: ``("dx", "dw", "db")``.

    Args:
        backward: a function or method.
        arrays: what forward takes; a result without a name of its own among others that have one is called after it.
    """
    function = parsed(backward)
    if function is None:
        return ()
    results = [node.value for node in _own(function) if isinstance(node, ast.Return) and node.value is not None]
    if not results:
        return ()
    parts = _parts(results[-1], function)
    given = {argument.arg for argument in function.args.args}
    names = [_name(part) or _scaled(part, given) for part in parts]
    if not any(names):
        return ()
    known = arrays or ()
    fallbacks = [f"d_{known[place]}" if place < len(known) else f"gradient {place + 1}" for place in range(len(names))]
    return tuple(name or fallback for name, fallback in zip(names, fallbacks, strict=True))


def _parts(result: ast.expr, function: _Function) -> list[ast.expr]:
    """The results one by one; ``grads`` alone is looked up where it was made of several."""
    if isinstance(result, ast.Name):
        for node in reversed(list(_own(function))):
            if isinstance(node, ast.Assign) and any(_name(one) == result.id for one in node.targets):
                return node.value.elts if isinstance(node.value, ast.Tuple | ast.List) else [result]
    return result.elts if isinstance(result, ast.Tuple | ast.List) else [result]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return ""


def _scaled(node: ast.expr, given: set[str]) -> str:
    """The gradient in ``dw / n`` or ``dx.reshape(shape)``, if there is one alone."""
    if isinstance(node, ast.Name):
        return node.id if node.id not in given and _GRADIENT.fullmatch(node.id) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _scaled(node.func.value, given)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult):
        sides = _scaled(node.left, given), _scaled(node.right, given)
        return "" if all(sides) else "".join(sides)
    return ""


# Short names alone: `data` and `dot` are none.
_GRADIENT = re.compile(r"d_?[A-Za-z]\d?|d_\w+|grad_?\w+|\w+_grad")


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function in the order of the text, without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, _Function | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own(child)


def unpacks(function: Any, name: str) -> bool:
    """Whether the function takes its argument apart: ``x, w = saved``, ``saved[0]``."""
    tree = parsed(function)
    for node in ast.walk(tree) if tree else ():
        named = isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name
        if named and any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):  # type: ignore[attr-defined]
            return True
    return False


def attributes_of(subject: type) -> frozenset[str]:
    """The attributes that the methods of a class use, ``dw``; and for ``self.grads["w"]`` also ``dw``.

    They are read from the compiled methods, which is quicker than from the text, and works without it.
    """
    found: set[str] = set()
    for method in _methods(subject):
        code = getattr(inspect.unwrap(getattr(method, "__func__", method)), "__code__", None)
        if code is None:
            continue
        found.update(code.co_names)
        if any("grad" in name.lower() for name in code.co_names):
            keys = [key for one in code.co_consts for key in (one if isinstance(one, tuple) else (one,))]
            words = [key for key in keys if isinstance(key, str) and key.isidentifier()]
            found.update(words, (f"d{word}" for word in words))
    return frozenset(found)


def is_stub(function: Callable[..., Any]) -> bool:
    """Whether a function is only ``pass``, ``...`` or ``raise NotImplementedError``."""
    tree = parsed(function)
    if tree is None:
        return False
    body = [node for node in tree.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return all(
        isinstance(node, ast.Pass) or (isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node))
        for node in body
    )


def _methods(subject: type) -> list[Any]:
    """The methods that instances have; of constructors all, as one calls the other."""
    methods: dict[Any, Any] = {}
    for one in subject.__mro__[:-1]:
        for name, value in vars(one).items():
            if inspect.isfunction(value) or isinstance(value, staticmethod | classmethod):
                methods.setdefault((name, one) if name == "__init__" else name, value)
    return list(methods.values())
