"""Several subjects, and those made of others: the blame falls on the part that is wrong."""

import types

import numpy as np
import pytest

from chainrule import check
from chainrule.checking.composing import check_module

LAYERS = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout{affine}, dout.sum(axis=0)

class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask{relu}

class Net:
    def __init__(self, inputs=3, hidden=4, outputs=2):
        rng = np.random.default_rng(0)
        self.params = {{
            "w1": rng.normal(size=(inputs, hidden)), "b1": rng.normal(size=hidden),
            "w2": rng.normal(size=(hidden, outputs)), "b2": rng.normal(size=outputs),
        }}
        self.relu = ReLU()

    def forward(self, x):
        p = self.params
        h, self.first = affine_forward(x, p["w1"], p["b1"])
        h = self.relu.forward(h)
        out, self.second = affine_forward(h, p["w2"], p["b2"])
        return out

    def backward(self, dout):
        dh, dw2, db2 = affine_backward(dout, self.second)
        {between}
        dx, dw1, db1 = affine_backward(dh, self.first)
        self.grads = {{"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}}
        return dx
"""


def report_on(affine="", relu="", between="dh = self.relu.backward(dh)"):
    module = types.ModuleType("layers")
    exec(LAYERS.format(affine=affine, relu=relu, between=between), vars(module))
    return {part.subject: part for part in check(module).parts}


def test_a_right_network_and_its_layers_are_right():
    assert {"affine": (), "ReLU": (), "Net": ()} == {name: part.codes for name, part in report_on().items()}


@pytest.mark.parametrize(
    ("wrong", "name", "code"),
    [({"affine": " / len(x)"}, "affine", "FACTOR_ONE_OVER_N"), ({"relu": " * 2"}, "ReLU", "FACTOR_2")],
)
def test_a_wrong_layer_is_blamed_and_the_network_made_of_it_is_not(wrong, name, code):
    parts = report_on(**wrong)

    assert (code,) == parts[name].codes
    assert ("PARTS_ARE_WRONG",) == parts["Net"].codes
    assert name in parts["Net"].findings[0].message


def test_a_network_that_is_wired_wrongly_is_blamed_itself():
    parts = report_on(between="pass")

    assert ((), ()) == (parts["affine"].codes, parts["ReLU"].codes)
    assert "PART_SKIPPED" == parts["Net"].codes[0]
    assert "ReLU forward once and backward never" in parts["Net"].findings[0].message


def test_both_a_wrong_layer_and_wrong_wiring_are_found():
    parts = report_on(affine=" / len(x)", between="pass")

    assert ("FACTOR_ONE_OVER_N",) == parts["affine"].codes
    assert "PART_SKIPPED" in parts["Net"].codes
    assert "PARTS_ARE_WRONG" not in parts["Net"].codes


def test_layers_are_as_before_after_a_network_was_checked():
    module = types.ModuleType("layers")
    exec(LAYERS.format(affine=" / len(x)", relu="", between="dh = self.relu.backward(dh)"), vars(module))
    before = dict(vars(module)), dict(vars(module.ReLU))
    check_module(module)

    assert before == (dict(vars(module)), dict(vars(module.ReLU)))


def test_a_module_without_layers_gives_an_empty_report():
    assert () == check(types.ModuleType("empty")).parts
    assert check(np).passed
