"""Flags for the teacher: work that is identical up to names, and what an exercise forbids."""

import pytest
from layers_class import RIGHT, STUBS

from chainrule.grading.intake import flagged
from chainrule.grading.intake.flags import forbidden_uses
from chainrule.grading.submission import Submission

LONG = '''
def network(x, w, b):
    """One layer after the other."""
    hidden = x  # what comes in
    for weight, bias in zip(w, b):
        total = hidden @ weight + bias
        hidden = np.maximum(total, 0.01 * total)
        hidden = hidden - hidden.mean(axis=0, keepdims=True)
        hidden = hidden / np.sqrt(hidden.var(axis=0, keepdims=True) + 1e-5)
    first, last = hidden[:1], hidden[-1:]
    return np.concatenate([first + last, first - last, first * last, first / last])


def loss(p, y):
    shifted = p - p.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * logs).sum() / len(y), (np.exp(logs) - y) / len(y)
'''
RENAMED = LONG.replace("hidden", "h").replace("network", "net").replace('"""One layer after the other."""', "pass")
RENAMED = RENAMED.replace("    pass\n", "").replace("weight, bias", "a, c").replace("@ weight + bias", "@ a + c")


def flags(*texts, given="", forbidden=()):
    submissions = [Submission(f"s{number}", {"a.py": text}) for number, text in enumerate(texts)]
    return [one.flags for one in flagged(submissions, given, forbidden)]


def test_work_that_is_identical_up_to_names_comments_and_order_is_flagged():
    assert [
        ("identical up to names and comments with s1",),
        ("identical up to names and comments with s0",),
        (),
    ] == flags(LONG, RENAMED + STUBS, LONG.replace("0.01", "0.02"), given=STUBS)


def test_what_everybody_got_is_not_flagged():
    assert [(), ()] == flags(LONG, LONG, given=LONG)


def test_what_is_too_short_to_say_anything_is_not_flagged():
    assert [(), ()] == flags(STUBS, STUBS)


def test_many_of_a_kind_are_counted():
    (first, *_) = flags(*[LONG] * 9)

    assert ("identical up to names and comments with s1, s2, s3, s4, s5 and 3 more",) == first


@pytest.mark.parametrize(
    "text",
    [
        "import torch",
        "import torch.nn as nn",
        "from torch import autograd",
        "def f():\n    import torch",
        "import numpy as np\ny = np.gradient(x)",
        "import numpy\ny = numpy.gradient(x)",
        "from numpy import gradient as g\ny = g(x)",
        "import numpy as n\ny = n.gradient",
        "y = np.linalg.lstsq(a, b)",
    ],
)
def test_forbidden_names_are_found_whatever_they_are_called(text):
    assert 1 == len(forbidden_uses({"a.py": text}, ("torch", "np.gradient", "lstsq")))


@pytest.mark.parametrize(
    "text", ["torches = 1", "def gradient(x): ...\ngradient(1)", "np.gradients", "# torch", "(" * 300]
)
def test_other_names_are_not_forbidden(text):
    assert [] == forbidden_uses({"a.py": text}, ("torch", "numpy.gradient"))


def test_a_forbidden_use_is_flagged_with_its_place():
    assert [("uses torch, which the exercise forbids (a.py, line 2)",), ()] == flags(
        "import os\nimport torch\nimport torch", RIGHT, forbidden=("torch",)
    )
