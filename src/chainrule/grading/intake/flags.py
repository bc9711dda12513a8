"""What a teacher should look at: work that is identical up to names, and what the exercise forbids."""

from __future__ import annotations

import ast
import builtins
import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chainrule.grading.submission import Submission
from chainrule.showing.text import shortened

__all__ = ["flagged", "forbidden_uses"]

# Two people who solve a short exercise well may write the same; below so many nodes,
# about fifteen lines, it says nothing.
_LEAST_NODES = 200
_MOST_NAMED = 5


def flagged(submissions: Sequence[Submission], given: str = "", forbidden: Sequence[str] = ()) -> list[Submission]:
    """The submissions with their flags.

    Args:
        submissions: the whole class.
        given: what everybody got, stubs included; definitions that stand there as they are do not count.
        forbidden: names of modules and functions that the exercise forbids.
    """
    ours = set(_forms(given).values())
    same: dict[str, list[str]] = defaultdict(list)
    prints: dict[str, str] = {}
    for one in submissions:
        mark = _fingerprint(one, ours)
        if mark:
            prints[one.name] = mark
            same[mark].append(one.name)
    result = []
    for one in submissions:
        others = [name for name in same.get(prints.get(one.name, ""), []) if name != one.name]
        twins = [_identical(others)] if others else []
        uses = forbidden_uses(one.files, forbidden) if forbidden else []
        result.append(replace(one, flags=(*one.flags, *twins, *uses)))
    return result


def _identical(others: Sequence[str]) -> str:
    named = ", ".join(shortened(name, 60) for name in others[:_MOST_NAMED])
    more = len(others) - _MOST_NAMED
    return f"identical up to names and comments with {named}{f' and {more} more' if more > 0 else ''}"


def _fingerprint(submission: Submission, ours: set[str]) -> str:
    """Of all definitions that are not ours, in whatever order; empty where there is too little to say anything."""
    forms: dict[str, str] = {}
    for text in submission.files.values():
        forms |= _forms(text)
    own = sorted({form for form in forms.values() if form not in ours})
    if sum(form.count("(") for form in own) < _LEAST_NODES:
        return ""
    return hashlib.sha256("\n".join(own).encode("utf-8", "surrogatepass")).hexdigest()


def _forms(text: str) -> dict[str, str]:
    """Each definition at the top level without names, comments and texts for readers."""
    tree = _tree(text)
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    kept = [node for node in tree.body if isinstance(node, definitions)]
    forms = {}
    for node in kept:
        name = node.name
        try:
            forms[name] = ast.dump(_Renamed().visit(node), annotate_fields=False)
        except RecursionError:
            continue
    return forms


class _Renamed(ast.NodeTransformer):
    """Names in the order in which they come; what NumPy and Python call things stays."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def _new(self, name: str) -> str:
        if hasattr(builtins, name):
            return name
        return self.names.setdefault(name, f"v{len(self.names)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._new(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._new(node.arg))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return ast.Attribute(self.visit(node.value), self._new(node.attr) if own else node.attr, node.ctx)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._defined(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._defined(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._defined(node)

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        body = node.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:] or [ast.Pass()]
        node.name = self._new(node.name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self.generic_visit(ast.Assign([node.target], node.value) if node.value else ast.Pass())


def forbidden_uses(files: Mapping[str, str], forbidden: Sequence[str]) -> list[str]:
    """A sentence for each forbidden name that is used, with the first place.

    Args:
        files: text by name.
        forbidden: ``"torch"``, ``"numpy.gradient"``, ``"lstsq"``: with what stands below; a name without dots also at
            the end of others.
    """
    wanted = {_full(name, {}): name for name in forbidden}
    found: dict[str, str] = {}
    for file, text in files.items():
        for name, line in _used(_tree(text)):
            for full, asked in wanted.items():
                ends = "." not in full and name.rsplit(".", 1)[-1] == full
                if asked not in found and (name == full or name.startswith(f"{full}.") or ends):
                    found[asked] = f"uses {asked}, which the exercise forbids ({shortened(file, 60)}, line {line})"
    return list(found.values())


def _used(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names with their modules, whatever they are called here, and lines."""
    known: dict[str, str] = {}
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                known[one.asname or one.name.split(".")[0]] = one.name if one.asname else one.name.split(".")[0]
                yield one.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                full = f"{node.module or ''}.{one.name}".strip(".")
                known[one.asname or one.name] = full
                yield full, node.lineno
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            dotted = _dotted(node)
            if dotted:
                yield _full(dotted, known), node.lineno


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def _full(name: str, known: Mapping[str, str]) -> str:
    first, _, rest = name.partition(".")
    home = known.get(first, "numpy" if first == "np" else first)
    return f"{home}.{rest}" if rest else home


def _tree(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])
