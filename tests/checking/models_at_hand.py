"""Data, networks and mistakes that the tests of whole models share."""

from itertools import pairwise

import numpy as np

from chainrule.checking.models import check_model
from chainrule.data import digits

DIGITS = digits()
X, Y = DIGITS.x[:200] / 16, DIGITS.y[:200]


def report(*arguments, **options):
    return check_model(*arguments, **options)


def codes(*arguments, **options):
    return set(check_model(*arguments, **options).codes)


def finding(code, *arguments, **options):
    """The first finding of that code."""
    found = check_model(*arguments, **options).all_findings
    return next(one for one in found if one.code == code)


def weights(*sizes, seed=0, scale=1.0):
    """``w1, b1, w2 ...`` for layers of these sizes, drawn as He has it."""
    rng = np.random.default_rng(seed)
    made = {}
    for number, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        made[f"w{number}"] = scale * rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs))
        made[f"b{number}"] = np.zeros(outputs)
    return made


def two_layers(parameters, x):
    hidden = np.maximum(x @ parameters["w1"] + parameters["b1"], 0)
    return hidden @ parameters["w2"] + parameters["b2"]


def cross_entropy(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def line(rows=100, seed=0):
    """One feature, and targets of shape (N, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (rows, 1))
    return x, 2 * x + 1 + 0.1 * rng.normal(size=(rows, 1))
