"""The notebooks run: each from top to bottom in an empty folder, and what they show is what comes out now.

They are executed by ``tools/notebooks.py``, the same program that writes them.
"""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from real_data import needs_housing, needs_mnist
from tools import load_tool

ROOT = Path(__file__).parents[1]
NEEDS = {"houses": needs_housing, "ones_and_eights": needs_mnist}
MOST_BYTES = 300_000

_NUMBER = re.compile(r"(?<![A-Za-z_])[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


tool = load_tool("notebooks")
PATHS = tool.notebooks()
TO_RUN = [pytest.param(path, id=path.stem, marks=NEEDS.get(path.stem, ())) for path in PATHS]


def read(path):
    return nbformat.read(path, as_version=4)


# -- the checks ------------------------------------------------------------------------------------------


def outputs(notebook):
    return [output for cell in tool.code_cells(notebook) for output in cell.outputs]


def pictures(notebook):
    """How many pictures each code cell shows."""
    return [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in tool.code_cells(notebook)]


def texts(notebook):
    """What each code cell prints, and its value where that is no picture."""
    return ["".join(_text(output) for output in cell.outputs) for cell in tool.code_cells(notebook)]


def _text(output):
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return "" if "image/png" in data else data.get("text/plain", "")


def same(stored, new):
    """Whether two texts have the same words, and numbers that differ by rounding only."""
    words = [_NUMBER.sub("#", text).split() for text in (stored, new)]
    numbers = [[float(number.replace(",", "")) for number in _NUMBER.findall(text)] for text in (stored, new)]
    return words[0] == words[1] and np.allclose(*numbers, rtol=1e-2, atol=1e-9)


def untidy(notebook):
    """What a stored notebook holds besides what its readers see, or lacks."""
    found = [] if (4, 5) == (notebook.nbformat, notebook.nbformat_minor) else ["another format than 4.5"]
    if notebook.metadata != tool.METADATA:
        found.append(f"metadata {json.dumps(notebook.metadata)}")
    found += [f"metadata of cell {cell.id}" for cell in notebook.cells if cell.metadata]
    if any(output.get("metadata") for output in outputs(notebook)):
        found.append("metadata of an output")
    counts = [cell.execution_count for cell in tool.code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"cells executed in the order {counts}")
    if len({cell.get("id") for cell in notebook.cells}) < len(notebook.cells):
        found.append("cells without an id of their own")
    return found


def machine_paths(text):
    """Absolute paths of somebody's machine."""
    return re.findall(r"(?<![\w.])/(?:home|Users|work|root|tmp|mnt|opt|usr|var)/[\w./-]+", text)


def readable(notebook):
    """All that a notebook says, without the bytes of its pictures."""
    return "\n".join([*(cell.source for cell in notebook.cells), *texts(notebook)])


def style(notebook):
    """The lines that set how plots look, in every notebook the same."""
    return re.findall(r"^(?:BLUE, |plt\.rc).*$", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE)


# -- the notebooks pass them -----------------------------------------------------------------------------


# The machinery of Jupyter runs in this process; what it warns of is not ours. The notebooks' own warnings are outputs.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", TO_RUN)
def test_notebook_shows_what_comes_out(path, tmp_path):
    stored = read(path)
    new = tool.executed(stored, tmp_path)

    assert [] == tool.complaints(new)
    assert pictures(stored) == pictures(new)
    assert [] == [(old, now) for old, now in zip(texts(stored), texts(new), strict=True) if not same(old, now)]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_is_stored_tidily(path):
    notebook = read(path)
    nbformat.validate(notebook)

    assert [] == untidy(notebook)
    assert [] == tool.complaints(notebook)
    assert [] == machine_paths(readable(notebook))
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_has_a_title_and_plots_and_leads_on(path):
    notebook = read(path)
    first, last = notebook.cells[0].source, notebook.cells[-1].source

    assert first.startswith("# ")
    assert 8 <= len(notebook.cells) <= 16
    assert sum(pictures(notebook)) >= 1
    assert "## Try next" in last
    assert "../docs/" in last


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    links = [link for link in _LINK.findall(readable(read(path))) if "://" not in link]

    assert [] == [link for link in links if not (path.parent / link).exists()]


def test_all_plots_have_one_style():
    styles = [style(read(path)) for path in PATHS]

    assert [styles[0]] * len(styles) == styles
    assert len(styles[0]) > 1


@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_that_needs_data_says_so_first(name):
    first = tool.code_cells(read(ROOT / "examples" / f"{name}.ipynb"))[0].source

    assert re.match(r"# needs: chainrule data fetch (housing|mnist)\n", first)


# -- and they fail where they should ---------------------------------------------------------------------


def notebook_of(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells, metadata=tool.METADATA)


@pytest.mark.parametrize(
    ("stored", "new", "expected"),
    [
        ("loss 0.5800", "loss 0.5801", True),
        ("loss 0.5800", "loss 0.6800", False),
        ("loss 0.5800", "error 0.5800", False),
        ("loss 1", "loss 1 2", False),
        ("w1 = 2e-3", "w1 = 2.001e-3", True),
        ("w1 = 1", "w2 = 1", False),
        ("1,000 rows", "2,000 rows", False),
        ("-0.5", "0.5", False),
        ("a\n", "a", True),
        ("True", "False", False),
    ],
)
def test_texts_are_compared_by_words_and_numbers(stored, new, expected):
    assert expected == same(stored, new)


@pytest.mark.filterwarnings("ignore")
def test_a_run_shows_texts_pictures_and_warnings(tmp_path):
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    new = tool.executed(notebook_of("print('a')\n1 + 1", plot, "import warnings\nwarnings.warn('beware')"), tmp_path)

    assert ["a\n2", ""] == texts(new)[:2]
    assert [0, 1, 0] == pictures(new)
    assert "beware" in "".join(tool.complaints(new))


@pytest.mark.filterwarnings("ignore")
def test_a_run_ends_with_an_error_in_a_cell(tmp_path):
    with pytest.raises(Exception, match="ZeroDivisionError"):
        tool.executed(notebook_of("1 / 0"), tmp_path)


def test_what_a_run_leaves_is_found_and_cleaned():
    notebook = notebook_of("1", "2")
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
    notebook.cells[0].metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    for count, cell in enumerate(notebook.cells, 1):
        cell.execution_count = count

    assert 2 == len(untidy(notebook))
    assert [] == untidy(tool.cleaned(notebook))


def test_cells_run_out_of_order_and_machine_paths_are_found():
    notebook = notebook_of("1", "2")
    notebook.cells[0].execution_count = 7
    path = "/".join(["", "home", "somebody", "data"])

    assert ["cells executed in the order [7, None]"] == untidy(notebook)
    assert [path] == machine_paths(f"read {path}")
