"""What a learner reads first: what to do, how to test, what to hand in."""

from __future__ import annotations

from chainrule.exercises.building.module import file_stem
from chainrule.exercises.exercise import Exercise, Task
from chainrule.showing.text import figures

__all__ = ["readme_text"]


def readme_text(exercise: Exercise, tests: str = "") -> str:
    """The text of README.md.

    Args:
        exercise: that is told of.
        tests: as for `cells.setup_text`.
    """
    stem = file_stem(exercise)
    beside = f"\nThe tests are read from `{tests}`; leave it beside your work.\n" if tests else ""
    rows = "\n".join(
        f"| {_plain(task.name)} | {_what(task)} | {_names(task)} | {figures(task.points)} |" for task in exercise.tasks
    )
    return f"""# {_plain(exercise.title)}

## What to do

Open `{stem}.ipynb` in Jupyter, or `{stem}.py` in an editor. Both hold the same tasks: choose one and leave the other.
Each place to fill in looks like this:

    # your code here
    raise NotImplementedError

Write your code there and take the line that raises away. Keep the names and arguments of functions and classes: tests
find your work by them. Further functions of your own are welcome.

| task | what it is | names | points |
| --- | --- | --- | ---: |
{rows}
| | | | **{figures(exercise.points)}** |

## How to test

Once: `pip install chainrule` (Python 3.11 or later). Then, as often as you like:

- in the notebook, run the cells with `test(...)`;
- or in a terminal, in this folder: `chainrule exercise test`;
- or `python {stem}.py`, or `pytest`.
{beside}
A test that fails says which mistake it probably is. When the work is graded, the same is asked with other numbers.

## What to hand in

`{stem}.ipynb` or `{stem}.py`, whichever you filled in, by itself or in a zip `firstname-lastname.zip`. When it is
graded, only imports, functions, classes and plain assignments are read; what trains or draws is not run again.
"""


def _what(task: Task) -> str:
    return _plain(task.title or task.name)


def _names(task: Task) -> str:
    return ", ".join(f"`{_plain(name)}`" for name in task.names)


def _plain(text: str) -> str:
    """In one line, and without what would end a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")
