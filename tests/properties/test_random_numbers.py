"""Whatever the key, the stream and the shape: every engine's random numbers are those of NumPy's Philox."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chainrule.compiling.xla import philox
from chainrule.ops.drawing import uniform

WORDS = st.integers(0, 2**64 - 1)


@given(st.tuples(WORDS, WORDS), WORDS, st.lists(st.integers(0, 5), max_size=3).map(tuple))
def test_numbers_are_numpys(key, stream, shape):
    key = np.array(key, np.uint64)
    expected = np.random.Generator(np.random.Philox(key=key, counter=stream << 192)).random(shape)

    assert np.array_equal(expected, uniform(key, stream, shape))
    assert np.array_equal(expected, philox.uniform(np, key, stream, shape))
