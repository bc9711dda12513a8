"""What the functions of a solution give while a test runs: also what the test does not look at."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from chainrule.checking.evidence import distance
from chainrule.exercises.source import Source

__all__ = ["Lines", "Record", "alike", "recorded", "task_names", "whole_statements", "without_ones"]

Record = list[tuple[str, list[Any]]]
MOST = 10_000


def task_names(source: Source) -> list[str]:
    """The functions and classes that a source's tasks define."""
    trees = [ast.parse(cell.text) for cell in source.texts("task")]
    return [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def recorded(module: ModuleType, names: list[str], record: Record) -> None:
    """Make the functions of a module write down what they give, without the caches that they hand to each other."""
    for name in names:
        value = vars(module).get(name)
        if isinstance(value, type):
            for key, method in list(vars(value).items()):
                if isinstance(method, staticmethod | classmethod):
                    setattr(value, key, type(method)(_noted(method.__func__, f"{name}.{key}", record)))
                elif isinstance(method, FunctionType):
                    setattr(value, key, _noted(method, f"{name}.{key}", record))
        elif callable(value):
            setattr(module, name, _noted(value, name, record))


def _noted(function: Callable[..., Any], name: str, record: Record) -> Callable[..., Any]:
    @functools.wraps(function)
    def noted(*arguments: Any, **options: Any) -> Any:
        value = function(*arguments, **options)
        if len(record) < MOST:
            if value is None and "." in name and arguments:
                record.append((name, _numbers(_public(arguments[0]))))
            else:
                record.append((name, _numbers(value)))
        return value

    return noted


def _public(instance: Any) -> dict[str, Any]:
    names = getattr(instance, "__dict__", {})
    return {name: value for name, value in names.items() if not name.startswith("_") and "cache" not in name}


def _numbers(value: Any) -> list[Any]:
    """The arrays and numbers of a result, as they are now; what is nested deeper is a cache, and left out."""
    if isinstance(value, Mapping):
        parts = [value[name] for name in sorted(value, key=str)]
    else:
        parts = list(value) if isinstance(value, tuple) else [value]
    return [np.array(part) if isinstance(part, np.ndarray | np.generic | int | float) else None for part in parts]


def alike(first: Any, second: Any, tolerance: float) -> bool:
    """Whether two records, results by name or lists are the same; nan equals nan."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(alike(first[name], second[name], tolerance) for name in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(
            alike(one, other, tolerance) for one, other in zip(first, second, strict=True)
        )
    if first is None or second is None or isinstance(first, str) or isinstance(second, str):
        return type(first) is type(second) and (first is None or first == second)
    try:
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    except (TypeError, ValueError):
        return type(first) is type(second)
    if a.shape != b.shape or not np.array_equal(np.isnan(a), np.isnan(b)):
        return False
    return distance(np.nan_to_num(a, nan=0.0, posinf=np.inf, neginf=-np.inf), np.nan_to_num(
        b, nan=0.0, posinf=np.inf, neginf=-np.inf)) <= tolerance  # fmt: skip


def without_ones(record: Record) -> Record:
    """The record with axes of length 1 taken out."""
    return [(name, [None if one is None else np.squeeze(one) for one in values]) for name, values in record]


class Lines:
    """The lines of a file that run meanwhile, and how many in all, each as often as it ran."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.seen: set[int] = set()
        self.count = 0

    def _watch(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != self.path:
            return None
        if event == "line":
            self.seen.add(frame.f_lineno)
            self.count += 1
        return self._watch

    def __enter__(self) -> Lines:
        self.before = sys.gettrace()
        sys.settrace(self._watch)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(self.before)


def whole_statements(lines: set[int], statements: Sequence[ast.stmt]) -> set[int]:
    """The lines, and all others of the statements that they belong to."""
    whole = set(lines)
    for top in statements:
        for node in ast.walk(top):
            if isinstance(node, ast.stmt):
                own = _own_lines(node)
                if whole & own:
                    whole |= own
    return whole


def _own_lines(node: ast.stmt) -> set[int]:
    """The lines of a statement; of one with a body those before it."""
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return set(range(node.lineno, max(last, node.lineno) + 1))
