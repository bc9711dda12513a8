"""Where things stand in a source: tests, tasks, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from chainrule.exercises.source import Source

__all__ = ["Places"]


class Places:
    """The lines of a source's teacher cells, by what is said there."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.trees = [_tree(cell.text, cell.line) for cell in source.texts("teacher")]

    def function(self, name: str) -> ast.FunctionDef | None:
        """The function of that name at the top level of a teacher's cell."""
        for tree in self.trees:
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    return node
        return None

    def call(self, kind: str, name: str) -> int:
        """The line of ``Test("name", ...)``; that of EXERCISE, or 0, where it is not written so."""
        for node in self._calls():
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            words = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "name")]
            if called == kind and any(isinstance(one, ast.Constant) and one.value == name for one in words):
                return node.lineno
        return self.exercise()

    def exercise(self) -> int:
        """The line of ``Exercise(...)``; 0 where there is none."""
        return next((node.lineno for node in self._calls() if getattr(node.func, "id", "") == "Exercise"), 0)

    def _calls(self) -> Iterator[ast.Call]:
        for tree in self.trees:
            yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _tree(text: str, line: int) -> ast.Module:
    tree = ast.parse(text)
    ast.increment_lineno(tree, line - 1)
    return tree
