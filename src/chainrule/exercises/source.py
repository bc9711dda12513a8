"""One Python file from which an exercise is made: texts, starting code, the solution, and the teacher's tests.

The file is cut into cells by lines that begin with ``# %%``:

    # %% [markdown]      a text for the learner, as comments
    # %% given           code that the learner gets as it is: imports, base classes, plots
    # %% task affine     code with regions to fill in, from ``# BEGIN SOLUTION`` to ``# END SOLUTION``
    # %% public          a cell that runs a task's tests, ``test("affine")``; the learner gets it
    # %% teacher         code that no learner gets: probes, inputs, and ``EXERCISE = Exercise(...)``

The whole file is valid Python, so that editors and linters understand it; the solution runs as it stands.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chainrule.exercises.exercise import Exercise

__all__ = ["Cell", "Source", "SourceError", "read_source"]

KINDS = ("[markdown]", "given", "task", "public", "teacher")
# With one hash, as nbgrader and otter both strip it; with three, as both courses' older files have it.
_BEGIN = re.compile(r"^(\s*)#{1,3} ?(?:BEGIN SOLUTION|START CODE HERE)(?: #{1,3})?(?: \(.*\))?\s*$")
_END = re.compile(r"^(\s*)#{1,3} ?(?:END SOLUTION|END CODE HERE)(?: #{1,3})?\s*$")
STUB = "raise NotImplementedError"


class SourceError(ValueError):
    """A source that is no exercise; the message has the line."""


@dataclass(frozen=True)
class Cell:
    """A part of a source.

    Args:
        kind: one of ``"[markdown]"``, ``"given"``, ``"task"``, ``"public"``, ``"teacher"``.
        text: without the line that begins the cell.
        line: where the text begins in the file.
        task: of a task's cell, its name.
    """

    kind: str
    text: str
    line: int
    task: str = ""

    @property
    def markdown(self) -> str:
        """A text without its comment signs."""
        return "\n".join(re.sub(r"^# ?", "", line) for line in self.text.splitlines()).strip()

    @property
    def stub(self) -> str:
        """The text as the learner gets it: each solution is a comment and a line that raises NotImplementedError.

        Only the comment of a solution inside a string, an answer in words; and of one at the top level, where a line
        that raises would keep the rest of a module from being read.
        """
        lines: list[str] = []
        inside = False
        strings = _lines_of_strings(self.text)
        for number, line in enumerate(self.text.splitlines(), 1):
            if begin := _BEGIN.match(line):
                inside = True
                lines.append(f"{begin[1]}# your {'lines' if number in strings else 'code'} here")
                if begin[1] and number not in strings:
                    lines.append(f"{begin[1]}{STUB}")
            elif _END.match(line):
                inside = False
            elif not inside:
                lines.append(line)
        return "\n".join(lines).strip("\n")

    @property
    def solution(self) -> str:
        """The text without the two marking lines."""
        lines = [line for line in self.text.splitlines() if not _BEGIN.match(line) and not _END.match(line)]
        return "\n".join(lines).strip("\n")


@dataclass(frozen=True)
class Source:
    """An exercise's file.

    Args:
        path: where it is.
        cells: in order.
    """

    path: Path
    cells: tuple[Cell, ...]

    def texts(self, *kinds: str) -> Iterator[Cell]:
        """The cells of these kinds."""
        return (cell for cell in self.cells if cell.kind in kinds)

    @cached_property
    def solution_text(self) -> str:
        """The solution as a program: what is given, and every task solved."""
        return "\n\n\n".join(cell.solution for cell in self.texts("given", "task"))

    @cached_property
    def support_text(self) -> str:
        """What is given alone: a submission may rely on it."""
        return "\n\n\n".join(cell.text.strip("\n") for cell in self.texts("given"))

    @cached_property
    def solved(self) -> types.ModuleType:
        """The solution, run: the teacher's own code."""
        return _run(self.texts("given", "task"), f"{self.path.stem}_solution", str(self.path))

    @cached_property
    def exercise(self) -> Exercise:
        """What the teacher's cells define as ``EXERCISE``.

        Raises:
            SourceError: they define none.
        """
        made = vars(_run(self.texts("teacher"), f"{self.path.stem}_teacher", str(self.path))).get("EXERCISE")
        if not isinstance(made, Exercise):
            raise SourceError(f"{self.path.name}: no teacher's cell defines EXERCISE = Exercise(...)")
        return made

    def probe_text(self, probe: Callable[..., Any]) -> str:
        """The text of a probe alone, which is sent to where submissions run.

        Raises:
            SourceError: it is not a function at the top level of a teacher's cell.
        """
        for cell in self.texts("teacher"):
            for node in ast.parse(cell.text).body:
                if isinstance(node, ast.FunctionDef) and node.name == probe.__name__:
                    return ast.unparse(node)
        raise SourceError(f"{self.path.name}: {probe.__name__} is no function at the top level of a teacher's cell")


def _lines_of_strings(text: str) -> set[int]:
    """The lines that a string goes on in."""
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }


def _run(cells: Iterable[Cell], name: str, path: str) -> types.ModuleType:
    """Run the teacher's own cells as a module; line numbers are those of the file."""
    module = types.ModuleType(name)
    module.__file__ = path
    for cell in cells:
        text = "\n" * (cell.line - 1) + cell.text
        exec(compile(text, path, "exec"), vars(module))  # the teacher's own file, on the teacher's machine
    return module


def read_source(path: Path) -> Source:
    """Read and cut a source.

    Raises:
        SourceError: it is no exercise.
    """
    try:
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
    except (UnicodeDecodeError, SyntaxError) as error:
        raise SourceError(f"{path.name}: {error}") from error
    cells = tuple(_cells(text.splitlines(), path.name))
    if not any(cell.kind == "task" for cell in cells):
        raise SourceError(f"{path.name}: there is no cell `# %% task NAME`; see `chainrule exercise build --help`")
    return Source(path, cells)


def _cells(lines: Sequence[str], name: str) -> Iterator[Cell]:
    starts = [number for number, line in enumerate(lines) if line.startswith("# %%")]
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(lines)
        words = lines[start].removeprefix("# %%").split()
        if not words or words[0] not in KINDS or (words[0] == "task") != (len(words) == 2):
            raise SourceError(f"{name}, line {start + 1}: {lines[start]!r} begins no cell; expected {', '.join(KINDS)}")
        text = "\n".join(lines[start + 1 : end]).strip("\n")
        _check_regions(text, name, start + 2)
        yield Cell(words[0], text, start + 2, words[1] if len(words) > 1 else "")


def _check_regions(text: str, name: str, first: int) -> None:
    opened = 0
    for number, line in enumerate(text.splitlines(), first):
        if _BEGIN.match(line):
            if opened:
                raise SourceError(f"{name}, line {number}: a solution begins inside the one of line {opened}")
            opened = number
        elif _END.match(line):
            if not opened:
                raise SourceError(f"{name}, line {number}: a solution ends that has not begun")
            opened = 0
    if opened:
        raise SourceError(f"{name}, line {opened}: this solution does not end")
