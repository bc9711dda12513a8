"""What can be read from a source: tasks, points, probes, stubs, public cells."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator

from chainrule.exercises.exercise import Answer, Task, Test
from chainrule.exercises.linting.mutants import solution_lines
from chainrule.exercises.linting.places import Places
from chainrule.exercises.linting.report import Remark
from chainrule.exercises.source import Cell, Source

__all__ = ["reading"]

SHORTEST = 6  # signs; a shorter line of a solution gives nothing away


def reading(source: Source) -> Iterator[Remark]:
    """Everything that is wrong and can be seen without running a test."""
    places = Places(source)
    yield from _tasks(source, places)
    yield from _tests(source, places)
    yield from _public(source)
    yield from _stubs(source)
    yield from _forbidden(source)


# -- tasks and points --------------------------------------------------------------------------------------


def _tasks(source: Source, places: Places) -> Iterator[Remark]:
    exercise = source.exercise
    cells = {cell.task: cell.line - 1 for cell in source.texts("task")}
    for name, line in cells.items():
        if name not in [task.name for task in exercise.tasks]:
            yield Remark(line, "CELL_WITHOUT_TASK", f"EXERCISE has no task {name!r}, so this cell gets no points.")
    for task in exercise.tasks:
        line = places.call("Task", task.name)
        if task.name not in cells:
            yield Remark(line, "TASK_WITHOUT_CELL", f"there is no cell `# %% task {task.name}`.")
        if not task.tests:
            yield Remark(line, "TASK_WITHOUT_TESTS", f"the task {task.name!r} has no tests.")
        if not task.points > 0:
            yield Remark(line, "NO_POINTS", f"the task {task.name!r} has {task.points:g} points.")
        yield from _names(source, task, line)
    for name, number in Counter(task.name for task in exercise.tasks).items():
        if number > 1:
            yield Remark(places.call("Task", name), "SAME_NAME", f"{number} tasks are called {name!r}.")


def _names(source: Source, task: Task, line: int) -> Iterator[Remark]:
    for name in task.names:
        value = source.solved
        for part in name.split("."):
            value = getattr(value, part, None)  # type: ignore[assignment]
        if value is None:
            yield Remark(
                line, "SOLUTION_LACKS_NAME", f"the solution does not define {name}, which {task.name!r} wants."
            )
    if not task.names and any(isinstance(test, Test) for test in task.tests):
        said = f"the task {task.name!r} lists no names, so nobody can tell whose file belongs to it."
        yield Remark(line, "NO_NAMES", said, "warning")


# -- tests -------------------------------------------------------------------------------------------------


def _tests(source: Source, places: Places) -> Iterator[Remark]:
    tests = [test for task in source.exercise.tasks for test in task.tests]
    for name, number in Counter(test.name for test in tests).items():
        if number > 1:
            kind = "Answer" if any(isinstance(test, Answer) and test.name == name for test in tests) else "Test"
            yield Remark(places.call(kind, name), "SAME_NAME", f"{number} tests are called {name!r}.")
    for test in tests:
        if isinstance(test, Test):
            yield from _fields(test, places.call("Test", test.name))
            yield from _probe(test, places)


def _fields(test: Test, line: int) -> Iterator[Remark]:
    from chainrule import ops
    from chainrule.op import Op

    if test.like and not isinstance(getattr(ops, test.like, None), Op):
        yield Remark(line, "UNKNOWN_OP", f"{test.name} is like {test.like!r}, and there is no such op.")
    if test.cases < 1:
        yield Remark(line, "NO_CASES", f"{test.name} asks {test.cases} cases.")
    elif test.cases == 1:
        yield Remark(line, "ONE_CASE", f"{test.name} asks one case; one size hides mistakes in shapes.", "note")
    if test.tolerance > 1e-4:
        said = f"{test.name} has a tolerance of {test.tolerance:g}; a wrong result may be as close."
        yield Remark(line, "LOOSE_TOLERANCE", said, "warning")


def _probe(test: Test, places: Places) -> Iterator[Remark]:
    name = getattr(test.probe, "__name__", "")
    node = places.function(name)
    if node is None:
        said = f"the probe of {test.name} is no function at the top level of a teacher's cell."
        yield Remark(places.call("Test", test.name), "PROBE_NOT_FOUND", said)
        return
    for inner in ast.walk(node):
        for module in _imported(inner):
            if module.partition(".")[0] != "numpy":
                said = f"{name} imports {module}; where submissions run there is only NumPy."
                yield Remark(getattr(inner, "lineno", node.lineno), "PROBE_IMPORTS", said)
    if node.decorator_list:
        yield Remark(node.lineno, "PROBE_DECORATED", f"{name} has a decorator, which is not sent along.")
    for foreign, line in _foreign_names(node).items():
        said = f"{name} uses {foreign}, a name of its file; only the probe's own text is sent to where submissions run."
        yield Remark(line, "PROBE_FOREIGN_NAME", said)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _foreign_names(node: ast.FunctionDef) -> dict[str, int]:
    """Names that a function reads and does not define, with the line; by Python's own rules of scope."""
    import symtable

    table = symtable.symtable(ast.unparse(node), "probe", "exec")
    wanted: set[str] = set()
    tables = [child for child in table.get_children() if child.get_name() == node.name]
    while tables:
        one = tables.pop()
        wanted |= {symbol.get_name() for symbol in one.get_symbols() if symbol.is_global() and symbol.is_referenced()}
        tables += one.get_children()
    foreign = wanted - set(dir(builtins)) - {node.name, "np", "numpy"}
    found: dict[str, int] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in foreign:
            found.setdefault(inner.id, inner.lineno)
    return found


# -- what the learner gets -----------------------------------------------------------------------------------


def _public(source: Source) -> Iterator[Remark]:
    known = {task.name for task in source.exercise.tasks}
    asked: set[str] = set()
    for cell in source.texts("public"):
        for node in ast.walk(ast.parse(cell.text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "test":
                for name in [one.value for one in node.args if isinstance(one, ast.Constant)]:
                    asked.add(str(name))
                    if name not in known:
                        line = cell.line + node.lineno - 1
                        yield Remark(line, "UNKNOWN_TASK", f"test({name!r}): EXERCISE has no task of that name.")
    for cell in source.texts("task"):
        if cell.task in known and cell.task not in asked:
            said = f"no public cell runs the tests of the task {cell.task!r}."
            yield Remark(cell.line - 1, "NO_PUBLIC_CELL", said, "warning")


def _stubs(source: Source) -> Iterator[Remark]:
    lines = solution_lines(source)
    for cell in source.texts("task"):
        if not lines & set(range(cell.line, cell.line + cell.text.count("\n") + 1)):
            said = f"the task {cell.task!r} has no BEGIN SOLUTION, so the learner gets all of it."
            yield Remark(cell.line - 1, "NOTHING_TO_SOLVE", said)
        try:
            ast.parse(cell.stub)
        except SyntaxError as error:
            said = f"the stub of {cell.task!r} does not parse: {error.msg}."
            yield Remark(cell.line + (error.lineno or 1) - 1, "STUB_DOES_NOT_PARSE", said)
    secret = _telling_lines(source, lines)
    for cell in source.texts("given", "task", "[markdown]", "public"):
        yield from _given_away(cell, lines, secret)


def _telling_lines(source: Source, lines: set[int]) -> dict[str, int]:
    """The lines of the solution that compute something, without their spaces, and where they stand."""
    secret: dict[str, int] = {}
    for cell in source.texts("task"):
        for number, line in enumerate(cell.text.splitlines(), cell.line):
            text = line.partition("#")[0].strip()
            if number in lines and len(text) >= SHORTEST and _computes(text):
                secret.setdefault(text, number)
    return secret


def _computes(text: str) -> bool:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # such as a part of a longer line, or `return` outside of a function in old Pythons
        return False
    kinds = (ast.BinOp, ast.Compare, ast.Subscript)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    super_only = bool(calls) and all("super" in ast.unparse(call) for call in calls)
    return any(isinstance(node, kinds) for node in ast.walk(tree)) or (bool(calls) and not super_only)


def _given_away(cell: Cell, lines: set[int], secret: dict[str, int]) -> Iterator[Remark]:
    for number, line in enumerate(cell.text.splitlines(), cell.line):
        text = line.strip().lstrip("# ").strip("` ")
        if number not in lines and text in secret:
            said = f"the learner gets `{text}`, which is line {secret[text]} of the solution."
            yield Remark(number, "GIVEN_AWAY", said, "warning")


def _forbidden(source: Source) -> Iterator[Remark]:
    lines = solution_lines(source)
    for cell in source.texts("task"):
        for node in ast.walk(ast.parse(cell.text)):
            line = cell.line + getattr(node, "lineno", 0) - 1
            for name in source.exercise.forbidden:
                if line in lines and any(f"{used}.".startswith(f"{name}.") for used in _used(node)):
                    yield Remark(line, "SOLUTION_FORBIDDEN", f"the solution uses {name}, which is forbidden.")


def _used(node: ast.AST) -> list[str]:
    """The dotted names that a node stands for."""
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [ast.unparse(node)] if isinstance(node, ast.Name | ast.Attribute) else _imported(node)
