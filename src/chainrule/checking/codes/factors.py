"""Codes of results that are off by a factor, and of mistakes with the incoming gradient."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["FACTORS"]

_VALUES = (
    Code(
        "NAN_OR_INF",
        "{part} has {kind} in {count} of {size} entries, first at {where}; all of it should be finite.",
        "Look for a division by 0, the logarithm of 0 or less, or the exponential of a large number.",
        "return np.log(x) / x",
        "return np.log(np.maximum(x, tiny)) / x",
    ),
    Code(
        "ALL_ZERO",
        "{part} is all zeros.",
        "Was the array made, but never filled, or filled and not returned?",
        "dw = np.zeros_like(w)",
        "dw = x.T @ dout",
    ),
    Code(
        "INTEGERS",
        "{part} holds whole numbers ({dtype}), so fractions are cut off.",
        "Make the array of floats: np.zeros(shape), without dtype=int, or x.astype(float).",
        "dw = np.zeros(w.shape, dtype=int)",
        "dw = np.zeros(w.shape)",
    ),
    Code(
        "ONE_NUMBER",
        "{part} is {number} in every entry, whatever comes in.",
        "Was the array made, but never filled?",
        "dw = np.ones_like(w)",
        "dw = x.T @ dout",
    ),
    Code(
        "ROUNDED",
        "{part} is rounded to {digits} digits after the point.",
        "Round when you print, not when you compute.",
        "return np.round(x @ w, 2)",
        "return x @ w",
    ),
    Code(
        "RETURNS_ARGUMENT",
        "{part} is the {ordinal} argument of forward, unchanged.",
        "Return the result, not what it was computed from.",
        "return x",
        "return np.maximum(x, 0)",
    ),
    Code(
        "RETURNS_OUTPUT",
        "{part} is forward's result, not a gradient.",
        "Backward returns d_out times the local slope.",
        "return self.cache",
        "return dout * self.cache * (1 - self.cache)",
    ),
    Code(
        "SWAPPED",
        "{part} is the gradient of the {ordinal} argument.",
        "Return the gradients in the order of forward's arguments.",
        "return dw, dx, db",
        "return dx, dw, db",
    ),
    Code(
        "SAME_SIGN_TWICE",
        "{part} is the same as the gradient of the {ordinal} argument; it should be minus that.",
        "A difference rises with one of its two arguments and falls with the other.",
        "return 2 * (y_hat - y), 2 * (y_hat - y)",
        "return 2 * (y_hat - y), 2 * (y - y_hat)",
    ),
)

_CONSTANTS = (
    Code(
        "WRONG_SIGN",
        "{part} has the wrong sign.",
        "Look at the order of a difference, and at each minus: is one missing, or one too many?",
        "d_prediction = 2 * (target - prediction) * d_out",
        "d_prediction = 2 * (prediction - target) * d_out",
    ),
    Code(
        "FACTOR_N",
        "{part} is N = {size} times too large{because}.",
        "Find where 1/N belongs, and divide there once.",
        "return probs - labels",
        "return (probs - labels) / N",
    ),
    Code(
        "FACTOR_ONE_OVER_N",
        "{part} is only 1/N = 1/{size} of what it should be{because}.",
        "Leave out the division by N: a mean that should be a sum, or a second 1/N.",
        "dw = x.T @ dout / N",
        "dw = x.T @ dout",
    ),
    Code(
        "FACTOR_2",
        "{part} is twice what it should be.",
        "Is there a 2 too many, or is something added to itself?",
        "return 2 * np.abs(y_out - y_truth)",
        "return np.abs(y_out - y_truth)",
    ),
    Code(
        "FACTOR_HALF",
        "{part} is half of what it should be.",
        "The derivative of e ** 2 is 2 e; a loss without 1/2 keeps the 2.",
        "d_prediction = (prediction - target) * d_out",
        "d_prediction = 2 * (prediction - target) * d_out",
    ),
    Code(
        "FACTOR_K",
        "{part} is {letter} = {size} times too large, the number of outputs of a sample{because}.",
        "Something is summed over the outputs where their mean is meant, or divided by N alone.",
        "return np.sum((y_out - y_truth) ** 2) / N",
        "return np.mean((y_out - y_truth) ** 2)",
    ),
    Code(
        "FACTOR_ONE_OVER_K",
        "{part} is only 1/{letter} = 1/{size} of what it should be; {letter} is the number of outputs of a "
        "sample{because}.",
        "A mean is taken over the outputs, too; np.mean without an axis divides by N times {letter}.",
        "loss = -np.mean(labels * np.log(probs))",
        "loss = -np.sum(labels * np.log(probs)) / N",
    ),
    Code(
        "FACTOR_SIZE",
        "{part} is {size} times too large, the number of entries{because}.",
        "Is a sum taken where a mean is meant?",
        "d_prediction = 2 * (prediction - target)",
        "d_prediction = 2 * (prediction - target) / prediction.size",
    ),
    Code(
        "FACTOR_ONE_OVER_SIZE",
        "{part} is only 1/{size} of what it should be, 1 over the number of entries{because}.",
        "Is a mean taken where a sum is meant?",
        "dx = dout.mean() * slope",
        "dx = dout * slope",
    ),
    Code(
        "FACTOR_AXIS",
        "{part} is {size} times too large, {letter}{because}.",
        "Something is summed over an axis of size {size}, or not divided by it.",
        "dx = dout * D",
        "dx = dout",
    ),
    Code(
        "FACTOR_ONE_OVER_AXIS",
        "{part} is only 1/{size} of what it should be, 1 over {letter}{because}.",
        "Something is averaged over an axis of size {size} where a sum is meant.",
        "dx = (dout[:, None] * w).mean(axis=2)",
        "dx = (dout[:, None] * w).sum(axis=2)",
    ),
    Code(
        "FACTOR_COMBINED",
        "{part} is {factor} = {value} times what it should be: {words}{because}.",
        "These are several mistakes at once; mend one after the other.",
        "dw = -x.T @ dout / N",
        "dw = x.T @ dout",
    ),
    Code(
        "FACTOR_CONSTANT",
        "{part} is {factor} times what it should be, whatever the sizes.",
        "Look for a constant that is too many, missing, or another one.",
        "return 0.1 * dout * mask",
        "return dout * mask",
    ),
    Code(
        "FACTOR_VARIES",
        "{part} has the right direction but the wrong size: {factor} times what it should be, another number each "
        "time{like}.",
        "Some number that depends on the values is multiplied in.",
        "dw = x.T @ dout * dout.sum()",
        "dw = x.T @ dout",
    ),
)

_UPSTREAM = (
    Code(
        "UPSTREAM_IGNORED",
        "{part} does not change when d_out changes: the incoming gradient is ignored.{besides}",
        "Chain rule: multiply the local slope by d_out.",
        "return y * (1 - y)",
        "return dout * y * (1 - y)",
    ),
    Code(
        "LOCAL_SLOPE_MISSING",
        "{part} is d_out itself, handed on as it came: the local slope is missing.{besides}",
        "Chain rule: multiply d_out by the derivative of this function.",
        "return dout",
        "return dout * y * (1 - y)",
    ),
    Code(
        "UPSTREAM_SQUARED",
        "{part} has d_out in it twice: it is what the square of d_out would give.{besides}",
        "Multiply by d_out once.",
        "return dout * (dout * y * (1 - y))",
        "return dout * y * (1 - y)",
    ),
    Code(
        "UPSTREAM_SUMMED",
        "{part} is what the {how} of d_out would give: each entry needs its own.{besides}",
        "Use d_out as it comes; sums belong where an array is shared.",
        "return dout.sum() * y * (1 - y)",
        "return dout * y * (1 - y)",
    ),
    Code(
        "UPSTREAM_DIVIDED",
        "{part} is divided by d_out; it should be multiplied by it.{besides}",
        "Chain rule: the local slope times d_out.",
        "return y * (1 - y) / dout",
        "return y * (1 - y) * dout",
    ),
    Code(
        "UPSTREAM_CHANGED",
        "{part} does not use d_out as it comes, but {how}.{besides}",
        "Use d_out itself: backward is linear in it.",
        "return np.abs(dout) * (x > 0)",
        "return dout * (x > 0)",
    ),
    Code(
        "UPSTREAM_OF_ONE_ROW",
        "{part} uses the {which} row of d_out for all samples.{besides}",
        "Each sample has its own row of d_out.",
        "return dout[0] * mask",
        "return dout * mask",
    ),
    Code(
        "NOT_USED",
        "{part} is not zero, but forward's result does not depend on that array, its {ordinal} argument.",
        "Is it left out of forward? If that is meant, its gradient is zero.",
        "out = x @ w  # and b is not added",
        "out = x @ w + b",
    ),
    Code(
        "UPSTREAM_OF_ONE_COLUMN",
        "{part} {which}; every column of the result is reached, so all of them count.{besides}",
        "Add up all of them: += in a loop over the columns, not =, and a loop over all.",
        "for h in range(H): dx[n] = dout[n, h] * w[:, h]",
        "for h in range(H): dx[n] += dout[n, h] * w[:, h]",
    ),
    Code(
        "SAMPLES_LEFT_OUT",
        "{part} {which}.{besides}",
        "Look at where the loop or the slice begins and ends: every sample counts.",
        "dw = x[:-1].T @ dout[:-1]",
        "dw = x.T @ dout",
    ),
    Code(
        "UPSTREAM_REORDERED",
        "{part} has d_out in the wrong order: {how}.{besides}",
        "Leave the order of d_out as it is.",
        "return dout[::-1] * mask",
        "return dout * mask",
    ),
    Code(
        "UPSTREAM_IS_SOMETHING_ELSE",
        "{part} uses {how} where d_out belongs.{besides}",
        "Backward gets d_out as an argument; use that.",
        "return self.out * mask",
        "return dout * mask",
    ),
    Code(
        "UPSTREAM_ADDED",
        "{part} is the local slope with d_out {sign}; the two should be multiplied.{besides}",
        "Chain rule: the local slope times d_out.",
        "return y * (1 - y) + dout",
        "return y * (1 - y) * dout",
    ),
    Code(
        "UPSTREAM_TWICE",
        "{part} is right, but d_out itself is added to it or subtracted from it once more.{besides}",
        "Return the product alone.",
        "return dout * y * (1 - y) + dout",
        "return dout * y * (1 - y)",
    ),
    Code(
        "SLOPE_CHANGED",
        "{part} has the right slope, but it is {how}: `{formula}`.{besides}",
        "d_out is multiplied by the slope of the function, once.",
        "return dout / (y * (1 - y))",
        "return dout * (y * (1 - y))",
    ),
)

FACTORS = (*_VALUES, *_CONSTANTS, *_UPSTREAM)
