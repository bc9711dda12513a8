"""Run the notebooks of ``examples/`` from top to bottom, and store them with what comes out.

After a change to a notebook or to what it shows, from a clone whose ``.venv`` has the ``test`` group:

    python tools/notebooks.py                  # all of them
    python tools/notebooks.py houses digits    # examples/houses.ipynb and examples/digits.ipynb

Two of them need data: ``chainrule data fetch housing mnist``. A notebook is written only if all its cells ran without
an error or a warning. What differs from run to run and from machine to machine (times, versions) is not stored.
``tests/test_notebooks.py`` runs them all again and compares.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

EXAMPLES = Path(__file__).parents[1] / "examples"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """Every notebook there is."""
    return sorted(EXAMPLES.glob("*.ipynb"))


def executed(notebook: NotebookNode, folder: str | Path) -> NotebookNode:
    """A copy of the notebook with the outputs of a fresh run in ``folder``; an error in a cell is raised."""
    copy = nbformat.from_dict(notebook)
    for cell in code_cells(copy):
        cell.outputs, cell.execution_count = [], None
    # One thread, since the arrays are small; no profile of the user's, which might load or print something.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "IPYTHONDIR": str(folder)}
    if data := environment.get("CHAINRULE_DATA"):
        environment["CHAINRULE_DATA"] = str(Path(data).resolve())
    client = NotebookClient(
        copy,
        timeout=120,
        extra_arguments=["--log-level=ERROR"],
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    return client.execute(env=environment)


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """A copy that holds only what a reader sees: no versions, times or states of the run it comes from."""
    copy = nbformat.from_dict(notebook)
    copy.metadata = nbformat.from_dict(METADATA)
    for cell in copy.cells:
        cell.metadata = {}
    for cell in code_cells(copy):
        for output in cell.outputs:
            if "metadata" in output:
                output.metadata = {}
    return copy


def code_cells(notebook: NotebookNode) -> list[Any]:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def complaints(notebook: NotebookNode) -> list[str]:
    """What the cells wrote to standard error: warnings, most often."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]


def main(names: list[str]) -> int:
    """Run the named notebooks, or all; the exit status."""
    paths = [EXAMPLES / f"{name.removesuffix('.ipynb')}.ipynb" for name in names] or notebooks()
    failed = 0
    for path in paths:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(nbformat.read(path, as_version=4), folder)
        if warnings := complaints(notebook):
            print(f"{path.name}: not written, since its cells warn:\n{''.join(warnings)}", file=sys.stderr)
            failed = 1
            continue
        nbformat.write(cleaned(notebook), path)
        print(f"{path.name}: {time.perf_counter() - started:.1f} s, {path.stat().st_size / 1000:.0f} kB")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
