"""A notebook's text: the same for the same source, and valid."""

from __future__ import annotations

from typing import Any

from chainrule.exercises.building.cells import Audience, Made, made_cells
from chainrule.exercises.source import Source

__all__ = ["notebook_text"]


def notebook_text(source: Source, audience: Audience, setup: str, *, graded: bool) -> str:
    """The notebook as JSON; see `cells.made_cells`."""
    import nbformat

    v4: Any = nbformat.v4  # untyped
    exercise = source.exercise
    notebook = v4.new_notebook(
        cells=[_cell(made, v4) for made in made_cells(source, audience, setup, graded=graded)],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "chainrule": {"exercise": exercise.name, "version": exercise.version},
        },
    )
    nbformat.validate(notebook)
    return str(v4.writes(notebook)).rstrip("\n") + "\n"


def _cell(made: Made, v4: Any) -> Any:
    new = v4.new_markdown_cell if made.kind == "markdown" else v4.new_code_cell
    return new(made.text, id=made.id, metadata={"nbgrader": made.nbgrader} if made.role else {})
