"""Trials for the tests of hypotheses, and the first hypothesis that holds on a subject."""

import numpy as np

from chainrule import ops
from chainrule.checking.codes import found
from chainrule.checking.evidence import Evidence, Trial
from chainrule.checking.hypotheses import (
    FORWARD,
    GENERIC,
    GRADIENT,
    PLACES,
    explain_by_change,
    holding,
    particular,
)

SIZES = ({"N": 5, "D": 3, "H": 7, "K": 4}, {"N": 4, "D": 6, "H": 2, "K": 3}, {"N": 7, "D": 2, "H": 5, "K": 6})
CONVENTION = "the mean is taken in the loss"


def zeros_among(x):
    x[0, 0] = x[-1, -1] = 0.0
    return x


def answers(rng, *shape):
    return rng.permuted(np.arange(np.prod(shape)) % 2).reshape(shape).astype(float)


def shares(p):
    return p / p.sum(axis=1, keepdims=True)


def one_hot(rng, s):
    return np.eye(s["K"])[rng.permuted(np.arange(s["N"]) % s["K"])]


def pair(rng, s):
    prediction, target = rng.normal(size=(2, s["N"], s["K"]))
    prediction[0, 0], prediction[-1, -1] = target[0, 0], target[-1, -1]
    return prediction, target


ARRAYS = {
    "affine": lambda rng, s: (
        rng.normal(size=(s["N"], s["D"])),
        rng.normal(size=(s["D"], s["H"])),
        rng.normal(size=s["H"]),
    ),
    "relu": lambda rng, s: (zeros_among(rng.normal(size=(s["N"], s["D"]))),),
    "leaky_relu": lambda rng, s: (zeros_among(rng.normal(size=(s["N"], s["D"]))),),
    "squared_error": pair,
    "absolute_error": pair,
    "binary_cross_entropy": lambda rng, s: (
        rng.uniform(0.1, 0.9, (s["N"], s["K"])),
        answers(rng, s["N"], s["K"]),
    ),
    "binary_cross_entropy_with_logits": lambda rng, s: (
        rng.normal(size=(s["N"], s["K"])),
        answers(rng, s["N"], s["K"]),
    ),
    "softmax": lambda rng, s: (rng.normal(size=(s["N"], s["K"])),),
    "log_softmax": lambda rng, s: (rng.normal(size=(s["N"], s["K"])),),
    "softmax_cross_entropy": lambda rng, s: (rng.normal(size=(s["N"], s["K"])), one_hot(rng, s)),
    "categorical_cross_entropy": lambda rng, s: (
        shares(rng.uniform(0.1, 1, (s["N"], s["K"]))),
        one_hot(rng, s),
    ),
    "divide": lambda rng, s: tuple(rng.uniform(0.2, 0.9, (2, s["N"], s["D"]))),
    "multiply": lambda rng, s: (rng.normal(size=(s["N"], s["D"])), rng.normal(size=(s["N"], s["D"]))),
    "matmul": lambda rng, s: (rng.normal(size=(s["N"], s["D"])), rng.normal(size=(s["D"], s["H"]))),
}


def smooth(rng, s):
    """For functions of single entries that have no table above; positive, so that logarithms exist."""
    return (rng.uniform(0.2, 0.9, (s["N"], s["D"])),)


def trial(name, sizes, seed=0, convention=CONVENTION, **parameters):
    """The question that an op of ours answers rightly."""
    op, rng = getattr(ops, name), np.random.default_rng(seed)
    arrays = ARRAYS.get(name, smooth)(rng, sizes)
    out, saved = op.call_forward(*arrays, **parameters)
    d_out = rng.standard_normal(np.shape(out))[()]

    def again(incoming):
        return op.call_backward(saved, incoming, len(arrays))

    return Trial(arrays, parameters, d_out, out, again(d_out), again, sizes, convention=convention)


def evidence(name, place, subject, convention=CONVENTION, **parameters):
    """The subject's results: ``subject(*arrays)`` for forward, ``subject(d_out, *arrays)`` for a gradient."""
    collected = []
    for sizes in SIZES:
        one = trial(name, sizes, convention=convention, **parameters)
        incoming = () if place is None else (one.d_out,)
        with np.errstate(all="ignore"):
            yours = np.asarray(subject(*incoming, *one.arrays))
        collected.append(Evidence(one, "forward" if place is None else "dx", yours, place))
    return collected


def asked(name, place):
    """The hypotheses that name a mistake, in order."""
    return (*(FORWARD if place is None else GRADIENT), *particular(name, place), *PLACES)


def finding(name, place, subject, **parameters):
    """What the first hypothesis that holds has to say."""
    given = evidence(name, place, subject, **parameters)
    for hypothesis in asked(name, place):
        if (facts := holding(hypothesis, given)) is not None:
            return found(hypothesis.code, given[0].part, facts)
    if change := explain_by_change(given, getattr(ops, name)):
        return found(change[0], given[0].part, change[1])
    for hypothesis in GENERIC:
        if (facts := holding(hypothesis, given)) is not None:
            return found(hypothesis.code, given[0].part, facts)
    raise AssertionError("the last of GENERIC always holds")
