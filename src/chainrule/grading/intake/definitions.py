"""Of code, its definitions only: imports, functions, classes, and assignments that cost nothing to run.

Training, plots and whatever else stands at the top level is not run again, so that a notebook of an hour is graded in
milliseconds. Lines stay where they are: what is left out is blank.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.grading.intake.bounds import BOUNDS
from chainrule.grading.intake.magics import without_magics
from chainrule.showing.text import shortened

__all__ = ["Defined", "Taken", "take_definitions"]

_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CHEAP = frozenset(("array", "asarray", "finfo", "float32", "float64", "sqrt", "log", "exp", "zeros", "ones"))
# What may begin a statement at the top level, to go on after one that does not parse.
_BEGINS = re.compile(r"^(?:@|def |class |async def |import |from |[A-Za-z_]\w*\s*(?::[^=\n]+)?=[^=])", re.MULTILINE)
_MANY = 400
# Before an assignment that may fail, such as to what training would have made: what stands below it still counts.
_GUARD = "with __import__('contextlib').suppress(Exception): "


@dataclass(frozen=True)
class Defined:
    """A function or class.

    Args:
        name: its own.
        first, last: its lines, from 1.
        stub: whether nobody has filled it in.
        form: its text without comments and layout, to be compared.
    """

    name: str
    first: int
    last: int
    stub: bool
    form: str


@dataclass
class Taken:
    """What was taken from one file.

    Args:
        lines: of the text; blank where something was left out.
        defined: functions and classes, in order.
        answers: strings by the name that they are assigned to.
        problems: sentences for the learner.
    """

    lines: list[str] = field(default_factory=list)
    defined: list[Defined] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines).rstrip("\n") + "\n"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left in it."""
        return not any(line and not line.startswith("# cell ") for line in self.lines)

    def drop(self, one: Defined) -> None:
        """Leave a definition out after all."""
        for number in range(one.first - 1, one.last):
            self.lines[number] = ""
        self.defined.remove(one)


def take_definitions(name: str, cells: Sequence[tuple[int, str]], *, is_notebook: bool) -> Taken:
    """The definitions of a file.

    Args:
        name: of the file, for the problems.
        cells: code with its number; of a plain file one.
        is_notebook: whether cells have numbers that somebody can see.
    """
    taken = Taken()
    future = False
    for number, text in cells:
        where = f"{name}, cell {number}" if is_notebook else name
        if is_notebook:
            taken.lines.append(f"# cell {number}")
            text = without_magics(text)
        future |= _take_cell(taken, text, where, is_notebook=is_notebook)
    if future and taken.lines:  # it has to stand before all else, and a later cell may have said it
        taken.lines[0] = "from __future__ import annotations"
    return taken


def _take_cell(taken: Taken, text: str, where: str, *, is_notebook: bool) -> bool:
    """Add a cell's definitions; whether it says that annotations are not to be run."""
    before = len(taken.lines)
    lines = text.split("\n")
    kept = [""] * len(lines)
    taken.lines += kept
    future = False
    for offset, part in _parsed(text, where, taken.problems):
        for statement in part.body:
            if is_notebook and isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                future = True
            elif not _is_kept(statement):
                continue
            elif fault := _fault(statement):
                taken.problems.append(f"{where}, line {fault.line + offset}: this does not parse ({fault.reason}).")
            else:
                _keep(taken, statement, lines, before, offset)
    return future


def _parsed(text: str, where: str, problems: list[str]) -> Iterator[tuple[int, ast.Module]]:
    """The whole, or what parses of it, with the number of lines before each part."""
    whole = _tree(text)
    if isinstance(whole, ast.Module):
        yield 0, whole
        return
    problems.append(f"{where}, line {whole.line}: this does not parse ({whole.reason}). What stands beside it counts.")
    starts = [match.start() for match in _BEGINS.finditer(text)]
    if len(starts) > _MANY:  # each attempt costs time
        return
    for start, end in pairwise([*starts, len(text)]):
        part = _tree(text[start:end])
        if isinstance(part, ast.Module):
            yield text.count("\n", 0, start), part


@dataclass(frozen=True)
class _Broken:
    line: int
    reason: str


def _tree(text: str) -> ast.Module | _Broken:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return _Broken(error.lineno or 1, shortened(error.msg, 80))
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return _Broken(1, shortened(str(error) or "it is nested too deeply", 80))


def _fault(statement: ast.stmt) -> _Broken | None:
    """What only compiling sees, such as a name that is both global and an argument."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(ast.Module([statement], []), "<submission>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _Broken(error.lineno or 1, shortened(error.msg, 80))
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return _Broken(statement.lineno, shortened(str(error) or "it is nested too deeply", 80))
    return None


def _keep(taken: Taken, statement: ast.stmt, lines: Sequence[str], before: int, offset: int) -> None:
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)]) + offset
    last = (statement.end_lineno or statement.lineno) + offset
    own = list(lines[first - 1 : last])
    shared = statement.col_offset > 0 or own[-1].encode()[statement.end_col_offset :].split(b"#")[0].strip()
    if shared:  # `import os; train()`: only the one, and it may be the second on its line
        sliced = ast.unparse(statement).split("\n")
        place = before + first - 1
        if taken.lines[place] and len(sliced) == 1:
            sliced = [f"{taken.lines[place]}; {sliced[0]}"]
        own = [*sliced[: len(own) - 1], "\n".join(sliced[len(own) - 1 :])] if len(sliced) >= len(own) else sliced
        last = first + len(own) - 1
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and not _is_literal(statement.value):
        own[0] = _GUARD + own[0]
    taken.lines[before + first - 1 : before + last] = own
    if isinstance(statement, _DEFINITIONS):
        form = ast.unparse(statement)
        taken.defined.append(Defined(statement.name, before + first, before + last, _is_stub(statement), form))
    else:
        taken.answers.update(_answers(statement))


def _is_kept(statement: ast.stmt) -> bool:
    if isinstance(statement, (*_DEFINITIONS, *_IMPORTS)):
        return True
    if isinstance(statement, ast.Try):  # `try: import cupy as np`, `except ImportError: ...`
        inner = [*statement.body, *(one for handler in statement.handlers for one in handler.body), *statement.orelse]
        return not statement.finalbody and all(_is_kept(one) or isinstance(one, ast.Pass) for one in inner)
    if isinstance(statement, ast.Assign):
        return all(_is_name(target) for target in statement.targets) and _is_cheap(statement.value)
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None and _is_name(statement.target) and _is_cheap(statement.value)
    return False


def _is_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) or (isinstance(target, ast.Tuple) and all(map(_is_name, target.elts)))


def _is_cheap(value: ast.expr) -> bool:
    """Literals and simple constants, other names for things, and instances made without arguments that are computed."""
    if isinstance(value, (ast.Constant, ast.Name, ast.Lambda)):
        return True
    if isinstance(value, ast.Attribute):
        return _is_cheap(value.value)
    if isinstance(value, (ast.Tuple, ast.List, ast.Set)):
        return all(map(_is_cheap, value.elts))
    if isinstance(value, ast.Dict):
        return all(key is not None and _is_cheap(key) for key in value.keys) and all(map(_is_cheap, value.values))
    if isinstance(value, ast.UnaryOp):
        return _is_cheap(value.operand)
    if isinstance(value, ast.BinOp):
        return _is_cheap(value.left) and _is_cheap(value.right)
    return isinstance(value, ast.Call) and _is_made(value)


def _is_made(call: ast.Call) -> bool:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not all(map(_is_literal, arguments)):
        return False
    if isinstance(call.func, ast.Name):
        return call.func.id[:1].isupper()  # sigmoid = Sigmoid()
    return isinstance(call.func, ast.Attribute) and call.func.attr in _CHEAP


def _is_literal(value: ast.expr | None) -> bool:
    if isinstance(value, (ast.Tuple, ast.List)):
        return all(map(_is_literal, value.elts))
    if isinstance(value, ast.Dict):
        return all(map(_is_literal, value.keys)) and all(map(_is_literal, value.values))
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.operand, ast.Constant)
    return isinstance(value, ast.Constant)


def _answers(statement: ast.stmt) -> dict[str, str]:
    if isinstance(statement, ast.Assign):
        targets: list[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return {}
    value = statement.value
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return {}
    text = value.value[: BOUNDS.answer].encode("utf-8", "replace").decode()
    return {target.id: text for target in targets if isinstance(target, ast.Name)}


def _is_stub(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ClassDef):
        methods = [one for one in statement.body if isinstance(one, _DEFINITIONS)]
        stubs = [_is_stub(one) for one in methods if getattr(one, "name", "") != "__init__"]
        return all(stubs) if stubs else not methods and all(map(_is_nothing, statement.body))
    body: list[ast.stmt] = getattr(statement, "body", [])
    return any(map(_is_raised, body)) or all(map(_is_nothing, body))


def _is_raised(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplementedError" in ast.dump(statement)


def _is_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
