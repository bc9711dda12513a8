"""The table NumPy function -> op: a call as users write it is the op's call on the arguments that the rule reads."""

import operator

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import Op
from chainrule.ops.rules import NO_GRADIENT, RULES
from chainrule.ops.scatter import added_at, written_at

X = np.array([[0.5, -1.5, 2.0, 0.25], [1.0, 0.75, -0.5, 3.0], [-2.0, 0.1, 0.9, -0.3]])
POSITIVE = np.abs(X) + 0.1
UNIT = X / 4
W = np.arange(8.0).reshape(4, 2) - 3
V = np.array([1.0, -2.0, 0.5, 4.0])
TENSOR = np.arange(24.0).reshape(2, 3, 4)
THIN = X.reshape(1, 3, 4, 1)
MASK = X > 0
ROWS = np.array([0, 2, 0])


def call(function, *args, **kwargs):
    return function, args, kwargs


CALLS = [
    *(
        call(function, *operands)
        for function in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin)
        for operands in ((X, X + 1), (X, V), (X, 2.0), (2.0, X), (X[:, :1], V), (3.0, 2.0))
    ),
    *(
        call(function, *operands)
        for function in (operator.add, operator.sub, operator.mul, operator.truediv)
        for operands in ((X, V), (3.0, 2.0), (np.float64(3), X))
    ),
    *(call(function, X, V) for function in (np.logaddexp, np.arctan2)),
    *(call(function, X, np.nan) for function in (np.maximum, np.minimum, np.fmax, np.fmin)),
    *(
        call(function, base, exponent)
        for function in (np.power, np.float_power, operator.pow)
        for base, exponent in ((POSITIVE, X), (POSITIVE, 0.5), (X, 2), (2.0, X))
    ),
    *(
        call(function, X)
        for function in (
            *(np.negative, operator.neg, np.absolute, np.abs, np.fabs, operator.abs, np.positive, operator.pos),
            *(np.square, np.exp, np.exp2, np.expm1, np.reciprocal, np.sin, np.cos, np.tan, np.arctan, np.sinh),
            *(np.cosh, np.tanh, np.sign, np.ravel, np.transpose, np.matrix_transpose, np.flip, np.copy, np.cumsum),
            *(np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.var, np.std, np.linalg.norm),
        )
    ),
    *(call(function, POSITIVE) for function in (np.sqrt, np.log, np.log2, np.log10, np.log1p)),
    *(call(function, UNIT) for function in (np.arcsin, np.arccos, np.asin, np.acos)),
    call(np.add, X, V, where=True, casting="same_kind", order="K"),
    call(np.exp, X, where=True),
    call(np.where, MASK, X, V),
    call(np.where, MASK, X, 0),
    call(np.clip, X, -0.5, 0.8),
    call(np.clip, X, a_min=-0.5, a_max=0.8),
    call(np.clip, X, min=-0.5, max=0.8),
    call(np.clip, X, -0.5, None),
    call(np.clip, X, None, V),
    call(np.clip, X, max=0.8),
    call(np.matmul, X, W),
    call(np.matmul, X, V),
    call(operator.matmul, X, W),
    call(np.dot, X, W),
    call(np.dot, V, V),
    call(np.dot, 2.0, X),
    call(np.outer, V, X),
    call(np.einsum, "nd,dh->nh", X, W),
    call(np.einsum, "nd,dh", X, W, optimize=False),
    call(np.einsum, "nd,dh->nh", X, W, optimize=True),
    *(
        call(function, TENSOR, *args, **kwargs)
        for function in (np.sum, np.mean, np.prod)
        for args, kwargs in [
            ((0,), {}),
            ((-1,), {}),
            (((0, 2),), {}),
            ((None,), {}),
            ((1, None, None, True), {}),
            ((), {"axis": 1}),
            ((), {"axis": (0, 1), "keepdims": True}),
            ((1,), {"keepdims": True, "dtype": None, "out": None}),
            ((), {"axis": None, "keepdims": False, "where": True}),
        ]
    ),
    *(
        call(function, TENSOR, *args, **kwargs)
        for function in (np.max, np.min, np.amax, np.amin)
        for args, kwargs in [
            ((0,), {}),
            ((1, None, True), {}),
            ((), {"axis": (0, -1), "keepdims": True}),
            ((), {"axis": None, "out": None, "where": True}),
        ]
    ),
    *(
        call(function, TENSOR, *args, **kwargs)
        for function in (np.var, np.std)
        for args, kwargs in [
            ((0,), {}),
            ((1, None, None, 1), {}),
            ((1, None, None, 1, True), {}),
            ((), {"axis": (0, -1), "keepdims": True, "ddof": 1}),
            ((-1,), {"correction": 1}),
            ((), {"dtype": None, "out": None, "ddof": 0, "where": True}),
        ]
    ),
    *(call(np.cumsum, TENSOR, *args) for args in ((0,), (-1,), (None,), (1, None, None))),
    call(np.cumsum, TENSOR, axis=1),
    *(call(np.linalg.norm, X, *args) for args in ((None, 0), ("fro",), (2, 1), (None, None, True), (None, (0, 1)))),
    call(np.linalg.norm, X, axis=1, keepdims=True),
    call(np.linalg.norm, V, ord=2),
    *(call(np.reshape, TENSOR, shape) for shape in ((4, 6), (2, -1), -1, [6, 4])),
    call(np.reshape, TENSOR, shape=(4, 6)),
    call(np.reshape, TENSOR, (4, 6), order="C", copy=None),
    call(np.ravel, TENSOR, "C"),
    call(np.ravel, TENSOR, order="C"),
    call(np.transpose, TENSOR, (2, 0, 1)),
    call(np.transpose, TENSOR, axes=[2, 0, 1]),
    call(np.transpose, TENSOR, None),
    call(np.permute_dims, TENSOR, (2, 0, 1)),
    call(np.matrix_transpose, TENSOR),
    call(np.swapaxes, TENSOR, 0, -1),
    call(np.swapaxes, TENSOR, axis1=0, axis2=2),
    call(np.moveaxis, TENSOR, 0, -1),
    call(np.moveaxis, TENSOR, source=(0, 1), destination=(2, 0)),
    call(np.expand_dims, X, 0),
    call(np.expand_dims, X, axis=(0, -1)),
    call(np.squeeze, THIN),
    call(np.squeeze, THIN, 0),
    call(np.squeeze, THIN, axis=(0, -1)),
    call(np.broadcast_to, V, (3, 4)),
    call(np.broadcast_to, V, shape=(2, 3, 4), subok=False),
    call(np.flip, X, 0),
    call(np.flip, X, axis=(0, 1)),
    call(np.copy, X, order="K"),
    call(np.astype, X, np.float32),
    call(np.astype, X, np.dtype("float32"), copy=True),
    *(call(function, (X, X + 1)) for function in (np.concatenate, np.concat, np.stack)),
    *(call(function, [X, X + 1], 1) for function in (np.concatenate, np.stack)),
    *(call(function, [X, X + 1, X], axis=-1, out=None, dtype=None) for function in (np.concatenate, np.stack)),
    call(np.concatenate, [X, V.reshape(1, 4)], axis=None),
    call(np.concatenate, [X, X], 0, casting="same_kind"),
    *(call(function, arrays) for function in (np.hstack, np.vstack) for arrays in ((X, X), [V, V], (X, X, X))),
    call(np.hstack, [X, W[:3]], dtype=None, casting="same_kind"),
    call(np.repeat, X, 2),
    call(np.repeat, X, 2, 0),
    call(np.repeat, X, repeats=3, axis=-1),
    call(np.diagonal, X),
    call(np.diagonal, X, 1),
    call(np.diagonal, TENSOR, offset=-1, axis1=1, axis2=2),
    call(np.take, X, ROWS),
    call(np.take, X, ROWS, 0),
    call(np.take, X, ROWS, axis=-1, out=None, mode="raise"),
    call(np.take, X, 2, axis=1),
    call(np.take, X, indices=[0, 1], axis=1),
    *(
        call(operator.getitem, X, index)
        for index in (1, -1, (1, 2), slice(1, None), (slice(1), slice(None, None, 2)), (..., 0), None, ROWS, MASK)
    ),
    *(call(function, X, 1, V) for function in (written_at, added_at)),
    *(call(function, X, (slice(None), 2), 5.0) for function in (written_at, added_at)),
    *(call(function, X, ROWS, V) for function in (written_at, added_at)),
]


def describe(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("function", "args", "kwargs"), CALLS, ids=describe)
def test_op_on_the_rules_arguments_equals_the_call_itself(function, args, kwargs):
    rule = RULES[function]
    arrays, parameters = rule.arguments(*args, **kwargs)
    expected, actual = function(*args, **kwargs), rule.op(*arrays, **parameters)
    if function is np.float_power:  # another loop than np.power's: the last bit may differ
        np.testing.assert_array_max_ulp(expected, actual, 4)
        return

    assert_array_equal(expected, actual, strict=isinstance(expected, np.ndarray))


def test_every_rule_has_a_call():
    known = {function for function, _, _ in CALLS}
    missing = {function.__name__ for function in RULES if function not in known}

    assert set() == missing


def test_every_rule_leads_to_an_op():
    assert all(isinstance(rule.op, Op) for rule in RULES.values())


def test_a_function_has_a_derivative_or_none():
    assert set() == NO_GRADIENT & RULES.keys()


def test_arguments_of_one_call_are_not_remembered_in_the_next():
    rule = RULES[np.sum]
    rule.arguments(X, axis=1, keepdims=True)

    assert rule.op(X) == rule.op(*rule.arguments(X)[0], **rule.arguments(X)[1])


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "option"),
    [
        (np.exp, (X,), {"where": MASK}, "where"),
        (np.add, (X, V), {"where": MASK}, "where"),
        (np.add, (X, V), {"dtype": np.float32}, "dtype"),
        (np.sum, (X,), {"where": MASK}, "where"),
        (np.sum, (X,), {"initial": 5.0}, "initial"),
        (np.sum, (X,), {"dtype": np.float32}, "dtype"),
        (np.sum, (X, 0, np.float32), {}, "dtype"),
        (np.mean, (X,), {"where": MASK}, "where"),
        (np.mean, (X,), {"dtype": np.float32}, "dtype"),
        (np.prod, (X,), {"initial": 5.0}, "initial"),
        (np.max, (X,), {"initial": 5.0}, "initial"),
        (np.max, (X,), {"initial": 5.0, "where": MASK}, "initial|where"),
        (np.min, (X,), {"initial": 5.0}, "initial"),
        (np.var, (X,), {"where": MASK}, "where"),
        (np.var, (X,), {"mean": np.zeros((1, 4)), "axis": 0}, "mean"),
        (np.std, (X,), {"dtype": np.float32}, "dtype"),
        (np.cumsum, (X,), {"dtype": np.float32}, "dtype"),
        (np.take, (X, ROWS), {"mode": "wrap"}, "mode"),
        (np.take, (X, ROWS), {"mode": "clip"}, "mode"),
        (np.reshape, (X, (4, 3)), {"order": "F"}, "order"),
        (np.reshape, (X, (4, 3), "A"), {}, "order"),
        (np.ravel, (X,), {"order": "F"}, "order"),
        (np.ravel, (X, "F"), {}, "order"),
        (np.concatenate, ([X, X],), {"dtype": np.float32}, "dtype"),
        (np.stack, ([X, X],), {"dtype": np.float32}, "dtype"),
        (np.hstack, ([X, X],), {"dtype": np.float32}, "dtype"),
        (np.vstack, ([X, X],), {"dtype": np.float32}, "dtype"),
        (np.clip, (X, 0, 1), {"where": MASK}, "where"),
        (np.clip, (X, 0, 1), {"dtype": np.float32}, "dtype"),
        (np.einsum, ("ij->j", X), {"dtype": np.float32}, "dtype"),
        (np.einsum, (X, [0, 1], [1]), {}, "subscripts"),
    ],
    ids=describe,
)
def test_option_without_a_derivative_is_refused_by_name(function, args, kwargs, option):
    with pytest.raises(TypeError, match=option):
        RULES[function].arguments(*args, **kwargs)
