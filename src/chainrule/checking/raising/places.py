"""Where an error was raised: the author's innermost line, and the expression in it."""

from __future__ import annotations

import ast
import itertools
import linecache
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

import numpy as np

__all__ = ["Place", "place_of"]

_OWN = (str(Path(__file__).parents[2]) + os.sep, str(Path(np.__file__).parent) + os.sep)
_LONGEST = 100


@dataclass(frozen=True, eq=False)
class Place:
    """The author's innermost line.

    Args:
        frame: whose names can be looked up there; None where no line is the author's.
        line: its number; 0 where there is none.
        text: of the line.
        statement: the statement it belongs to; None where the text cannot be found.
        expression: the smallest one in it that was being computed.
    """

    frame: FrameType | None = None
    line: int = 0
    text: str = ""
    statement: ast.stmt | None = None
    expression: ast.AST | None = None

    @property
    def at(self) -> str:
        """In words, to follow a sentence: where it is."""
        if not self.text:
            return ""
        text = self.text if len(self.text) <= _LONGEST else self.text[:_LONGEST] + " ..."
        return f" in line {self.line}, `{text}`"

    @property
    def target(self) -> str:
        """The name that the statement gives a value to; empty where it is none."""
        assigned = self.statement.targets[0] if isinstance(self.statement, ast.Assign) else None
        return assigned.id if isinstance(assigned, ast.Name) else ""


def place_of(trace: TracebackType | None) -> Place:
    """The innermost line that is the author's own, with its syntax as far as it can be read."""
    own: TracebackType | None = None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith(_OWN) and not name.startswith("<__array_function__"):
            own = trace
        trace = trace.tb_next
    if own is None:
        return Place()
    frame, line = own.tb_frame, own.tb_lineno
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    for source in ("".join(lines), _alone(lines, line)):
        try:
            statement, expression = _syntax(source, own)
            return Place(frame, line, text, statement, expression)
        except (SyntaxError, ValueError, RecursionError):
            continue
    return Place(frame, line, text)


def _alone(lines: Sequence[str], line: int) -> str:
    """That line at its place, for a file that is no Python as a whole, such as a page with code in it."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    nested = "if True:\n" if text[:1].isspace() else ""
    return "\n" * (line - 1 - bool(nested)) + nested + text


def _syntax(source: str, trace: TracebackType) -> tuple[ast.stmt | None, ast.AST | None]:
    """The innermost statement around the line, and the expression that Python says was being computed."""
    line = trace.tb_lineno
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not around:
        return None, None
    statement = max(around, key=lambda node: (node.lineno, node.col_offset))
    positions = trace.tb_frame.f_code.co_positions()
    first, last, start, end = next(itertools.islice(positions, trace.tb_lasti // 2, None))
    exact = [node for node in ast.walk(statement) if _span(node) == (first, last, start, end)]
    # A call that is a statement of its own has the statement's place.
    exact.sort(key=lambda node: isinstance(node, ast.stmt))
    return statement, exact[0] if exact else None


def _span(node: ast.AST) -> tuple[int | None, ...]:
    return tuple(getattr(node, name, None) for name in ("lineno", "end_lineno", "col_offset", "end_col_offset"))
