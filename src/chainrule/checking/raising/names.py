"""Errors about names: unknown ones, attributes that are not there, calls with other arguments, unpacking."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
import types
from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.checking.raising.telling import Failure, Told
from chainrule.checking.raising.values import MISSING, counted, kind_of, looked_up, shape_text, written

__all__ = ["TELLERS"]


def _unknown_name(failure: Failure) -> Told | None:
    error, frame = failure.error, failure.place.frame
    if not isinstance(error, NameError):
        return None
    name = error.name or next(iter(re.findall(r"'(\w+)'", failure.text)), "")
    if not name:
        return None
    if isinstance(error, UnboundLocalError) or "free variable" in failure.text:
        return Told("NAME_NOT_SET", {"name": name})
    known = [*frame.f_locals, *frame.f_globals, *vars(builtins)] if frame else []
    return Told("UNKNOWN_NAME", {"name": name, "near": _near(name, known)})


def _near(name: str, known: Iterable[str], prefix: str = "") -> str:
    """To follow a sentence: names that are spelt alike, else nothing."""
    possible = [one for one in dict.fromkeys(known) if isinstance(one, str) and one != name and not one.startswith("_")]
    same = [one for one in possible if one.lower() == name.lower()]
    close = difflib.get_close_matches(name, possible, n=2, cutoff=0.6) if len(name) > 1 else []
    near = list(dict.fromkeys([*same, *close]))[:2]
    return f". Is {' or '.join(f'`{prefix}{one}`' for one in near)} meant?" if near else "."


def _unknown_attribute(failure: Failure) -> Told | None:
    error = failure.error
    if not isinstance(error, AttributeError) or not error.name:
        return None
    owner, name = error.obj, error.name
    node = failure.place.expression
    whole = ast.unparse(node) if isinstance(node, ast.Attribute) else name
    prefix = whole.removesuffix(name)
    held = _members(owner)
    if isinstance(owner, types.ModuleType | np.ndarray):
        what = kind_of(owner) if isinstance(owner, types.ModuleType) else _an_array(prefix, owner)
        return Told("UNKNOWN_ATTRIBUTE", {"name": whole, "owner": what, "near": _near(name, dir(owner), prefix)})
    if _is_authors(owner) and isinstance(node, ast.Attribute):
        return Told("NO_CACHE", {"name": whole, "near": _near(name, held, prefix)})
    if owner is None or type(owner).__module__ in ("builtins", "numpy"):
        what = f"`{prefix.removesuffix('.')}` is {kind_of(owner)}" if prefix else f"it is {kind_of(owner)}"
        return Told("WRONG_TYPE", {"what": f"{what}, which has no .{name}", "remedy": _remedy_for(owner)})
    return Told("UNKNOWN_ATTRIBUTE", {"name": whole, "owner": kind_of(owner), "near": _near(name, held, prefix)})


def _an_array(prefix: str, owner: Any) -> str:
    return f"`{prefix.removesuffix('.')}`, {kind_of(owner)}," if prefix else f"{kind_of(owner)}"


def _remedy_for(owner: Any) -> str:
    if owner is None:
        return "Was it never set, or does the function that made it return nothing?"
    if isinstance(owner, tuple | list):
        return "Unpack it first, or take one member: it is no array."
    if isinstance(owner, int | float | np.number):
        return "It is one number, and an array is meant there."
    return "Print its type before that line, and see where it was made."


def _members(owner: Any) -> list[str]:
    try:
        return list(object.__getattribute__(owner, "__dict__"))
    except AttributeError:
        return []


def _is_authors(owner: Any) -> bool:
    return type(owner).__module__.partition(".")[0] not in ("builtins", "numpy", "chainrule", "types", "functools")


def _no_key(failure: Failure) -> Told | None:
    error, node = failure.error, failure.place.expression
    if not isinstance(error, KeyError) or not error.args:
        return None
    key = error.args[0]
    holder = looked_up(failure.place, node.value) if isinstance(node, ast.Subscript) else MISSING
    keys = [repr(one) for one in holder][:6] if type(holder) is dict else []
    known = f"; there are {', '.join(keys)}" if keys else ""
    return Told("NO_SUCH_KEY", {"key": repr(key)[:60], "known": known})


_COUNTS = re.compile(r"(too many|not enough) values to unpack \(expected (?:at least )?(\d+)(?:, got (\d+))?\)")


def _unpacking(failure: Failure) -> Told | None:
    said, place = _COUNTS.search(failure.text), failure.place
    not_many = "cannot unpack non-iterable" in failure.text
    if not said and not not_many:
        return None
    statement = place.statement
    value = statement.value if isinstance(statement, ast.Assign) else None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(statement, ast.For):
        target = statement.target
    count = int(said[2]) if said else len(target.elts) if isinstance(target, ast.Tuple) else 2
    held = looked_up(place, value)
    if held is not MISSING and value is not None:
        there = f"{written(value)} is {_contents(held)}"
    elif not_many:
        there = f"there is one number, of type {failure.text.split()[-2]}, and not several values"
    else:
        there = f"there are {'more' if said and said[1] == 'too many' else f'only {said and said[3]}'}"
    return Told("UNPACKING", {"wanted": counted(count), "there": there})


def _contents(value: Any) -> str:
    if type(value) in (tuple, list) and len(value) <= 6:
        if all(type(one) is int for one in value):
            return f"{shape_text(value)}, {counted(len(value))}"
        return (
            f"{kind_of(value)}: {', '.join(kind_of(one) for one in value)}"
            if value
            else f"an empty {type(value).__name__}"
        )
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{kind_of(value)}, which gives {counted(len(value), 'row')}"
    return kind_of(value)


_PROBLEMS = (
    (r"missing \d+ required (?:positional|keyword-only) arguments?: (.+)", "missing is {}"),
    (r"takes (?:from )?(.+?) positional arguments? but (\d+) .*(?:was|were) given", "it takes {}, and gets {}"),
    (r"takes (no) arguments \((\d+) given\)", "it takes {}, and gets {}"),
    (r"unexpected keyword argument '(\w+)'", "it has no argument {}"),
    (r"got multiple values for argument '(\w+)'", "{} is given twice"),
    (r"'(\w+)' is an invalid keyword argument", "it has no argument {}"),
)  # fmt: skip


def _arguments(failure: Failure) -> Told | None:
    if not isinstance(failure.error, TypeError):
        return None
    node = failure.place.expression
    called = written(node.func) if isinstance(node, ast.Call) else "a function"
    for pattern, words in _PROBLEMS:
        if said := re.search(pattern, failure.text):
            inner = failure.text.partition("(")[0].removesuffix("_dispatcher").lstrip("_").removesuffix(".<lambda>")
            named = called if called != "a function" or not inner.isidentifier() else f"`{inner}`"
            return Told("WRONG_ARGUMENTS", {"called": named, "problem": words.format(*said.groups())})
    return None


TELLERS = (_unknown_name, _unknown_attribute, _no_key, _unpacking, _arguments)
