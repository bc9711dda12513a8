"""A teacher's own source, small, with all kinds of cells and markers."""

AFFINE = '''"""Affine layers."""

# %% [markdown]
# # Affine layers
#
# Write a layer that weighs its inputs.

# %% given
import numpy as np

NOTE = """two
lines"""

# %% task affine
def affine_forward(x, w, b):
    """Weigh the inputs. Returns out and a cache."""
    # BEGIN SOLUTION
    return x @ w + b, (x, w)
    # END SOLUTION


def affine_backward(dout, cache):
    """Returns dx, dw, db."""
    ### START CODE HERE ### (two lines)
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    ### END CODE HERE ###

# %% public
test("affine")

# %% [markdown]
# ## An answer in words

# %% task answer
answer_a = ""
### BEGIN SOLUTION
answer_a = """
t = a * b
"""
### END SOLUTION

# %% public
words = """first
second"""
test("answer")

# %% task secret
def double(x):
    # BEGIN SOLUTION
    return x + x  # a line that nobody else would write
    # END SOLUTION

# %% teacher
from chainrule.exercises import Answer, Exercise, Task, Test


def affine_probe(work, x, w, b, dout):
    out, cache = work.affine_forward(x, w, b)
    dx, dw, db = work.affine_backward(dout, cache)
    return {"out": out, "dx": dx, "dw": dw, "db": db}


def affine_inputs(rng, number):
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=(n, h))


def double_probe(work, x):
    return {"out": work.double(x)}


def double_inputs(rng, number):
    return (rng.normal(size=number + 1),)


AFFINE = Test(
    "AffineTest",
    affine_probe,
    affine_inputs,
    like="affine",
    forward="out",
    gradients=("dx", "dw", "db"),
    d_out=3,
)
EXERCISE = Exercise(
    "my-affine",
    "Affine layers",
    (
        Task("affine", 10, (AFFINE,), "An affine layer", ("affine_forward", "affine_backward")),
        Task("answer", 5, (Answer("AnswerTest", "answer_a", "a*b", {"a": 2.0, "b": 3.0}),), "a | b", ("answer_a",)),
        Task("secret", 2.5, (Test("DoubleTest", double_probe, double_inputs),), "Twice", ("double",)),
    ),
)
'''

SOLVED = '''import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

answer_a = """t = a * b"""
'''
