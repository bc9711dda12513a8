"""The same work as a plain module, for learners who use no notebooks; and its tests as a file for pytest."""

from __future__ import annotations

import ast
import re

from chainrule.exercises.building.cells import public_tasks
from chainrule.exercises.exercise import Exercise
from chainrule.exercises.source import Source, SourceError

__all__ = ["file_stem", "module_text", "pytest_text"]


def module_text(source: Source, setup: str) -> str:
    """Texts as comments, code as it is, and tests that run only when the file is run as a script.

    Raises:
        SourceError: the cells make no module together.
    """
    exercise = source.exercise
    parts = [f"# chainrule exercise: {exercise.name}"]
    begun = False
    for cell in source.cells:
        if cell.kind == "teacher" or not cell.text.strip():
            continue
        if cell.kind == "[markdown]":
            parts.append("# %% [markdown]\n" + _commented(cell.markdown))
            continue
        if not begun:
            parts.append("# %%\n" + _as_script(setup))
            begun = True
        if cell.kind == "public":
            parts.append("# %%\n" + _as_script(cell.text.strip("\n")))
        else:
            parts.append(f"# %% {cell.task}".rstrip() + f"\n{cell.stub}")
    text = "\n\n\n".join(parts) + "\n"
    try:
        # Not only parsed: `from __future__ import` in a later cell is found here.
        compile(text, f"{exercise.name}.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise SourceError(f"{source.path.name}: its cells make no module together: {error.msg}: {line}") from error
    return text


def pytest_text(source: Source, tests: str = "") -> str:
    """A test for each task that learners can test.

    Args:
        source: of the exercise.
        tests: as for `cells.setup_text`.
    """
    exercise = source.exercise
    stem = file_stem(exercise)
    reader, wanted = ("public_tests", f'HERE / "{tests}"') if tests else ("find", f'"{exercise.name}"')
    text = f'''"""The public tests, for pytest: `pytest test_{stem}.py`. `chainrule exercise test` says more."""

from pathlib import Path

from chainrule.exercises import {reader}, run_tests

HERE = Path(__file__).parent


def run(task):
    report = run_tests(HERE, {reader}({wanted}), [task])
    assert report.passed == report.total, f"\\n{{report}}"
'''
    for number, task in enumerate(public_tasks(source), 1):
        name = re.sub(r"\W", "_", task.name)
        text += f'\n\ndef test_{number}_{name}():\n    run("{task.name}")\n'
    return text


def file_stem(exercise: Exercise) -> str:
    """The name of a learner's files: one that can be imported."""
    return exercise.name.replace("-", "_")


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _as_script(text: str) -> str:
    """The code below ``if __name__ == "__main__"``: one step to the right, the lines inside of texts as they are."""
    inside = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }
    body = "\n".join(
        f"    {line}" if line.strip() and number not in inside else line
        for number, line in enumerate(text.splitlines(), 1)
    )
    return f'if __name__ == "__main__":\n{body}'
