"""A learner's notebook in the framework's first style, with nodes of his own, runs as it stands."""

import importlib.util
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[3]


def test_a_learners_notebook_runs_unchanged(tmp_path):
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    notebook = nbformat.read(Path(__file__).with_name("learners_notebook.ipynb"), as_version=4)
    outputs = [output for cell in tool.code_cells(tool.executed(notebook, tmp_path)) for output in cell.outputs]

    assert [("stdout", "slope and offset found\n"), ("stdout", "test error below 10 %\n")] == [
        (output.name, output.text) for output in outputs[:2]
    ]
    assert outputs[2].text.startswith("def training_step(A, b, x, y, learning_rate):")
    assert len(outputs) == 3
