"""A small exercise, written where a test wants it, with changes."""

from chainrule.exercises.source import read_source

TEXT = '''"""Affine layers."""

# %% [markdown]
# # Affine layers
# Write a layer that weighs its inputs.

# %% given
import numpy as np

def helper(x):
    return x + 1

# %% task affine
def affine_forward(x, w, b):
    """Weigh the inputs: x (N, D), w (D, H), b (H,). Returns out and a cache."""
    # BEGIN SOLUTION
    return x @ w + b, (x, w)
    # END SOLUTION

def affine_backward(dout, cache):
    """Returns dx, dw, db."""
    # BEGIN SOLUTION
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    # END SOLUTION

# %% public
test("affine")

# %% task relu
def relu(x):
    """Rectify."""
    # BEGIN SOLUTION
    return np.maximum(x, 0)
    # END SOLUTION

# %% public
test("relu")

# %% task steps
# BEGIN SOLUTION
answer_a = """
t1 = a + b
t2 = exp(t1)
A = t1 * t2
"""
# END SOLUTION

# %% public
test("steps")

# %% teacher
from chainrule.exercises import Answer, Exercise, Task, Test

def affine_forward_probe(work, x, w, b):
    return {"out": work.affine_forward(x, w, b)[0]}

def affine_probe(work, x, w, b, dout):
    out, cache = work.affine_forward(x, w, b)
    dx, dw, db = work.affine_backward(dout, cache)
    return {"out": out, "dx": dx, "dw": dw, "db": db}

def affine_forward_inputs(rng, number):
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)

def affine_inputs(rng, number):
    x, w, b = affine_forward_inputs(rng, number)
    return x, w, b, rng.normal(size=(len(x), len(b)))

def relu_probe(work, x):
    return {"out": work.relu(x)}

def relu_inputs(rng, number):
    return (rng.normal(size=(4 + number, 3)),)

EXERCISE = Exercise("affine-test", "Affine <layers>", (
    Task("affine", 10, (
        Test("AffineForwardTest", affine_forward_probe, affine_forward_inputs, like="affine", forward="out"),
        Test("AffineBackwardTest", affine_probe, affine_inputs, like="affine", forward="out",
             gradients=("dx", "dw", "db"), d_out=3),
    ), "An affine layer", ("affine_forward", "affine_backward")),
    Task("relu", 5, (Test("ReluTest", relu_probe, relu_inputs),), "Relu", ("relu",),
         "Method relu() correctly implemented. Tests passed: {passed}/{total}"),
    Task("steps", 5, (Answer("StepsTest", "answer_a", "A = (a + b) * exp(a + b)", {"a": 1.0, "b": 2.0}),),
         "Steps", ("answer_a",)),
))
'''

RIGHT = """
import numpy as np

def affine_forward(x, w, b):
    return np.dot(x, w) + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout.dot(w.T), x.T.dot(dout), np.sum(dout, 0)

def relu(x):
    return x * (x > 0)

answer_a = "s = b + a; e = exp(s); A = e * s"
"""


def affine_source(folder, *changes):
    """The exercise, after replacing texts by others."""
    path = folder / "affine.py"
    path.write_text(changed(TEXT, *changes), encoding="utf-8")
    return read_source(path)


def changed(text, *changes):
    """The text with each ``(old, new)`` replaced; each old one has to be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text
