"""What stands for a form that overflows or cancels: the same function of numbers, in another order of operations.

`chainrule.tracing.forms` finds such forms in users' own functions. Most are ops that exist already; those that are
only needed there are made here.
"""

import numpy as np

from chainrule.op import Op
from chainrule.ops.activations import (
    log_softmax,
    log_softmax_backward,
    log_softmax_forward,
    sigmoid,
    sigmoid_forward,
    softmax,
    tanh,
)
from chainrule.ops.exponentials import expm1, log1p, logaddexp
from chainrule.ops.indexing import index_backward, index_forward
from chainrule.ops.reductions import logsumexp, var

__all__ = ["SAFER_FORMS"]


def softplus_forward(x):
    """A smooth relu: ``out = log(1 + e^x) = log(e^0 + e^x)``; NumPy's function for the last can't overflow.

    Args:
        x: inputs, any shape.
    """
    return np.logaddexp(0, x), x


def softplus_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = e^x / (1 + e^x)``, the sigmoid."""
    x = saved
    return d_out * sigmoid_forward(x)[0]


def sigmoid_of_negative_forward(x):
    """The sigmoid mirrored: ``out = 1 / (1 + e^x)``.

    Args:
        x: inputs, any shape.
    """
    out = sigmoid_forward(-x)[0]
    return out, out


def sigmoid_of_negative_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -e^x / (1 + e^x)^2 = -out (1 - out)``."""
    out = saved
    return -d_out * (out * (1 - out))


def log_sigmoid_forward(x):
    """The logarithm of the sigmoid: ``out = log(1 / (1 + e^-x)) = -log(1 + e^-x)``.

    Args:
        x: inputs, any shape.
    """
    return -np.logaddexp(0, -x), x


def log_sigmoid_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = 1 - sigmoid(x) = sigmoid(-x)``."""
    x = saved
    return d_out * sigmoid_forward(-x)[0]


def log_sigmoid_of_negative_forward(x):
    """The logarithm of the mirrored sigmoid: ``out = log(1 / (1 + e^x)) = -log(1 + e^x)``.

    Args:
        x: inputs, any shape.
    """
    return -np.logaddexp(0, x), x


def log_sigmoid_of_negative_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = -e^x / (1 + e^x)``, minus the sigmoid."""
    x = saved
    return -d_out * sigmoid_forward(x)[0]


def sigmoid_slope_forward(x):
    """The sigmoid's derivative: ``out = e^-x / (1 + e^-x)^2 = s (1 - s)``, the same for x and -x.

    ``1 - s`` is written as the sigmoid of -x, which is small where it should be and not rounded to 0.

    Args:
        x: inputs, any shape.
    """
    out, mirrored = sigmoid_forward(x)[0], sigmoid_forward(-x)[0]
    return out * mirrored, (out, mirrored)


def sigmoid_slope_backward(saved, d_out):
    """Pull the gradient back: ``d out / d x = s (1 - s) (1 - 2 s)``, and ``1 - 2 s`` is ``(1 - s) - s``."""
    out, mirrored = saved
    return d_out * (out * mirrored * (mirrored - out))


def log_softmax_at_forward(x, *index, axis=-1):
    """Some entries of the log-softmax: ``out = log_softmax(x)[index]``, the probabilities of the right classes say.

    Args:
        x: logits, any shape.
        index: the entries of the index as they stand between the brackets.
    """
    log_p, saved = log_softmax_forward(x, axis=axis)
    out, taken = index_forward(log_p, *index)
    return out, (saved, taken)


def log_softmax_at_backward(saved, d_out):
    """Pull the gradient back: first to where the entries were taken from, then through the log-softmax."""
    of_log_softmax, taken = saved
    d_log_p, *none = index_backward(taken, d_out)
    return log_softmax_backward(of_log_softmax, d_log_p), *none


# By name, so that who finds a form need not know the ops.
SAFER_FORMS = {
    op.name: op
    for op in (
        expm1,
        log1p,
        log_softmax,
        logaddexp,
        logsumexp,
        sigmoid,
        softmax,
        tanh,
        var,
        Op(softplus_forward, softplus_backward),
        Op(sigmoid_of_negative_forward, sigmoid_of_negative_backward),
        Op(log_sigmoid_forward, log_sigmoid_backward),
        Op(log_sigmoid_of_negative_forward, log_sigmoid_of_negative_backward),
        Op(sigmoid_slope_forward, sigmoid_slope_backward),
        Op(log_softmax_at_forward, log_softmax_at_backward),
    )
}
