"""The mutants of a source: its solution with one change each, inside the regions that learners fill in."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType

from chainrule.exercises.linting.mutations import Change, changes_of
from chainrule.exercises.source import Source

__all__ = ["Mutant", "code_of", "module_of", "mutants_of", "solution_lines", "statements_of"]

LONGEST = 90


@dataclass(frozen=True, eq=False)
class Mutant:
    """A solution with one change.

    Args:
        line: in the source.
        before, after: the expression or statement, as text.
        known: the name of a well-known mistake; empty for others.
        statement: which one of the solution's top level is changed.
        tree: that statement, changed.
    """

    line: int
    before: str
    after: str
    known: str
    statement: int
    tree: ast.stmt

    @property
    def text(self) -> str:
        """Before and after."""
        return f"`{_cut(self.before)}` -> `{_cut(self.after)}`"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ..."


def solution_lines(source: Source) -> set[int]:
    """The lines inside the regions that learners fill in."""
    lines: set[int] = set()
    for cell in source.texts("task"):
        inside = False
        for number, line in enumerate(cell.text.splitlines(), cell.line):
            if re.match(r"\s*#{1,3} (BEGIN|END) SOLUTION\s*$", line):
                inside = "BEGIN" in line
            elif inside:
                lines.add(number)
    return lines


def statements_of(source: Source) -> list[ast.stmt]:
    """The solution's statements, with the lines of the file."""
    statements: list[ast.stmt] = []
    for cell in source.texts("given", "task"):
        tree = ast.parse(cell.text)
        ast.increment_lineno(tree, cell.line - 1)
        statements += tree.body
    return statements


def mutants_of(source: Source) -> list[Mutant]:
    """All that read differently, each once, in the order of the text; the same ones every time."""
    lines = solution_lines(source)
    return [
        mutant
        for number, statement in enumerate(statements_of(source))
        if lines & set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
        for mutant in _mutants(statement, number, lines)
    ]


def _mutants(statement: ast.stmt, number: int, lines: set[int]) -> Iterator[Mutant]:
    seen = {ast.unparse(statement)}
    for change in changes_of(statement, lambda node: getattr(node, "lineno", 0) in lines):
        tree = _changed(statement, change)
        text = ast.unparse(tree)
        if text not in seen:
            seen.add(text)
            line = getattr(change.old, "lineno", statement.lineno)
            yield Mutant(line, *_sides(change), change.known, number, tree)


def _changed(whole: ast.AST, change: Change) -> ast.stmt:
    """A copy with the change made. What is new may hold what is old, so it is not itself looked through."""
    new = copy.deepcopy(change.new)
    ast.copy_location(new, change.old)
    changed: ast.stmt = copy.deepcopy(whole, {id(change.old): new})  # type: ignore[assignment]
    return ast.fix_missing_locations(changed)


def _sides(change: Change) -> tuple[str, str]:
    after = change.new if change.shown is change.old else _changed(change.shown, change)
    return _unparsed(change.shown), _unparsed(after)


def _unparsed(node: ast.AST) -> str:
    """As text; of a statement with a body its first line."""
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    return text.splitlines()[0] if isinstance(node, ast.If | ast.For | ast.While | ast.With) else text


def code_of(source: Source, statements: Sequence[ast.stmt], mutant: Mutant | None = None) -> CodeType:
    """The solution's statements as code; with a mutant, changed."""
    body = list(statements)
    if mutant is not None:
        body[mutant.statement] = mutant.tree
    return compile(ast.Module(body, []), str(source.path), "exec", dont_inherit=True)


def module_of(source: Source, code: CodeType) -> ModuleType:
    """The code, run as a new module.

    Raises:
        Exception: whatever a mutant raises at the top level.
    """
    module = ModuleType(f"{source.path.stem}_mutant")
    module.__file__ = str(source.path)
    exec(code, vars(module))  # the teacher's own text, with one change at most
    return module
