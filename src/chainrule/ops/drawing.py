"""Random numbers that a program can draw, each a function of its place, and dropout, which needs them."""

import numpy as np

from chainrule.op import Op


def uniform(key, stream, shape):
    """Random numbers from [0, 1), float64: always the same for the same arguments, on every engine.

    They are what NumPy's own ``Generator.random`` draws from ``np.random.Philox`` with this key and with ``stream`` in
    the highest word of its counter. A generator that counts needs no state, which a program could not have: number i is
    a function of the key and i. Keys that differ in a bit, and streams of one key, give numbers that have nothing to do
    with each other (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).

    >>> key = np.array([2011, 0], np.uint64)
    >>> uniform(key, 1, (3,)).round(4)
    array([0.7901, 0.3537, 0.2146])

    Args:
        key: two words, uint64, shape (2,): in a solver's step the epoch's number and that of the step.
        stream: a whole number from 0 to 2^64 - 1: which of the draws that share a key.
        shape: of the result.
    """
    # NumPy takes other keys as well, for which JAX would draw other numbers.
    if getattr(key, "dtype", None) != np.uint64 or key.shape != (2,):
        raise ValueError(f"uniform: key is {key!r}; expected two words, such as np.array([epoch, step], np.uint64)")
    if hasattr(type(key), "__chainrule_function__"):
        return type(key).__chainrule_function__(uniform, (key, stream, shape), {})
    counter = np.array([0, 0, 0, stream], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter)).random(shape)


def dropout_forward(x, keep, *, rate=0.5):
    """Leave entries out at random, and scale the others up: ``out = x keep / (1 - rate)``.

    The mean of an output over all masks is then its input, so that nothing has to be scaled when the model is used
    (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent neural networks from
    overfitting", 2014; scaled in training as in its section 10). The mask is an argument, so that the op is a function
    like any other.

    Args:
        x: inputs, any shape.
        keep: which entries stay, truth values, the shape of x.
        rate: the share of entries that is left out, at least 0 and less than 1.

    Example: with rate 0.5, keeping the first of (3, 4) gives (6, 0).
    """
    return x * keep / (1 - rate), (keep, rate)


def dropout_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x`` is 1 / (1 - rate) where the entry was kept, else 0."""
    keep, rate = saved
    return d_out * keep / (1 - rate), None


dropout = Op(dropout_forward, dropout_backward)
