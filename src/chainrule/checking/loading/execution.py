"""Running a learner's text: what it prints is caught, and what stops it becomes a finding with the line."""

from __future__ import annotations

import ast
import io
import linecache
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

import numpy as np

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.forms.implementation import NotCheckable

__all__ = ["Printed", "compiled", "described", "does_not_parse", "does_not_run", "running", "statement_names"]


class Printed(io.StringIO):
    """What was written to the terminal, of which the first lines are kept."""

    MOST = 100_000

    def write(self, text: str) -> int:
        """Take it, as far as there is room."""
        if self.tell() < self.MOST:
            super().write(text[: self.MOST])
        return len(text)

    def fileno(self) -> int:
        """None; who asks falls back on `write`."""
        raise io.UnsupportedOperation("fileno")


@contextmanager
def running(path: Path, *, arguments: bool = True) -> Iterator[Printed]:
    """Run what is inside as Python runs a file: its folder can be imported from, and it has no input.

    What it changes for the whole process, the folder, the filters of warnings, NumPy's error state, is put back.
    """
    printed = Printed()
    _forget_neighbours()
    before = sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode, Path.cwd(), set(sys.modules)
    folder = str(path.parent.resolve())
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(printed))
        stack.enter_context(redirect_stderr(printed))
        stack.enter_context(np.errstate())
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_no_windows())
        stack.enter_context(_own_graph())
        stack.callback(_remember_neighbours, folder, before[5])
        warnings.simplefilter("ignore")
        sys.path.insert(0, folder)
        # A file that is edited twice in one second would otherwise be read from its first bytecode.
        sys.dont_write_bytecode = True
        sys.stdin = io.StringIO()
        if arguments:
            sys.argv = [str(path)]
        try:
            yield printed
        finally:
            sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode = before[:4]
            with suppress(OSError):
                os.chdir(before[4])


@contextmanager
def _no_windows() -> Iterator[None]:
    known = os.environ.get("MPLBACKEND")
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        yield
    finally:
        if known is None:
            os.environ.pop("MPLBACKEND", None)


@contextmanager
def _own_graph() -> Iterator[None]:
    """Nodes that a file builds do not join the caller's graph."""
    ours = sys.modules.get("chainrule.courses.edf.graph")
    if ours is None:
        yield
        return
    with ours.Graph():
        yield


# Modules that a file brought along from its own folder. They may change as the file itself may, so the next one to be
# run finds none of them; until then they stay, as functions may still import them.
_NEIGHBOURS: set[str] = set()


def _forget_neighbours() -> None:
    for name in _NEIGHBOURS:
        module = sys.modules.pop(name, None)
        linecache.cache.pop(getattr(module, "__file__", None) or "", None)
    _NEIGHBOURS.clear()


def _remember_neighbours(folder: str, before: set[str]) -> None:
    for name in set(sys.modules) - before:
        top = name.partition(".")[0]
        file = getattr(sys.modules.get(top), "__file__", None)
        if file and top != "chainrule" and _stands_in(file, folder):
            _NEIGHBOURS.add(name)


def _stands_in(file: str, folder: str) -> bool:
    place = Path(file)
    home = place.parent.parent if place.name == "__init__.py" else place.parent
    return str(home.resolve()) == folder


def compiled(text: str | bytes, name: str, where: str) -> CodeType:
    """The text as code.

    Raises:
        NotCheckable: it does not parse; the finding has the line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(text, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise NotCheckable(does_not_parse(error, where)) from None


def does_not_parse(error: BaseException, where: str) -> Finding:
    """The finding, with line, column and the line's text."""
    line = getattr(error, "lineno", None) or 1
    column = getattr(error, "offset", None) or 1
    reason = described(getattr(error, "msg", None) or error).rstrip(".")
    text = (getattr(error, "text", None) or "").strip("\n")
    shown = f"`{text.strip()[:200]}`" if text.strip() else "(it cannot be shown)"
    facts = {"line": line, "column": column, "reason": reason, "text": shown}
    pointer = f"{text}\n{' ' * (min(column, 300) - 1)}^" if text.strip() and len(text) < 300 else ""
    return found("DOES_NOT_PARSE", where, facts, where=f"line {line}", details=pointer)


def does_not_run(error: BaseException, where: str, names: Callable[[str], bool], printed: str) -> Finding:
    """The finding for what stopped a text, with the last line of it that was running.

    Args:
        error: what it raised.
        where: what the text is called.
        names: whether a file name is one of the text's.
        printed: what it wrote before.
    """
    if isinstance(error, SystemExit):
        code = "" if error.code is None else described(error.code)
        what = f"ends the program ({'exit' if not code else f'exit with {code}'})"
    elif isinstance(error, EOFError) and "reading a line" in described(error):
        what = "asks for input, and nobody can type while it is checked"
    else:
        what = f"stops with {type(error).__name__}: {described(error)}".rstrip(": .")
    line, file = _place(error.__traceback__, names)
    text = linecache.getline(file, line).strip() if line else ""
    at = f", line {line}" + (f": `{text[:200]}`" if text else "") if line else ""
    shown = printed.strip()
    details = f"It printed: {shown[:500]}" if shown else ""
    return found("DOES_NOT_RUN", where, {"what": what, "at": at}, where=f"line {line}" if line else "", details=details)


def _place(trace: TracebackType | None, names: Callable[[str], bool]) -> tuple[int, str]:
    line, file = 0, ""
    while trace is not None:
        if names(trace.tb_frame.f_code.co_filename):
            line, file = trace.tb_lineno, trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return line, file


def described(error: Any) -> str:
    """What it says; also where saying it fails."""
    try:
        return " ".join(str(error).split())[:500]
    except Exception:
        return type(error).__name__


def statement_names(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement defines."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return frozenset((statement.name,))
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return frozenset((alias.asname or alias.name.partition(".")[0]) for alias in statement.names)
    return frozenset(
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
