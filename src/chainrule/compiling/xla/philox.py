"""Philox 4x64-10, NumPy's own generator that counts, in whole-array functions that JAX has too.

The numbers of ``np.random.Philox``, for engines where that can't run. Salmon, Moraes, Dror, Shaw, "Parallel random
numbers: as easy as 1, 2, 3" (SC 2011), gives the generator and its constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["uniform"]

ROUNDS = 10
# Of the first and the third word of a block; and what is added to the two words of the key after each round.
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
INCREMENTS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)

Loop = Callable[[int, int, Callable[[int, Any], Any], Any], Any]


def repeated(first: int, last: int, body: Callable[[int, Any], Any], state: Any) -> Any:
    """``body`` applied again and again: what ``jax.lax.fori_loop`` does, as a loop in Python."""
    for number in range(first, last):
        state = body(number, state)
    return state


def uniform(numpy: Any, key: Any, stream: int, shape: tuple[int, ...], loop: Loop = repeated) -> Any:
    """The numbers that ``np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, stream])).random`` draws.

    Args:
        numpy: a module with NumPy's functions: NumPy, or ``jax.numpy`` with 64 bits allowed.
        key: two words, uint64, shape (2,).
        stream: the highest word of the counter.
        shape: of the result, float64.
        loop: runs the rounds. In JAX it must be its own loop: XLA would otherwise put all rounds into one expression,
            and work each word of a block out again for every other, which takes ten times as long or more
            (benchmarks/dropout.py).
    """
    count = math.prod(shape)
    # NumPy counts before it draws, so the first block is number 1.
    low = numpy.arange(1, -(-count // 4) + 1, dtype=numpy.uint64)
    zeros = numpy.zeros_like(low)
    start = low, zeros, zeros, numpy.full_like(low, stream), key[:1], key[1:]

    def one_round(state: Any) -> Any:
        a, b, c, d, first, second = state
        high_a, low_a = _product(numpy, a, MULTIPLIERS[0])
        high_c, low_c = _product(numpy, c, MULTIPLIERS[1])
        first_next, second_next = first + numpy.uint64(INCREMENTS[0]), second + numpy.uint64(INCREMENTS[1])
        return high_c ^ b ^ first, low_c, high_a ^ d ^ second, low_a, first_next, second_next

    def two_rounds(_: int, state: Any) -> Any:
        return one_round(one_round(state))

    # Two at a time, since XLA writes the state to memory after each.
    words = numpy.stack(loop(0, ROUNDS // 2, two_rounds, start)[:4], axis=1).reshape(-1)[:count]
    # The upper 53 bits, as many as a float64 has.
    return ((words >> numpy.uint64(11)) * 2.0**-53).reshape(shape)


def _product(numpy: Any, words: Any, factor: int) -> tuple[Any, Any]:
    """The 128 bits of ``words * factor`` as two words, from products of 32 bits by 32; no sum here overflows."""
    half, mask = numpy.uint64(32), numpy.uint64(2**32 - 1)
    factor_low, factor_high = numpy.uint64(factor & (2**32 - 1)), numpy.uint64(factor >> 32)
    low, high = words & mask, words >> half
    middle = high * factor_low + (low * factor_low >> half)
    other = low * factor_high + (middle & mask)
    return high * factor_high + (middle >> half) + (other >> half), words * numpy.uint64(factor)
