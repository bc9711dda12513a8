"""A small exercise and submissions to it, right and wrong in known ways, for tests of intake, grading and running."""

import json

from chainrule.exercises.source import read_source

# A text and no file, as exercises' sources are no tests, and look wrong to tools that know nothing of their cells.
SOURCE = '''
"""Affine layers: an exercise for the tests."""

# %% [markdown]
# # Affine layers
# Write a layer that weighs its inputs, and take an expression apart.

# %% given
import numpy as np

# %% task affine


def affine_forward(x, w, b):
    """Weigh the inputs."""
    # BEGIN SOLUTION
    return x @ w + b, (x, w)
    # END SOLUTION


def affine_backward(dout, cache):
    """Returns dx, dw, db."""
    # BEGIN SOLUTION
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    # END SOLUTION


# %% task words
# BEGIN SOLUTION
answer_a = "t1 = exp(a); A = t1 * b"
# END SOLUTION

# %% public
test("affine")

# %% teacher
from chainrule.exercises import Answer, Exercise, Task, Test


def forward_probe(work, x, w, b):
    out, cache = work.affine_forward(x, w, b)
    return {"out": out}


def backward_probe(work, x, w, b, dout):
    out, cache = work.affine_forward(x, w, b)
    dx, dw, db = work.affine_backward(dout, cache)
    return {"out": out, "dx": dx, "dw": dw, "db": db}


def forward_inputs(rng, number):
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)


def backward_inputs(rng, number):
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=(n, h))


EXERCISE = Exercise(
    "layers",
    "Affine layers",
    (
        Task(
            "affine",
            10,
            (
                Test("AffineForwardTest", forward_probe, forward_inputs, like="affine", forward="out"),
                Test(
                    "AffineBackwardTest",
                    backward_probe,
                    backward_inputs,
                    like="affine",
                    forward="out",
                    gradients=("dx", "dw", "db"),
                    d_out=3,
                ),
            ),
            "An affine layer",
            ("affine_forward", "affine_backward"),
        ),
        Task("words", 4, (Answer("ExpressionTest", "answer_a", "A = exp(a) * b", {"a": 1.0, "b": 2.0}),), "In words"),
    ),
    forbidden=("torch", "numpy.gradient"),
)
'''

SUBMISSION = """import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, {dw}, dout.sum(axis=0)


answer_a = "{answer}"
"""
TAKEN_APART = "t1 = exp(a); A = t1 * b"
RIGHT = SUBMISSION.format(dw="x.T @ dout", answer=TAKEN_APART)
TRANSPOSED = SUBMISSION.format(dw="dout.T @ x", answer=TAKEN_APART)
TIMES_N = SUBMISSION.format(dw="len(x) * (x.T @ dout)", answer=TAKEN_APART)
NUMERIC = SUBMISSION.format(dw="x.T @ dout * (1 + 1e-10)", answer=TAKEN_APART)
WRONG_WORDS = SUBMISSION.format(dw="x.T @ dout", answer="t1 = exp(b); A = t1 * b")
RAISING = SUBMISSION.format(dw="[][len(dout)]", answer=TAKEN_APART)
STUBS = """
def affine_forward(x, w, b):
    raise NotImplementedError


def affine_backward(dout, cache):
    raise NotImplementedError
"""


def layers_source(folder):
    """The exercise, read from a file in the folder."""
    path = folder / "layers.py"
    path.write_text(SOURCE.lstrip())
    return read_source(path)


def notebook(*cells, version=4):
    """A notebook's text with these code cells."""
    if version == 4:
        made = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})
    made = [{"cell_type": "code", "input": cell, "language": "python"} for cell in cells]
    return json.dumps({"nbformat": version, "metadata": {"name": ""}, "worksheets": [{"cells": made}]})
