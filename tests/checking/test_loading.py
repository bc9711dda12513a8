"""Subjects by name, from files, notebooks and modules; whatever is in them."""

import inspect
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from chainrule.checking.forms import NotCheckable
from chainrule.checking.loading import load
from chainrule.checking.loading.notebooks import without_magics

LAYERS = """
import numpy as np
from chainrule import Op
from chainrule.courses.tum_ml import ReLU

print("hello")


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, d_out):
        raise NotImplementedError


class Affine(Layer):
    def forward(self, x, w, b):
        self.cache = x, w
        return x @ w + b

    def backward(self, d_out):
        x, w = self.cache
        return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)


def relu_forward(x):
    return x * (x > 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def forward_half(x):
    return x / 2


def backward_half(dout, cache):
    return dout / 2


def double_forward(x):
    return 2 * x, ()


def double_backward(saved, d_out):
    return 2 * d_out


double = Op(double_forward, double_backward)
twice = double
layer = Affine()


def lone_forward(x):
    return x


class Hidden:
    def forward(self, x):
        return x
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def layers(folder):
    (folder / "my_layers.py").write_text(LAYERS)
    return "my_layers.py"


def notebook(*cells):
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": cell,
        }
        for number, cell in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def names(where):
    return [subject.name for subject in load(where)]


def refused(where):
    with pytest.raises(NotCheckable) as caught:
        load(where)
    return caught.value.finding


def finding_of(folder, text, name="bad.py"):
    (folder / name).write_text(text)
    return refused(name)


# -- what is found -----------------------------------------------------------------------------------------


def test_a_file_gives_all_that_it_defines_itself(layers):
    found = names(layers)

    assert ["Affine", "relu", "half", "double"] == found


def test_what_a_file_prints_is_kept_and_not_shown(layers, capsys):
    (subject,) = load(f"{layers}::Affine")

    assert ("hello\n", "") == (subject.printed, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Affine", "Affine"),
        ("relu", "relu"),
        ("relu_forward", "relu"),
        ("relu_backward", "relu"),
        ("double", "double"),
        ("layer", "layer"),
        ("ReLU", "ReLU"),
        ("lone_forward", "lone_forward"),
    ],
)
def test_a_name_gives_one_subject(layers, wanted, name):
    found = names(f"{layers}::{wanted}")

    assert [name] == found


def test_a_pair_comes_as_two_functions(layers):
    (subject,) = load(f"{layers}::relu")
    forward, backward = subject.value

    assert ("relu_forward", "relu_backward") == (forward.__name__, backward.__name__)


def test_a_module_is_loaded_by_its_name():
    found = names("chainrule.courses.tum_ml")

    assert ["Affine", "ReLU", "CategoricalCrossEntropy"] == found


def test_one_subject_of_a_module_is_the_modules_own():
    from chainrule.courses.tum_ml import Affine

    (subject,) = load("chainrule.courses.tum_ml::Affine")

    assert Affine is subject.value


def test_a_module_of_the_current_folder_is_found(layers):
    found = names("my_layers")

    assert ["Affine", "relu", "half", "double"] == found


def test_edf_nodes_of_a_file_are_found_and_their_base_is_not(folder):
    (folder / "nodes.py").write_text(
        "from chainrule.courses import edf\n"
        "class CompNode:\n"
        "    def forward(self): self.value = 0\n"
        "    def backward(self): self.x.addgrad(0)\n"
        "class Double(edf.CompNode):\n"
        "    def __init__(self, x): self.x = x\n"
        "    def forward(self): self.value = 2 * self.x.value\n"
        "    def backward(self): self.x.addgrad(2 * self.grad)\n"
    )

    found = names("nodes.py")

    assert ["Double"] == found


def test_a_stub_that_is_to_be_written_is_found(folder):
    (folder / "stub.py").write_text(
        "class Affine:\n    def forward(self, x): raise NotImplementedError\n    def backward(self, d): pass\n"
    )

    found = names("stub.py")

    assert ["Affine"] == found


def test_source_can_be_read(layers):
    (subject,) = load(f"{layers}::Affine")
    text = inspect.getsource(subject.value.backward)

    assert "x, w = self.cache" in text


# -- how a file is run ---------------------------------------------------------------------------------------


def test_main_is_not_run(folder):
    (folder / "main.py").write_text(LAYERS + '\nif __name__ == "__main__":\n    raise SystemExit(1)\n')

    found = names("main.py")

    assert 4 == len(found)


def test_neighbours_can_be_imported_and_the_path_is_put_back(folder, monkeypatch):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "my_helper.py").write_text("factor = 2\n")
    (inner / "uses.py").write_text("from my_helper import factor\n" + LAYERS)
    before = sys.path[:]

    found = names("inner/uses.py")

    assert (4, before) == (len(found), sys.path)


def test_a_second_load_sees_new_text_also_of_neighbours(folder):
    (folder / "a_helper.py").write_text("factor = 2\n")
    text = "from a_helper import factor\nFACTORS = factor, 1\n" + LAYERS
    (folder / "again.py").write_text(text)
    first = load("again.py::FACTORS")[0].value
    (folder / "a_helper.py").write_text("factor = 3\n")
    (folder / "again.py").write_text(text.replace("factor, 1", "factor, 4"))

    second = load("again.py::FACTORS")[0].value

    assert ((2, 1), (3, 4)) == (first, second)


def test_a_module_is_imported_again_when_its_file_has_changed(folder):
    (folder / "changing_module.py").write_text("value = 1\n")
    first = load("changing_module::value")[0].value
    (folder / "changing_module.py").write_text("value = 2\n")

    second = load("changing_module::value")[0].value

    assert (1, 2) == (first, second)


def test_what_a_file_changes_for_the_process_is_put_back(folder):
    (folder / "sub").mkdir()
    text = (
        "import os, sys, warnings\nimport numpy as np\nos.chdir('sub')\nsys.argv.append('x')\nsys.path.clear()\n"
        "np.seterr(all='raise')\nwarnings.filterwarnings('ignore')\n"
    )
    (folder / "changes.py").write_text(LAYERS + text)
    before = Path.cwd(), sys.argv[:], sys.path[:], np.geterr(), warnings.filters[:]

    load("changes.py")
    after = Path.cwd(), sys.argv[:], sys.path[:], np.geterr(), warnings.filters[:]

    assert before == after


def test_nodes_built_at_import_do_not_join_the_callers_graph(folder):
    from chainrule.courses import edf

    (folder / "graph.py").write_text("from chainrule.courses import edf\nx = edf.Sigmoid(edf.Input())\n" + LAYERS)
    with edf.Graph() as graph:
        load("graph.py")

    assert [] == graph.CompNodes


def test_warnings_of_a_file_do_not_stop_it(folder):
    (folder / "warns.py").write_text("import warnings\nwarnings.warn('x')\npath = '\\d'\n" + LAYERS)

    found = names("warns.py")

    assert 4 == len(found)


def test_dataclasses_work(folder):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
    )
    (folder / "data.py").write_text(text + "    def forward(self, x): return x\n    def backward(self, d): return d\n")

    found = names("data.py")

    assert ["A"] == found


def test_ctrl_c_is_passed_on(folder):
    (folder / "waits.py").write_text("raise KeyboardInterrupt\n")
    (folder / "waits.ipynb").write_text(notebook("def f(): raise KeyboardInterrupt\nx = f()"))
    for file in ("waits.py", "waits.ipynb"):
        with pytest.raises(KeyboardInterrupt):
            load(file)


# -- what cannot be loaded -----------------------------------------------------------------------------------


def test_a_file_that_does_not_parse_gives_the_line_and_its_text(folder):
    finding = finding_of(folder, "import numpy as np\nx = (3,\n")

    assert ("DOES_NOT_PARSE", "line 2", True) == (finding.code, finding.where, "`x = (3,`" in finding.hint)
    assert "bad.py does not parse: line 2, column 5: '(' was never closed." == finding.message


@pytest.mark.parametrize(
    "text", ["def f(:\n", "x = '\n", "\tx\n  y\n", "return 1\n", "x = 1\0\n", "(" * 500, "print 3\n"]
)
def test_every_text_that_does_not_parse_gets_a_finding(folder, text):
    finding = finding_of(folder, text)

    assert "DOES_NOT_PARSE" == finding.code


def test_bytes_that_are_no_text_get_a_finding(folder):
    (folder / "bad.py").write_bytes(b"\xff\xfe\x00x")

    assert "DOES_NOT_PARSE" == refused("bad.py").code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f():\n    return 1 / 0\nf()\n", "stops with ZeroDivisionError: division by zero, line 2: `return 1 / 0`"),
        ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name', line 1"),
        ("print('p')\nimport sys\nsys.exit(3)\n", "ends the program (exit with 3), line 3: `sys.exit(3)`"),
        ("exit()\n", "bad.py ends the program"),
        ("raise SystemExit\n", "ends the program (exit), line 1"),
        ("x = input('name')\n", "asks for input"),
        ("raise BaseException('odd')\n", "stops with BaseException: odd"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n", "stops with E: E"),
        ("import pytest\npytest.skip('no', allow_module_level=True)\n", "no, line 2"),
        ("def f(): f()\nf()\n", "RecursionError"),
    ],
)
def test_a_file_that_stops_gives_the_line(folder, text, said):
    finding = finding_of(folder, text)

    assert ("DOES_NOT_RUN", True) == (finding.code, said in finding.message), finding.message


def test_what_was_printed_before_it_stopped_is_told(folder):
    finding = finding_of(folder, "print('loading the data')\n1 / 0\n")

    assert "It printed: loading the data" == finding.details


def test_endless_printing_is_cut(folder):
    (folder / "prints.py").write_text("for i in range(3000): print('x' * 100)\n" + LAYERS)

    printed = load("prints.py")[0].printed

    assert 100_000 < len(printed) <= 200_100


def test_a_missing_file_names_the_closest_ones(layers):
    finding = refused("my_layer.py")

    assert "There is no file 'my_layer.py' here; there is my_layers.py." == finding.message


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("", "NOT_CHECKABLE"),
        ("::", "NOT_CHECKABLE"),
        (".", "NOT_CHECKABLE"),
        ("data.csv", "NOT_CHECKABLE"),
        ("no_ending", "NOT_CHECKABLE"),
        ("other.csv", "NOT_FOUND"),
        ("no/such/folder/x.py", "NOT_FOUND"),
        ("x y.py", "NOT_FOUND"),
        ("chainrule.nothing", "NOT_FOUND"),
        ("nothing_of_that_name", "NOT_FOUND"),
        ("chainrule.op::Opp", "NOT_FOUND"),
        ("a" * 5000 + ".py", "NOT_CHECKABLE"),
        ("zero\0byte.py", "NOT_FOUND"),
        ("..py", "NOT_FOUND"),
    ],
)
def test_what_is_no_file_or_module_gets_a_finding(folder, where, code):
    (folder / "data.csv").write_text("1")
    (folder / "no_ending").write_text("1")

    assert code == refused(where).code


def test_a_missing_name_lists_what_is_there_with_the_closest_first(layers):
    finding = refused(f"{layers}::duble")

    assert "There is no duble here, in my_layers.py; there is double, Affine, relu, half." == finding.message
    assert finding.details.startswith("Did you mean double?")


def test_a_file_without_anything_to_check_says_what_is_half_there(folder):
    finding = finding_of(folder, "def affine_forward(x): return x\n")

    assert ("NOTHING_TO_CHECK", True) == (finding.code, "no affine_backward" in finding.details)


@pytest.mark.parametrize("text", ["def f(:\n", "1 / 0\n", "import nothing_of_that_name\n", "raise SystemExit(1)\n"])
def test_a_module_that_fails_gets_a_finding(folder, text):
    (folder / "failing_module.py").write_text(text)

    finding = refused("failing_module")

    assert (True, "line 1") == (finding.code in ("DOES_NOT_PARSE", "DOES_NOT_RUN"), finding.where)


# -- notebooks -------------------------------------------------------------------------------------------------

AFFINE_CELL = """%%time
class Affine:
    def forward(self, x, w, b):
        !ls
        self.cache = x, w
        return x @ w + b
    def backward(self, d_out):
        x, w = self.cache
        dx = d_out @ w.T
        return dx, x.T @ d_out, d_out.sum(axis=0)
"""


@pytest.fixture
def mine(folder):
    (folder / "mine.ipynb").write_text(
        notebook(
            "%matplotlib inline\n!pip install it's\nimport numpy as np\n%load_ext autoreload",
            AFFINE_CELL,
            "%%bash\nls 'x",
            "def broken(:\n    pass\nclass Gone: pass",
            "data = load_data('x')\nprint('loud')\nfor i in range(10**9): pass",
            "class Sub(data.Base):\n    pass",
            "Affine?\n?Affine\nfiles = !ls\nx = %timeit 3",
            "try:\n    import edf_of_mine\nexcept ImportError:\n    edf_of_mine = None",
        )
    )
    return "mine.ipynb"


def test_a_notebook_with_magics_gives_its_classes(mine):
    (subject,) = load(mine)

    assert ("Affine", "") == (subject.name, subject.printed)


def test_a_class_of_a_notebook_works_and_has_its_source(mine):
    (subject,) = load(f"{mine}::Affine")
    out = subject.value().forward(np.ones((2, 3)), np.ones((3, 1)), np.zeros(1))

    assert [[3.0], [3.0]] == out.tolist()
    assert "dx = d_out @ w.T" in inspect.getsource(subject.value.backward)


def test_a_missing_name_tells_which_statement_failed(mine):
    failed = refused(f"{mine}::Sub").details
    unread = refused(f"{mine}::Gone").details

    assert "cell 6, line 1, was left out: NameError: name 'data' is not defined." == failed
    assert "mine.ipynb, cell 4 does not parse: line 1, column 12: invalid syntax." == unread


def test_old_notebooks_are_read(folder):
    cell = {"cell_type": "code", "collapsed": False, "language": "python", "metadata": {}, "outputs": []}
    cell["input"] = [
        "def relu_forward(x):\n",
        "    return x, x\n",
        "def relu_backward(dout, cache):\n",
        "    return dout",
    ]
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [cell]}]}
    (folder / "old.ipynb").write_text(json.dumps(old))

    found = names("old.ipynb")

    assert ["relu"] == found


@pytest.mark.parametrize(
    "text", ['{"cells": [\n 1,,]', "[]", "", '{"nbformat": 99}', "3", '{"cells": 3, "nbformat": 4}']
)
def test_what_is_no_notebook_gets_a_finding(folder, text):
    finding = finding_of(folder, text, "bad.ipynb")

    assert finding.code in ("NO_NOTEBOOK", "NOTHING_TO_CHECK")


def test_broken_json_gives_the_line(folder):
    finding = finding_of(folder, '{"cells": [\n 1,,]', "bad.ipynb")

    assert "bad.ipynb is no notebook that can be read: no JSON at line 2, column 4: Expecting value." == finding.message


def test_a_notebook_whose_only_cell_does_not_parse_says_so(folder):
    finding = finding_of(folder, notebook("def f(x:\n  pass"), "bad.ipynb")

    assert "bad.ipynb, cell 1 does not parse: line 1, column 6: '(' was never closed." == finding.message


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("x = (7\n% 3)", "x = (7\n% 3)"),
        ("%cd ..\nx = (7\n% 3)", "pass\nx = (7\n% 3)"),
        ("if x:\n    %time f()\n", "if x:\n    pass\n"),
        ("text = '''\n!ls\n'''\n!ls", "text = '''\n!ls\n'''\npass"),
        ("%%html\n<b>", ""),
        ("%%capture out\nx = 1", "pass\nx = 1"),
        ("f?\nx = 1", "pass\nx = 1"),
        ("files = !ls", "pass"),
        ("def f(:", "def f(:"),
        ("", ""),
    ],
)
def test_magics_are_dropped_line_for_line(cell, python):
    assert python == without_magics(cell)
