"""What tests of forms share: an affine example worked by hand, and running what was lifted."""

import numpy as np
import pytest

from chainrule.checking.forms import NotCheckable, lift

__all__ = ["AFFINE", "D_B", "D_OUT", "D_W", "D_X", "B", "W", "X", "assert_same", "refused", "run"]

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 7)), RNG.normal(size=7)
D_OUT = RNG.normal(size=(5, 7))
# By hand: out = x w + b.
D_X, D_W, D_B = D_OUT @ W.T, X.T @ D_OUT, D_OUT.sum(axis=0)
AFFINE = (D_X, D_W, D_B)


def run(subject, *arrays, d_out=D_OUT, **parameters):
    """Forward's result and what backward gave."""
    op = lift(subject).op
    out, saved = op.forward(*arrays, **parameters)
    return out, op.backward(saved, d_out)


def assert_same(expected, actual):
    assert len(expected) == len(actual)
    for one, other in zip(expected, actual, strict=True):
        if one is None:
            assert other is None
        else:
            np.testing.assert_allclose(other, one, rtol=1e-12)


def refused(subject, **options):
    with pytest.raises(NotCheckable) as caught:
        lift(subject, **options)
    return caught.value.finding
