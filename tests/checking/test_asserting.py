"""`assert_gradients` and the pytest plugin: the diagnosis is the message, and nobody else notices the plugin."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from chainrule.checking.asserting import assert_gradients

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]

LAYERS = """
import numpy as np

class Affine:
    def forward(self, x, w, b):
        self.cache = x, w
        return x @ w + b

    def backward(self, dout):
        x, w = self.cache
        return dout @ w.T, {dw}, dout.sum(axis=0)
"""
TEST = """
from somebodys_layers import Affine

def test_affine(assert_gradients):
    assert_gradients(Affine, like="affine")
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project of its own that knows the plugin, and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.syspath_prepend(str(ROOT / "src"))
    pytester.makeini("[pytest]\naddopts = -p pytest_chainrule -p no:cacheprovider\n")
    return pytester


def write(project, dw="x.T @ dout", test=TEST):
    (project.path / "somebodys_layers.py").write_text(LAYERS.format(dw=dw))
    project.makepyfile(test_somebodys_layers=test)


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)


def transposed_backward(saved, dout):
    x, w = saved
    dx, dw, db = dout @ w.T, dout.T @ x, dout.sum(axis=0)
    return dx, dw, db


def test_what_is_right_passes():
    assert assert_gradients((affine_forward, affine_backward)) is None


def test_what_is_wrong_fails_with_the_diagnosis():
    with pytest.raises(AssertionError) as caught:
        assert_gradients((affine_forward, transposed_backward), like="affine")

    first, *rest = str(caught.value).splitlines()
    assert first.endswith(": wrong (compared with affine)")
    assert any("TRANSPOSED: dw" in line for line in rest)
    assert "\x1b" not in str(caught.value)


def test_arrays_and_a_convention_are_handed_on():
    def mean_backward(saved, d_out):
        d_x, d_w, d_b = affine_backward(saved, d_out)
        return d_x, d_w / len(d_out), d_b / len(d_out)

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(6, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)

    assert_gradients((affine_forward, affine_backward), like="affine", inputs=inputs, rng=3)
    assert_gradients((affine_forward, mean_backward), like="affine", reduction="mean")
    with pytest.raises(AssertionError):
        assert_gradients((affine_forward, mean_backward), like="affine")


# -- the plugin ------------------------------------------------------------------------------------------


def test_the_fixture_passes_what_is_right(project):
    write(project)

    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_fixture_fails_with_the_diagnosis_and_hides_its_own_frame(project):
    write(project, dw="dout.T @ x")

    result = project.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['*assert_gradients(Affine, like="affine")*', "E *Affine: wrong (compared with affine)*", "E *TRANSPOSED: *"]
    )
    result.stdout.fnmatch_lines(["FAILED test_somebodys_layers.py::test_affine - AssertionError: Affine: wrong*"])
    result.stdout.no_fnmatch_line("*asserting.py*")


def test_a_plain_assert_explains_itself(project):
    plain = "from chainrule import check\nfrom somebodys_layers import Affine\n"
    plain += "def test_affine():\n    assert check(Affine, like='affine').passed\n"
    write(project, dw="dout.T @ x", test=plain)

    result = project.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *where False = Affine: wrong (compared with affine)*", "E *TRANSPOSED*"])


def test_the_fixture_is_listed_with_what_it_does(project):
    result = project.runpytest_inprocess("--fixtures")

    result.stdout.fnmatch_lines(["assert_gradients*", "*fails with the diagnosis as its message*"])


def test_other_tests_do_not_notice_the_plugin():
    statement = "import pytest_chainrule, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True).stdout

    assert set() == {"numpy", "chainrule", "rich", "typer"} & set(loaded.split())


def test_the_package_declares_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ((name, value),) = project["project"]["entry-points"]["pytest11"].items()
    plugin = EntryPoint(name, value, "pytest11").load()

    assert "src/pytest_chainrule" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert ["assert_gradients"] == plugin.__all__
