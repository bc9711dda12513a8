"""One operation of the reference's own program, done otherwise, is found and told in the program's text."""

import numpy as np
import pytest

from chainrule import Op
from chainrule.checking.evidence import Evidence, Trial
from chainrule.checking.hypotheses import explain_by_change

SIZES = ({"N": 5, "D": 3}, {"N": 4, "D": 6}, {"N": 7, "D": 2})


def bend_forward(x):
    out = np.where(x > 0.3, x, 0.5 * np.exp(x) - 1)
    return out, (x, out)


def bend_backward(saved, d_out):
    x, out = saved
    return d_out * np.where(x > 0.3, 1, out + 1)


def blend_forward(x, w):
    return (x @ w) / (1 + np.sum(x, axis=1, keepdims=True)), (x, w)


def blend_backward(saved, d_out):
    x, w = saved
    total = 1 + np.sum(x, axis=1, keepdims=True)
    return d_out @ w.T / total, x.T @ (d_out / total)


bend, blend = Op(bend_forward, bend_backward), Op(blend_forward, blend_backward)


def explained(op, place, subject):
    rng, given = np.random.default_rng(0), []
    for sizes in SIZES:
        arrays = [rng.uniform(0, 1, (sizes["N"], sizes["D"]))]
        arrays += [rng.normal(size=(sizes["D"], sizes["D"]))] if op is blend else []
        out, saved = op.call_forward(*arrays)
        d_out = rng.normal(size=out.shape)

        def again(incoming, saved=saved, arrays=arrays):
            return op.call_backward(saved, incoming, len(arrays))

        trial = Trial(tuple(arrays), {}, d_out, out, again(d_out), again, sizes)
        with np.errstate(all="ignore"):
            yours = subject(*arrays) if place is None else subject(d_out, *arrays)
        given.append(Evidence(trial, "dx", yours, place))
    return explain_by_change(given, op)


def total(x):
    return 1 + np.sum(x, axis=1, keepdims=True)


FORWARDS = [
    ("BRANCHES_SWAPPED", bend, lambda x: np.where(x > 0.3, 0.5 * np.exp(x) - 1, x)),
    ("CONSTANT_DIFFERS", bend, lambda x: np.where(x > 0.3, x, 0.5 * np.exp(x) - 2)),
    ("FUNCTION_REPLACED", bend, lambda x: np.where(x > 0.3, x, 0.5 * np.cos(x) - 1)),
    ("PLUS_FOR_MINUS", bend, lambda x: np.where(x > 0.3, x, 0.5 * np.exp(x) + 1)),
    ("OPERANDS_SWAPPED", bend, lambda x: np.where(x > 0.3, x, 1 - 0.5 * np.exp(x))),
    ("TERM_MISSING", bend, lambda x: np.where(x > 0.3, x, 0.5 * np.exp(x))),
    ("FACTOR_MISSING", blend, lambda x, w: x @ w),
    ("WRONG_AXIS", blend, lambda x, w: (x @ w) / (1 + np.sum(x))),
    ("TRANSPOSE_MISSING", blend, lambda x, w: (x @ w.T) / total(x)),
    ("OPERATION_CHANGED", blend, lambda x, w: (x @ w) * total(x)),
]


@pytest.mark.parametrize(("code", "op", "subject"), FORWARDS)
def test_a_changed_operation_of_forward_is_found(code, op, subject):
    assert code == explained(op, None, subject)[0]


BACKWARDS = [
    ("TRANSPOSE_MISSING", 0, lambda d, x, w: d @ w / total(x)),
    ("FACTOR_MISSING", 0, lambda d, x, w: d @ w.T),
    ("TERM_MISSING", 1, lambda d, x, w: x.T @ (d / (total(x) - 1))),
    ("OPERATION_CHANGED", 1, lambda d, x, w: x.T @ (d * total(x))),
]


@pytest.mark.parametrize(("code", "place", "subject"), BACKWARDS)
def test_a_changed_operation_of_backward_is_found(code, place, subject):
    assert code == explained(blend, place, subject)[0]


def test_the_text_is_that_of_the_program():
    _, facts = explained(bend, None, lambda x: np.where(x > 0.3, x, 1 - 0.5 * np.exp(x)))

    assert ("1 - 0.5 * np.exp(x)", "0.5 * np.exp(x) - 1") == (facts["yours"], facts["right"])


def test_a_plain_factor_may_come_along():
    _, facts = explained(blend, 0, lambda d, x, w: -(d @ w / total(x)))

    assert " Its sign is wrong besides." == facts["besides"]


def test_the_right_result_and_something_else_altogether_are_no_change():
    assert explained(blend, 0, lambda d, x, w: d @ w.T / total(x)) is None
    assert explained(blend, 0, lambda d, x, w: np.sin(9 * x)) is None
