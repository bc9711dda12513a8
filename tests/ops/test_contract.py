"""Every op keeps every promise, by being listed here."""

import numpy as np
import pytest

from chainrule import Op, ops
from chainrule.checking.case import Case
from chainrule.checking.contract import CONTRACT
from chainrule.checking.diagnosing.examples import example_of

RNG = np.random.default_rng(0)


def normal(*shape):
    return np.asarray(RNG.standard_normal(shape))


def between(low, high, *shape):
    return np.asarray(RNG.uniform(low, high, shape))


def apart(*shape):
    """Entries of both signs, at least 0.1 from 0 and from each other: no kink and no tie is near."""
    numbers = np.arange(1, np.prod(shape, dtype=int) + 1)
    return RNG.permuted(numbers * 0.2 * (-1) ** numbers).reshape(shape)


def probabilities(*shape):
    positive = between(0.1, 1, *shape)
    return positive / positive.sum(axis=-1, keepdims=True)


X = apart(3, 4)
TENSOR = normal(2, 3, 4)
ROWS = np.array([0, 2, 0])
MASK = np.array([[True, False, True, False], [False, True, True, False], [True, True, False, False]])
LABELS = np.array([2, 0, 3])

ELEMENTWISE = [
    *(
        Case(op, (normal(*a), normal(*b)))
        for op in (ops.add, ops.subtract, ops.multiply)
        for a, b in [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 1, 4), (3, 1)), ((), (3,)), ((), ())]
    ),
    *(
        Case(op, (apart(*a), apart(*b)))
        for op in (ops.divide, ops.arctan2)
        for a, b in [((3, 4), (3, 4)), ((3, 1), (4,)), ((4,), ()), ((2, 3), (5, 1, 1))]
    ),
    *(
        Case(op, (apart(*a), apart(*b) + 0.07))
        for op in (ops.maximum, ops.minimum, ops.fmax, ops.fmin, ops.logaddexp)
        for a, b in [((3, 4), (3, 4)), ((3, 1), (4,)), ((4,), ()), ((1, 3), (5, 1, 1))]
    ),
    *(
        Case(op, (between(0.5, 2, *a), normal(*b)))
        for op in (ops.power, ops.numpy_power)
        for a, b in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (3,)), ((3,), ())]
    ),
    *(Case(op, (X, b)) for op in (ops.power, ops.numpy_power) for b in (2, 3, -1, 1, 0, 2.0)),
    *(Case(op, (np.abs(X), b)) for op in (ops.power, ops.numpy_power) for b in (0.5, -1.5)),
    *(Case(op, (2.0, X)) for op in (ops.power, ops.numpy_power)),
    *(Case(op, (np.float64(1.7), X)) for op in (ops.power, ops.numpy_power, ops.multiply, ops.subtract)),
    *(Case(op, (np.abs(X), np.float64(1.7))) for op in (ops.power, ops.numpy_power)),
    Case(ops.where, (MASK, normal(3, 4), normal(3, 4))),
    Case(ops.where, (MASK, normal(4), normal())),
    Case(ops.where, (MASK[0], normal(3, 1), normal(3, 4))),
    Case(ops.where, (MASK, X, 0)),
    Case(ops.clip, (X, -0.95, 1.05)),
    Case(ops.clip, (X, None, 1.05)),
    Case(ops.clip, (X, np.array(-0.95), None)),
    Case(ops.clip, (X, np.array([-0.95, -0.1, -2.3, -9.9]), np.array([[0.3], [0.5], [1.1]]))),
    *(
        Case(op, (normal(*shape),))
        for op in (ops.negative, ops.square, ops.exp, ops.exp2, ops.expm1, ops.sin, ops.cos, ops.arctan, ops.sinh)
        for shape in ((3, 4), ())
    ),
    *(
        Case(op, (between(0.5, 3, *shape),))
        for op in (ops.sqrt, ops.log, ops.log2, ops.log10, ops.log1p, ops.reciprocal)
        for shape in ((3, 4), ())
    ),
    *(Case(op, (between(-0.9, 0.9, 3, 4),)) for op in (ops.tan, ops.arcsin, ops.arccos)),
    Case(ops.cosh, (normal(3, 4),)),
    Case(ops.reciprocal, (apart(5),)),
    *(Case(op, (x,)) for op in (ops.absolute, ops.sign) for x in (X, np.array(-1.5))),
]

REDUCTIONS = [
    *(
        Case(op, (apart(2, 3, 4),), {"axis": axis, "keepdims": keepdims})
        for op in (ops.sum, ops.mean, ops.prod, ops.max, ops.min, ops.var, ops.std, ops.logsumexp)
        for axis in (None, 0, -1, (0, 2), (-1, 1), (1,))
        for keepdims in (False, True)
    ),
    *(
        Case(op, (apart(5),))
        for op in (ops.sum, ops.mean, ops.prod, ops.max, ops.min, ops.var, ops.std, ops.logsumexp, ops.norm)
    ),
    *(Case(op, (np.array(1.5),)) for op in (ops.sum, ops.mean, ops.prod, ops.max, ops.min, ops.logsumexp)),
    *(Case(op, (normal(3, 4),), {"axis": axis, "ddof": 1}) for op in (ops.var, ops.std) for axis in (None, 0, -1)),
    Case(ops.prod, (np.array([[2.0, 0.0, 3.0], [0.0, 4.0, 0.0], [1.0, 2.0, 3.0]]),), {"axis": 1}),
    *(Case(ops.cumsum, (normal(2, 3, 4),), {"axis": axis}) for axis in (None, 0, 1, -1)),
    *(
        Case(ops.norm, (normal(3, 4),), {"axis": axis, "keepdims": keepdims})
        for axis in (None, 0, -1, (0, 1))
        for keepdims in (False, True)
    ),
    Case(ops.norm, (normal(5),), {"ord": 2}),
    Case(ops.norm, (normal(3, 4),), {"ord": 2, "axis": 1}),
    Case(ops.norm, (normal(3, 4),), {"ord": "fro"}),
    Case(ops.norm, (TENSOR,)),
    Case(ops.norm, (TENSOR,), {"axis": (0, 2), "keepdims": True}),
]

RESHAPING = [
    *(Case(ops.reshape, (TENSOR,), {"shape": shape}) for shape in ((6, 4), -1, (2, -1), (1, 24, 1))),
    Case(ops.reshape, (np.array(2.0),), {"shape": (1, 1)}),
    *(Case(ops.ravel, (x,)) for x in (TENSOR, X, np.array(2.0))),
    *(Case(ops.transpose, (TENSOR,), {"axes": axes}) for axes in (None, (2, 0, 1), (0, -1, 1))),
    *(Case(ops.transpose, (x,)) for x in (X, normal(3))),
    *(Case(ops.matrix_transpose, (x,)) for x in (X, TENSOR)),
    *(Case(ops.swapaxes, (TENSOR,), {"axis1": a, "axis2": b}) for a, b in ((0, 2), (-1, 1), (1, 1))),
    *(Case(ops.moveaxis, (TENSOR,), {"source": a, "destination": b}) for a, b in ((0, 2), (-1, 0), ((0, 1), (2, 0)))),
    *(Case(ops.expand_dims, (X,), {"axis": axis}) for axis in (0, -1, (0, 2))),
    *(Case(ops.squeeze, (normal(1, 3, 1),), {"axis": axis}) for axis in (None, 0, -1, (0, 2))),
    *(
        Case(ops.broadcast_to, (x,), {"shape": (2, 3, 4)})
        for x in (normal(4), normal(3, 1), normal(2, 1, 4), normal(), TENSOR)
    ),
    *(Case(ops.concatenate, (normal(2, 3), normal(4, 3)), {"axis": axis}) for axis in (0, -2, None)),
    Case(ops.concatenate, (normal(2, 1), normal(2, 3), normal(2, 2)), {"axis": 1}),
    Case(ops.concatenate, (normal(3),)),
    *(Case(ops.stack, (normal(2, 3), normal(2, 3), normal(2, 3)), {"axis": axis}) for axis in (0, 1, 2, -1, -2)),
    *(
        Case(ops.index, (TENSOR, *entries))
        for entries in [
            (1,),
            (-1, slice(None), 2),
            (slice(None), slice(None, None, -2)),
            (..., 0),
            (None, 1),
            (ROWS % 2,),
            (slice(None), ROWS, ROWS),
            (ROWS % 2, slice(1, 3), ROWS),
            (np.array([[0], [1]]), ROWS),
        ]
    ),
    Case(ops.index, (X, MASK), kept=(1,)),
    Case(ops.index, (X, slice(None), MASK[0]), kept=(2,)),
    *(Case(ops.take, (TENSOR, ROWS), {"axis": axis}) for axis in (None, 1, -1, -2)),
    Case(ops.take, (TENSOR, np.array([[0, 1], [1, -1]])), {"axis": 0}),
    Case(ops.take, (X, 2), {"axis": 1}),
    *(Case(ops.flip, (TENSOR,), {"axis": axis}) for axis in (None, 0, -1, (0, 2))),
    Case(ops.copy, (X,)),
    *(
        Case(ops.hstack, tuple(normal(*shape) for shape in shapes))
        for shapes in [((2, 1), (2, 3)), ((3,), (4,)), ((), ()), ((2, 1, 4), (2, 2, 4)), ((2,), (), (1,))]
    ),
    *(
        Case(ops.vstack, tuple(normal(*shape) for shape in shapes))
        for shapes in [((1, 3), (2, 3)), ((3,), (3,)), ((3,), (2, 3)), ((), ()), ((2, 1, 4), (3, 1, 4))]
    ),
    *(Case(ops.repeat, (TENSOR,), {"repeats": 3, "axis": axis}) for axis in (None, 0, 1, -1)),
    Case(ops.repeat, (normal(),), {"repeats": 2}),
    *(
        Case(ops.diagonal, (x,), {"offset": offset, "axis1": a, "axis2": b})
        for x, a, b in ((X, 0, 1), (X, 1, 0), (TENSOR, 0, 1), (TENSOR, -1, 0), (TENSOR, 1, 2))
        for offset in (0, 1, -1)
    ),
]

SCATTER = [
    *(
        Case(op, (normal(3, 4), values, *entries))
        for op in (ops.write_at, ops.add_at)
        for values, entries in [
            (normal(4), (1,)),
            (normal(), (slice(None), 2)),
            (normal(2, 1), (slice(0, 2), slice(None, None, 2))),
            (normal(2, 4), (np.array([2, 0]),)),
            (normal(2), (np.array([0, 2]), np.array([1, 1]))),
            (normal(3, 4), (...,)),
        ]
    ),
    Case(ops.add_at, (normal(3, 4), normal(3, 4), ROWS)),
    Case(ops.add_at, (normal(3, 4), normal(3, 1), ROWS)),
    Case(ops.write_at, (normal(3, 4), normal(3, 4), ROWS)),
    Case(ops.write_at, (normal(3, 4), normal(3, 1), ROWS)),
    Case(ops.write_at, (normal(3, 4), normal(), ROWS, ROWS)),
    Case(ops.write_at, (X, normal(1, 1, 4), 0)),
    Case(ops.write_at, (X, normal(), MASK), kept=(2,)),
]

LINEAR = [
    *(
        Case(ops.matmul, (normal(*a), normal(*b)))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((5, 2, 3), (3, 4)),
            ((2, 3), (5, 3, 4)),
            ((5, 2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (6, 3, 4)),
            ((3,), (5, 3, 4)),
            ((5, 2, 3), (3,)),
        ]
    ),
    *(Case(ops.affine, (normal(*lead, 3), normal(3, 4), normal(4))) for lead in ((5,), (), (2, 5), (2, 1, 5), (1,))),
    *(
        Case(ops.dot, (normal(*a), normal(*b)))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((5, 2, 3), (3, 4)),
            ((5, 2, 3), (3,)),
            ((), (2, 3)),
            ((2, 3), ()),
            ((), ()),
        ]
    ),
    *(Case(ops.outer, (normal(*a), normal(*b))) for a, b in [((3,), (4,)), ((2, 3), (4,)), ((), (4,)), ((2,), (2, 2))]),
    *(
        Case(ops.einsum, tuple(normal(*shape) for shape in shapes), {"subscripts": subscripts})
        for subscripts, *shapes in [
            ("nd,dh->nh", (2, 3), (3, 4)),
            ("nd,dh", (2, 3), (3, 4)),
            ("i,i->", (3,), (3,)),
            ("i,j->ij", (3,), (4,)),
            ("ij->ji", (3, 4)),
            ("ij->", (3, 4)),
            ("ij->j", (3, 4)),
            ("ijk->j", (2, 3, 4)),
            ("bnd,bmd->bnm", (2, 3, 4), (2, 5, 4)),
            ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
            ("...d,dh->...h", (2, 5, 3), (3, 4)),
            ("...nd,...dh->...nh", (2, 2, 3), (2, 3, 4)),
            ("...ij->...", (2, 3, 4)),
            ("ij,ij,i->j", (3, 4), (3, 4), (3,)),
            ("ij,k->k", (2, 3), (4,)),
            ("nd, dh -> nh", (2, 3), (3, 4)),
            ("...d,...d->...", (2, 3), (5, 2, 3)),
            ("...d,d...->...", (2, 3), (3,)),
            ("...,...", (5, 1, 3), (2, 1)),
            ("ij,ij->ij", (1, 3), (2, 3)),
            ("ij,ij->j", (2, 1), (2, 3)),
        ]
    ),
]

ACTIVATIONS = [
    *(Case(op, (x,)) for op in (ops.sigmoid, ops.tanh, ops.softplus) for x in (normal(3, 4), normal(), 9 * X)),
    *(Case(op, (x,)) for op in (ops.relu, ops.leaky_relu) for x in (X, np.array(1.5), np.array(-1.5))),
    Case(ops.leaky_relu, (X,), {"slope": 0.3}),
    *(Case(ops.dropout, (X, MASK), {"rate": rate}) for rate in (0, 0.25, 0.5)),
    Case(ops.dropout, (X, MASK)),
    Case(ops.dropout, (np.array(1.5), np.array(True))),
    *(Case(op, (TENSOR,), {"axis": axis}) for op in (ops.softmax, ops.log_softmax) for axis in (-1, 0, 1)),
    *(Case(op, (normal(4),)) for op in (ops.softmax, ops.log_softmax)),
]

LOSSES = [
    case
    for reduction in ("mean", "sum", "none")
    for options in [{"reduction": reduction}]
    for case in [
        *(
            Case(op, (apart(*shape), normal(*shape) / 30), options)
            for op in (ops.absolute_error, ops.squared_error)
            for shape in ((3, 4), (5,), ())
        ),
        Case(ops.binary_cross_entropy, (between(0.1, 0.9, 3, 4), between(0.1, 0.9, 3, 4)), options),
        Case(ops.binary_cross_entropy, (between(0.1, 0.9, 5), np.array([0.0, 1, 1, 0, 1])), options, (0,)),
        Case(ops.binary_cross_entropy_with_logits, (3 * X, between(0.1, 0.9, 3, 4)), options),
        Case(ops.binary_cross_entropy_with_logits, (apart(5), np.array([0.0, 1, 1, 0, 1])), options),
        Case(ops.categorical_cross_entropy, (probabilities(3, 4), LABELS), options),
        Case(ops.categorical_cross_entropy, (probabilities(3, 4), np.eye(4)[LABELS]), options, (0,)),
        Case(ops.categorical_cross_entropy, (probabilities(2, 3, 4), np.array([LABELS, ROWS])), options),
        Case(ops.softmax_cross_entropy, (normal(3, 4), LABELS), options),
        Case(ops.softmax_cross_entropy, (normal(3, 4), np.eye(4)[LABELS]), options, (0,)),
        Case(ops.softmax_cross_entropy, (normal(3, 4), np.eye(4, dtype=int)[LABELS]), options),
        Case(ops.softmax_cross_entropy, (normal(2, 3, 4), probabilities(2, 3, 4)), options, (0,)),
        Case(ops.softmax_cross_entropy, (normal(2, 3, 4), np.array([LABELS, ROWS])), options),
        Case(ops.softmax_cross_entropy, (normal(4), np.eye(4)[1]), options, (0,)),
        Case(ops.softmax_cross_entropy, (normal(4), np.array(3)), options),
    ]
]

TYPES = [Case(ops.astype, (X,), {"dtype": np.float64})]

CASES = [*ELEMENTWISE, *REDUCTIONS, *RESHAPING, *SCATTER, *LINEAR, *ACTIVATIONS, *LOSSES]


PROMISES = [promise for promise in CONTRACT if not promise.takes_extremes]
EXTREMES = [promise for promise in CONTRACT if promise.takes_extremes]
EXTREME_CASES = [
    Case(op, example.extremes[0], differentiable=example.differentiable)
    for op in (getattr(ops, name) for name in ops.__all__)
    if isinstance(op, Op) and (example := example_of(op)) is not None and example.extremes
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_op_keeps_its_promises(case):
    assert {} == broken(case, PROMISES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_results_are_numpys(case):
    """So that they have a dtype, which the promise about float32 looks at."""
    run = case.run()
    results = [run.out, *(run.gradients[place] for place in case.places)]

    assert all(isinstance(result, (np.ndarray, np.generic)) for result in results)


@pytest.mark.parametrize("case", EXTREME_CASES, ids=str)
def test_op_keeps_its_promise_at_extremes(case):
    assert {} == broken(case, EXTREMES, example_of(case.op).extremes)


def test_astype_keeps_its_promises_for_its_own_dtype():
    assert {} == broken(TYPES[0], [promise for promise in PROMISES if "float32" not in promise.name])


def broken(case, promises, *extremes):
    findings = {promise.name: promise.check(case, *extremes) for promise in promises}
    return {name: finding for name, finding in findings.items() if finding is not None}


def test_every_op_is_listed():
    listed = {case.op for case in (*CASES, *TYPES)}
    missing = {name for name in ops.__all__ if getattr(ops, name) not in listed}

    assert set() == missing
