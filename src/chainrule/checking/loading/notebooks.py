"""A notebook: its imports, definitions and assignments are run, statement by statement."""

from __future__ import annotations

import ast
import linecache
import re
import warnings
from pathlib import Path
from typing import Any

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.loading.execution import described, does_not_parse, running, statement_names
from chainrule.checking.loading.files import new_module
from chainrule.checking.loading.subjects import Namespace, subjects_in

__all__ = ["run_notebook", "without_magics"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)

# Cell magics that run the cell as Python; the others hold another language.
_PYTHON_CELLS = (
    "time",
    "timeit",
    "capture",
    "prun",
    "python",
    "python3",
    "pypy",
    "debug",
    "memit",
    "mprun",
    "snakeviz",
)
_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w., ]+=\s*[%!]|[\w.]+\?\??\s*$)")


def run_notebook(path: Path, where: str) -> Namespace:
    """What the notebook defines.

    A statement that fails is left out and remembered: training that needs data does not hide the classes above it.

    Raises:
        NotCheckable: it is no notebook, or nothing in it parses.
    """
    cells = _cells(path, where)
    module = new_module(path, str(path.resolve()))
    skipped: list[tuple[frozenset[str], str]] = []
    first_error: Finding | None = None
    with running(path) as printed:
        for number, text in cells:
            name, called = f"{path}, cell {number}", f"cell {number}"
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
            try:
                statements = _parsed(text).body
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                finding = does_not_parse(error, f"{where}, {called}")
                first_error = first_error or finding
                skipped.append((_defined_names(text), finding.message))
                continue
            for statement in statements:
                if _is_run(statement):
                    skipped += _run(statement, vars(module), name, called)
    namespace = Namespace(where, module.__name__, vars(module), printed.getvalue(), tuple(skipped))
    if first_error is not None and not subjects_in(namespace):
        raise NotCheckable(first_error)
    return namespace


def _cells(path: Path, where: str) -> list[tuple[int, str]]:
    """The code cells with their numbers, counted from 1 among all cells."""
    try:
        import nbformat
    except ImportError:
        what = "cannot be read, as nbformat is not installed: pip install nbformat"
        raise NotCheckable(found("DOES_NOT_RUN", where, {"what": what, "at": ""})) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = path.read_bytes().decode("utf-8-sig")
            notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
            cells = [(number, _code(cell)) for number, cell in enumerate(notebook.cells, 1)]
    except Exception as error:
        # nbformat raises its own and others' errors; whichever it is, the file is no notebook that can be read.
        raise NotCheckable(_no_notebook(where, error)) from None
    return [(number, text) for number, text in cells if text.strip()]


def _code(cell: Any) -> str:
    if cell.get("cell_type") != "code":
        return ""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _no_notebook(where: str, error: Exception) -> Finding:
    import json

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, json.JSONDecodeError):
        cause = cause.__cause__ or cause.__context__
    reason = described(error)
    if isinstance(cause, json.JSONDecodeError):
        reason = f"no JSON at line {cause.lineno}, column {cause.colno}: {cause.msg}"
    return found("NO_NOTEBOOK", where, {"reason": reason.rstrip(".")})


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(without_magics(text))


def without_magics(text: str) -> str:
    """The Python of a cell, line for line: magics become ``pass``; a cell in another language is empty.

    >>> without_magics("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    head = re.match(r"\s*%%(\w+)", text)
    if head:
        if head[1] not in _PYTHON_CELLS:
            return ""
        text = text.replace(text[: head.end()], "%", 1)
    lines = text.split("\n")
    magics = {number for number, line in enumerate(lines, 1) if _MAGIC.match(line)}
    while True:
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            # Only what does not parse is a magic: `% b)` may also continue a line.
            if error.lineno not in magics:
                break
            magics.discard(error.lineno)
            _drop(lines, error.lineno)
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            return "\n".join(lines)
    for number in magics:
        _drop(lines, number)
    return "\n".join(lines)


def _drop(lines: list[str], number: int) -> None:
    line = lines[number - 1]
    lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass"


def _is_run(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Try):
        inner = [*statement.body, *(one for handler in statement.handlers for one in handler.body)]
        return all(isinstance(one, (*_IMPORTS, *_ASSIGNMENTS, ast.Pass)) for one in inner) and not statement.finalbody
    return isinstance(statement, (*_DEFINITIONS, *_IMPORTS, *_ASSIGNMENTS))


def _run(statement: ast.stmt, names: dict[str, Any], file: str, called: str) -> list[tuple[frozenset[str], str]]:
    """Run it; what it would have defined, and why it did not, where it fails."""
    try:
        exec(compile(ast.Module([statement], []), file, "exec", dont_inherit=True), names)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        why = f"{type(error).__name__}: {described(error)}".rstrip(": ")
        return [(statement_names(statement), f"{called}, line {statement.lineno}, was left out: {why}.")]
    return []


def _defined_names(text: str) -> frozenset[str]:
    """The names that a cell seems to define, where it cannot be parsed."""
    return frozenset(re.findall(r"^(?:class|def)\s+(\w+)|^(\w+)\s*=", text, re.MULTILINE) and _flat(text))


def _flat(text: str) -> list[str]:
    pairs = re.findall(r"^(?:class|def)\s+(\w+)|^(\w+)\s*=", text, re.MULTILINE)
    return [one or other for one, other in pairs]
