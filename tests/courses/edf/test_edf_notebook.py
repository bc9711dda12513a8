"""A learner's notebook in the framework's first style, with nodes of his own, runs as it stands."""

from pathlib import Path

import nbformat

from tools import load_tool


def test_a_learners_notebook_runs_unchanged(tmp_path):
    tool = load_tool("notebooks")
    notebook = nbformat.read(Path(__file__).with_name("learners_notebook.ipynb"), as_version=4)
    outputs = [output for cell in tool.code_cells(tool.executed(notebook, tmp_path)) for output in cell.outputs]

    assert [("stdout", "slope and offset found\n"), ("stdout", "test error below 10 %\n")] == [
        (output.name, output.text) for output in outputs[:2]
    ]
    assert outputs[2].text.startswith("def training_step(A, b, x, y, learning_rate):")
    assert len(outputs) == 3
