"""A learner's file or notebook, run for its definitions: imports, functions, classes and assignments.

Training and plots at the top of a file are left out, as they are when it is graded.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.loading.execution import described, does_not_parse, running, statement_names
from chainrule.checking.loading.files import new_module
from chainrule.checking.loading.notebooks import run_notebook, without_magics

__all__ = ["Loaded", "is_loading", "learners_file", "load_work"]

_LOADING: ContextVar[bool] = ContextVar("loading", default=False)


def is_loading() -> bool:
    """Whether a learner's file is being run for its definitions; tests that it calls itself wait."""
    return _LOADING.get()


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a learner's file defines.

    Args:
        names: what is defined.
        missing: names that are not, and why: their cell does not parse.
        skipped: all that was left out because it failed, in words.
    """

    names: dict[str, Any]
    missing: dict[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()


@contextmanager
def _loading() -> Iterator[None]:
    token = _LOADING.set(True)
    try:
        yield
    finally:
        _LOADING.reset(token)


def load_work(path: Path) -> Loaded:
    """Run a learner's file or notebook for its definitions.

    Raises:
        NotCheckable: there is no such file, or nothing in it parses; the finding has the line.
    """
    if not path.is_file():
        raise NotCheckable(found("NOT_FOUND", f"file {str(path)!r}", {"known": ""}))
    with _loading():
        if path.suffix.lower() == ".ipynb":
            space = run_notebook(path, path.name)
            names, skipped = dict(space.names), tuple(space.skipped)
        else:
            names, skipped = _run_file(path)
    missing = {name: text for several, text in skipped for name in several if name not in names}
    return Loaded(names, missing, tuple(text for _, text in skipped))


def _run_file(path: Path) -> tuple[dict[str, Any], tuple[tuple[frozenset[str], str], ...]]:
    name = str(path.resolve())
    linecache.cache.pop(name, None)
    text = _text(path)
    try:
        statements = ast.parse(without_magics(text), name).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotCheckable(does_not_parse(error, path.name)) from None
    module = new_module(path, name)
    skipped = []
    with running(path):
        for statement in statements:
            if not _is_run(statement):
                continue
            try:
                exec(compile(ast.Module([statement], []), name, "exec", dont_inherit=True), vars(module))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # also SystemExit; the rest of the file goes on
                why = f"{type(error).__name__}: {described(error)}".rstrip(": ")
                text = f"line {statement.lineno} of {path.name} was left out: {why}."
                skipped.append((statement_names(statement), text))
    return vars(module), tuple(skipped)


def _text(path: Path) -> str:
    import io
    import tokenize

    data = path.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise NotCheckable(does_not_parse(error, path.name)) from None


def _is_run(statement: ast.stmt) -> bool:
    """Definitions, imports and assignments, and what only chooses between some of them."""
    if isinstance(statement, ast.If) and not _asks_for_main(statement):
        return all(map(_is_run, [*statement.body, *statement.orelse]))
    if isinstance(statement, ast.Try):
        inner = [*statement.body, *(one for handler in statement.handlers for one in handler.body)]
        return all(map(_is_run, inner)) and not statement.finalbody
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return isinstance(statement, (*kinds, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass))


def _asks_for_main(statement: ast.If) -> bool:
    return "__main__" in ast.unparse(statement.test)


def learners_file(place: Path) -> tuple[Path, str]:
    """The file that a learner means by a file or a folder, and a sentence where one was chosen among several.

    In a folder, that of an exercise with the fewest stubs left, and of those the newest.

    Raises:
        NotCheckable: there is none.
    """
    from chainrule.exercises.testing.known import marked_exercise, stubs_left

    if not place.is_dir():
        if place.exists() and place.suffix.lower() not in (".py", ".ipynb"):
            raise NotCheckable(found("NOT_CHECKABLE", str(place), {"kind": "no .py or .ipynb file"}))
        return place, ""
    files = [one for one in sorted(place.iterdir()) if one.suffix.lower() in (".py", ".ipynb") and one.is_file()]
    files = [one for one in files if not re.match(r"test_|.*_test\.py$|conftest", one.name)]
    likely = [one for one in files if marked_exercise(one)] or (files if len(files) == 1 else [])
    if not likely:
        listed = f"; name one of {', '.join(one.name for one in files[:10])}" if files else ""
        kind = f"a folder without an exercise's file{listed}"
        raise NotCheckable(found("NOT_CHECKABLE", str(place), {"kind": kind}))
    best = min(likely, key=lambda one: (stubs_left(one), -one.stat().st_mtime, one.suffix))
    others = [one.name for one in likely if one != best]
    return best, f"Testing {best.name}; there is also {', '.join(others)}." if others else ""
