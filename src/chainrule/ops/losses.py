"""Losses: how far predictions are from targets, as one number or one each (``reduction`` "mean", "sum" or "none").

The mean is taken here and pays its own 1/N, so the gradient that goes back is the derivative of the number that was
printed. Shapes that would silently broadcast, (N, 1) against (N,), are an error.
"""

import math

import numpy as np

from chainrule.op import Op
from chainrule.ops.activations import sigmoid_forward
from chainrule.ops.scatter import written_at

REDUCTIONS = ("mean", "sum", "none")


def absolute_error_forward(prediction, target, *, reduction="mean"):
    """The distance: ``|prediction - target|``.

    Args:
        prediction: what the model says, any shape.
        target: what is right, the same shape.

    Example: predictions (1, 5) for targets (2, 2) cost (1 + 3) / 2 = 2.
    """
    _require_same_shape("absolute_error", "prediction", prediction, "target", target)
    difference = prediction - target
    loss = _reduced(np.abs(difference), reduction, "absolute_error")
    return loss, (difference, reduction)


def absolute_error_backward(saved, d_out):
    """Pull the gradient back: ``sign(prediction - target)``, with 0 where they are equal."""
    difference, reduction = saved
    d_prediction = np.sign(difference) * _share(d_out, reduction, np.shape(difference))
    return d_prediction, -d_prediction


def squared_error_forward(prediction, target, *, reduction="mean"):
    """The squared distance: ``(prediction - target)^2``.

    Args:
        prediction: what the model says, any shape.
        target: what is right, the same shape.

    Example: predictions (1, 5) for targets (2, 2) cost (1 + 9) / 2 = 5.
    """
    _require_same_shape("squared_error", "prediction", prediction, "target", target)
    difference = prediction - target
    loss = _reduced(np.square(difference), reduction, "squared_error")
    return loss, (difference, reduction)


def squared_error_backward(saved, d_out):
    """Pull the gradient back: ``2 (prediction - target)`` to the prediction, minus that to the target."""
    difference, reduction = saved
    d_prediction = difference * (2 * _share(d_out, reduction, np.shape(difference)))
    return d_prediction, -d_prediction


def binary_cross_entropy_forward(probability, target, *, reduction="mean"):
    """The surprise at a yes or no: ``-(t log p + (1 - t) log(1 - p))``.

    A perfect prediction costs 0. A probability of 0 is one that was rounded to 0, and counts as the smallest normal
    number: a certain prediction that is wrong costs 708, in float32 87, and not infinity. Where p comes from a sigmoid,
    `binary_cross_entropy_with_logits` is exact for every logit.

    Args:
        probability: probabilities of yes, any shape.
        target: 1 for yes, 0 for no, the same shape; other numbers are taken as they are.

    Example: probability 0.5 costs log 2, whatever the target.
    """
    p, t = probability, target
    _require_same_shape("binary_cross_entropy", "probability", p, "target", t)
    yes, no = _positive(p), _positive(1 - p)
    losses = t * -np.log(yes) + (1 - t) * -np.log(no)
    loss = _reduced(losses, reduction, "binary_cross_entropy")
    return loss, (yes, no, t, reduction)


def binary_cross_entropy_backward(saved, d_out):
    """Pull the gradient back.

    d loss / d p = -t / p + (1 - t) / (1 - p)
    d loss / d t = log(1 - p) - log(p)

    At a probability of 0 that is the slope at the smallest normal number: very large, and finite, since the sigmoid
    that p may come from has slope 0 there, and 0 times infinity would be nan.
    """
    yes, no, t, reduction = saved
    share = _share(d_out, reduction, np.shape(yes))
    return ((1 - t) / no - t / yes) * share, (np.log(no) - np.log(yes)) * share


def binary_cross_entropy_with_logits_forward(logits, target, *, reduction="mean"):
    """The surprise at a yes or no, from logits: ``log(1 + e^z) - t z``, which is binary cross-entropy after a sigmoid.

    Written ``max(z, 0) - t z + log(1 + e^-|z|)`` it can't overflow.

    Args:
        logits: any real numbers, any shape.
        target: 1 for yes, 0 for no, the same shape.

    Example: logit 0 costs log 2, whatever the target.
    """
    z, t = logits, target
    _require_same_shape("binary_cross_entropy_with_logits", "logits", z, "target", t)
    losses = np.maximum(z, 0) - t * z + np.log1p(np.exp(-np.abs(z)))
    loss = _reduced(losses, reduction, "binary_cross_entropy_with_logits")
    return loss, (z, t, reduction)


def binary_cross_entropy_with_logits_backward(saved, d_out):
    """Pull the gradient back: ``d loss / d z = sigmoid(z) - t``, and ``d loss / d t = -z``."""
    z, t, reduction = saved
    share = _share(d_out, reduction, np.shape(z))
    return (sigmoid_forward(z)[0] - t) * share, -z * share


def categorical_cross_entropy_forward(probabilities, labels, *, reduction="mean"):
    """The surprise at the right class: ``-sum_k y_k log p_k``, averaged over the samples.

    A probability of 0 counts as the smallest normal number, as in `binary_cross_entropy`. Where the probabilities come
    from a softmax, `softmax_cross_entropy` is exact for all logits.

    Args:
        probabilities: rows that sum to one, shape (..., K).
        labels: one-hot rows or probabilities that sum to one, shape (..., K); or whole numbers 0 to K - 1, shape (...).

    Example: probabilities (0.5, 0.5) cost log 2, whatever the label.
    """
    op, shape = "categorical_cross_entropy", np.shape(probabilities)
    labels = np.asarray(labels) if isinstance(labels, (list, tuple)) else labels
    if labels.dtype.kind in "iu" and np.shape(labels) == shape[:-1]:
        _require_classes(op, labels, shape[-1])
        places = (*np.indices(np.shape(labels), sparse=True), labels)
        p = _positive(probabilities[places])
        loss = _reduced(-np.log(p), reduction, op)
        return loss, (p, shape, places, reduction)
    rows, labels_are_floats = _as_rows(op, "probabilities", probabilities, labels)
    p = _positive(probabilities)
    loss = _reduced(np.sum(rows * -np.log(p), axis=-1), reduction, op)
    return loss, (p, rows, labels_are_floats, reduction)


def categorical_cross_entropy_backward(saved, d_out):
    """Pull the gradient back: ``d loss / d p_k = -y_k / p_k``, and ``d loss / d y_k = -log p_k``."""
    p, *labels, reduction = saved
    if isinstance(labels[-1], tuple):  # the places of whole numbers: all others count 0 times
        shape, places = labels
        share = _share(d_out, reduction, shape[:-1])
        return written_at(np.zeros(shape, p.dtype), places, -share / p), None
    rows, labels_are_floats = labels
    share = _share(d_out, reduction, np.shape(p)[:-1])
    if reduction == "none":
        share = share[..., None]
    return -rows / p * share, -np.log(p) * share if labels_are_floats else None


def softmax_cross_entropy_forward(logits, labels, *, reduction="mean"):
    """The surprise at the right class: ``-sum_k y_k log softmax(logits)_k``, averaged over the samples.

    The logarithm is taken of a sum of exponentials of differences to the largest logit: at least 1, no overflow.

    Args:
        logits: any real numbers, shape (..., K).
        labels: one-hot rows or probabilities that sum to one, shape (..., K); or whole numbers 0 to K - 1, shape (...).

    Example: logits (0, 0) cost log 2, whatever the label.
    """
    one_hot, labels_are_floats = _as_rows("softmax_cross_entropy", "logits", logits, labels)
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    total = np.sum(exponentials, axis=-1, keepdims=True)
    log_p = shifted - np.log(total)
    samples = np.shape(logits)[:-1]
    if reduction == "none":
        loss = -np.sum(one_hot * log_p, axis=-1)
    else:
        loss = _divided(-np.sum(one_hot * log_p), reduction, samples, "softmax_cross_entropy")
    return loss, (exponentials / total, log_p, one_hot, labels_are_floats, reduction)


def softmax_cross_entropy_backward(saved, d_out):
    """Pull the gradient back.

    With ``log p_j = z_j - log sum_k e^{z_k}`` and ``d log p_j / d z_k = 1[j = k] - p_k``:

        d loss / d z_k = -sum_j y_j (1[j = k] - p_k) = p_k sum_j y_j - y_k = p_k - y_k

    since the labels of a sample sum to one. And ``d loss / d y_k = -log p_k``; whole numbers have no gradient.
    """
    p, log_p, one_hot, labels_are_floats, reduction = saved
    share = _share(d_out, reduction, np.shape(p)[:-1])
    if reduction == "none":
        share = share[..., None]
    return (p - one_hot) * share, -log_p * share if labels_are_floats else None


def _as_rows(op, name, rows, labels):
    """Labels as one row of K numbers a sample, and whether they were floats, which have a gradient."""
    labels = np.asarray(labels) if isinstance(labels, (list, tuple)) else labels
    kind, classes = labels.dtype.kind, np.shape(rows)[-1] if np.ndim(rows) else 0
    if np.shape(labels) == np.shape(rows):
        if isinstance(labels, np.ndarray) and not np.allclose(labels.sum(axis=-1), 1, atol=1e-5):
            raise ValueError(f"{op}: each row of labels must sum to one")
        return (labels if kind == "f" else np.astype(labels, rows.dtype)), kind == "f"
    if np.shape(labels) != np.shape(rows)[:-1] or kind not in "iu":
        remedy = " Write labels.astype(int)." if np.shape(labels) == np.shape(rows)[:-1] else ""
        raise ValueError(
            f"{op}: {name} have shape {np.shape(rows)}; labels must be one-hot of that shape or whole numbers of "
            f"shape {np.shape(rows)[:-1]}, got {labels.dtype} of shape {np.shape(labels)}.{remedy}"
        )
    _require_classes(op, labels, classes)
    return np.astype(labels[..., None] == np.arange(classes), rows.dtype), False


def _require_classes(op, labels, classes):
    if isinstance(labels, np.ndarray) and labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"{op}: labels must lie in 0..{classes - 1}, got {labels.min()} to {labels.max()}.")


def _positive(p):
    """Probabilities, and the smallest normal number for what was rounded to 0."""
    dtype = getattr(p, "dtype", np.float64)
    smallest = float(np.finfo(dtype if np.issubdtype(dtype, np.floating) else np.float64).tiny)
    return np.maximum(p, smallest)


def _reduced(losses, reduction, name):
    if reduction == "none":
        return losses
    return _divided(np.sum(losses), reduction, np.shape(losses), name)


def _divided(total, reduction, shape, name):
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}: reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    return total / math.prod(shape) if reduction == "mean" else total


def _share(d_out, reduction, shape):
    """What one loss gets of ``d_out``: the mean divides it among all."""
    return d_out / math.prod(shape) if reduction == "mean" else d_out


def _require_same_shape(op, first_name, first, second_name, second):
    a, b = np.shape(first), np.shape(second)
    if a == b:
        return
    try:
        would = f"; these would broadcast to {np.broadcast_shapes(a, b)}"
    except ValueError:
        would = ""
    raise ValueError(f"{op}: {first_name} has shape {a} and {second_name} {b}{would}. Reshape one of them.")


absolute_error = Op(absolute_error_forward, absolute_error_backward)
squared_error = Op(squared_error_forward, squared_error_backward)
binary_cross_entropy = Op(binary_cross_entropy_forward, binary_cross_entropy_backward)
binary_cross_entropy_with_logits = Op(
    binary_cross_entropy_with_logits_forward, binary_cross_entropy_with_logits_backward
)
categorical_cross_entropy = Op(categorical_cross_entropy_forward, categorical_cross_entropy_backward)
softmax_cross_entropy = Op(softmax_cross_entropy_forward, softmax_cross_entropy_backward)
