"""Codes of results that have another shape, or are right but for their shape."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["SHAPES"]

SHAPES = (
    Code(
        "TRANSPOSED",
        "{part} comes out transposed: {yours} instead of {wanted}.{besides}",
        "Swap the two factors of the product, or take .T of the result.",
        "dw = dout.T @ x",
        "dw = x.T @ dout",
    ),
    Code(
        "EXTRA_AXIS",
        "{part} has shape {yours}, an axis of size 1 too many; expected is {wanted}.{besides}",
        "Is there a keepdims=True that should go?",
        "db = dout.sum(axis=0, keepdims=True)",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "MISSING_AXIS",
        "{part} has lost an axis of size 1: it has shape {yours}, expected is {wanted}.{besides}",
        "Keep the axis with keepdims=True, or put it back with reshape.",
        "scores = (x @ w).ravel()",
        "scores = x @ w",
    ),
    Code(
        "BIAS_NOT_SUMMED",
        "{part} has one row for each sample: {yours} instead of {wanted}. All samples share the array, so sum their "
        "gradients.{besides}",
        "Sum over the batch, axis 0.",
        "db = dout",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "NOT_SUMMED",
        "{part} has shape {yours}; summed over {axes} it would be right, with shape {wanted}.{besides}",
        "Every entry that was used several times collects the gradients of all its uses.",
        "d_b = d_out * a",
        "d_b = (d_out * a).sum(axis=1)",
    ),
    Code(
        "SUMMED_OVER_WRONG_AXIS",
        "{part} is d_out {how} over axis {axis}, so it has shape {yours}; expected is {wanted}.",
        "Sum over the axis that the array does not have; for a bias that is the batch, axis 0.",
        "db = dout.sum(axis=1)",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "COLLAPSED",
        "{part} collapsed to one number, the {how} of all its entries; expected is shape {wanted}.{besides}",
        "Sum over the batch alone: axis=0.",
        "db = dout.sum()",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "NOT_REDUCED",
        "{part} is {amount}; asked is {few}, and the {how} of yours would be it.{besides}",
        "Take the {how} before you return.",
        "return (y_out - y_truth) ** 2",
        "return np.mean((y_out - y_truth) ** 2)",
    ),
    Code(
        "REDUCED",
        "{part} is {amount}, the {how} of what is asked; expected is shape {wanted}.{besides}",
        "Return them all; whoever calls takes the {how} where it is wanted.",
        "return np.mean((y_out - y_truth) ** 2)",
        "return (y_out - y_truth) ** 2",
    ),
    Code(
        "BROADCAST_N_BY_N",
        "{part} is N x N, {yours}: an (N, 1) array met an (N,) array, and each sample was combined with each other.",
        "Bring both to one shape before you combine them: expected is {wanted}.",
        "loss = (y_out - y_truth[:, 0]) ** 2",
        "loss = (y_out - y_truth) ** 2",
    ),
    Code(
        "BROADCAST_UP",
        "{part} has the right values, but repeated: {yours} instead of {wanted}.{besides}",
        "Something of shape {yours} was added or multiplied on the way; leave it out, or sum over that axis.",
        "db = np.ones_like(dout) * dout.sum(axis=0)",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "RESHAPED",
        "{part} has the right entries in the wrong shape: {yours} instead of {wanted}.{besides}",
        "Reshape it to the shape of the array that it belongs to.",
        "dx = (dout @ w.T).ravel()",
        "dx = (dout @ w.T).reshape(x.shape)",
    ),
    Code(
        "ONE_ROW",
        "{part} is only the {which} row of what is expected: {yours} instead of {wanted}.{besides}",
        "Does the loop return too early, or write over what it had?",
        "for n in range(N): dx = dout[n] @ w.T",
        "for n in range(N): dx[n] = dout[n] @ w.T",
    ),
    Code(
        "ROW_MISSING",
        "{part} lacks the {which} row: {yours} instead of {wanted}.{besides}",
        "Look at where the loop or the slice begins and ends.",
        "return x[:-1] * 2",
        "return x * 2",
    ),
    Code(
        "SHAPE_OF_ANOTHER",
        "{part} has shape {yours}, that of {whose}; an array's gradient has the shape of the array, here {wanted}.",
        "Write the shape of each factor beside the line, and see which product gives {wanted}.",
        "dw = x @ w * dout",
        "dw = x.T @ dout",
    ),
    Code(
        "WRONG_SHAPE",
        "{part} has shape {yours}; expected is {wanted}.",
        "Write the shape of each factor beside the line, and see which product or sum gives {wanted}.",
        "dw = x.T @ x",
        "dw = x.T @ dout",
    ),
)
