"""Codes of results that are right but for some entries, rows or terms; and the one for all the rest."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["PLACES"]

_ENTRIES = (
    Code(
        "ONLY_AT_ZERO",
        "Only entries of {part} where the input is exactly 0 differ: yours is {yours}, expected is {expected}. At the "
        "kink a slope has to be chosen, and here relu'(0) = 0.",
        "Compare with > and not with >=.",
        "mask = x >= 0",
        "mask = x > 0",
    ),
    Code(
        "ONLY_AT_TIES",
        "Only entries of {part} where two values are equal differ: yours is {yours}, expected is {expected}.",
        "At a tie the values share the gradient equally, and |e| has slope 0 at 0, as np.sign gives it.",
        "d_x = np.where(y_out >= y_truth, 1, -1)",
        "d_x = np.sign(y_out - y_truth)",
    ),
    Code(
        "CLIPPED",
        "{part} is cut off at {bound}: entries beyond it are kept at that bound, all others are right.",
        "Leave out the clipping; the gradient has to be the derivative.",
        "return np.clip(dout * slope, -1, 1)",
        "return dout * slope",
    ),
    Code(
        "ONLY_TRUE_CLASS",
        "{part} differs only at the true class of a sample, in {count} entries.{there}",
        "Only there the label is 1: look at how the labels enter.",
        "return probs",
        "return probs - labels",
    ),
    Code(
        "ONLY_OTHER_CLASSES",
        "{part} differs only at classes that are not the sample's, in {count} entries.{there}",
        "The other classes get a gradient, too: softmax divides by the sum over all of them.",
        "return (probs - labels) * labels",
        "return probs - labels",
    ),
    Code(
        "ONLY_LABEL_ONE",
        "{part} differs only where the label is 1, in {count} entries.{there}",
        "Look at the term with y in front of it.",
        "return (1 - y) / (1 - p)",
        "return (1 - y) / (1 - p) - y / p",
    ),
    Code(
        "ONLY_LABEL_ZERO",
        "{part} differs only where the label is 0, in {count} entries.{there}",
        "Look at the term with 1 - y in front of it.",
        "return -y / p",
        "return (1 - y) / (1 - p) - y / p",
    ),
    Code(
        "ONLY_NEGATIVE",
        "{part} differs only where the input is {words}, in {count} entries.{there}",
        "Look at the branch or the mask for inputs of that sign.",
        "return dout",
        "return dout * (x > 0)",
    ),
    Code(
        "ONLY_POSITIVE",
        "{part} differs only where the input is {words}, in {count} entries.{there}",
        "Look at the branch or the mask for inputs of that sign.",
        "return dout * np.where(x > 0, 0, slope)",
        "return dout * np.where(x > 0, 1, slope)",
    ),
    Code(
        "ONLY_UPSTREAM_SIGN",
        "{part} differs only where d_out is {words}, in {count} entries.{there}",
        "The sign of d_out decides nothing; a mask comes from the forward input.",
        "return np.maximum(dout, 0) * mask",
        "return dout * mask",
    ),
    Code(
        "FIRST_ROW_ONLY",
        "Only the {which} row of {part} is right.{there}",
        "Does the loop return in its first turn?",
        "for n in range(N): dx[n] = dout[n] @ w.T; return dx",
        "for n in range(N): dx[n] = dout[n] @ w.T",
    ),
    Code(
        "LAST_ROW_ONLY",
        "Only the {which} row of {part} is right.{there}",
        "Does the loop write over what it had?",
        "for n in range(N): dx = np.zeros_like(x); dx[n] = dout[n] @ w.T",
        "for n in range(N): dx[n] = dout[n] @ w.T",
    ),
    Code(
        "ROW_WRONG",
        "Only the {which} of {part} is wrong.{there}",
        "Look at where the loop or the slice begins and ends.",
        "for n in range(1, N): dx[n] = dout[n] @ w.T",
        "for n in range(N): dx[n] = dout[n] @ w.T",
    ),
    Code(
        "ONLY_DIAGONAL",
        "{part} differs only {words}, in {count} entries.{there}",
        "Look at what treats the diagonal apart from the rest.",
        "np.fill_diagonal(dw, 0)",
        "dw = x.T @ dout",
    ),
    Code(
        "ONLY_SIGN_OF_EXPECTED",
        "{part} differs only where it should be {words}, in {count} entries.{there}",
        "Is there a maximum, a minimum or an absolute value too many?",
        "return np.maximum(dout * slope, 0)",
        "return dout * slope",
    ),
    Code(
        "ONLY_BEYOND",
        "{part} differs only where the input is {words} {bound}, in {count} entries.{there}",
        "Look for a bound, a clip or a branch there.",
        "return dout * (x > 0) * (x < 6)",
        "return dout * (x > 0)",
    ),
    Code(
        "ONE_ENTRY",
        "{part} of shape {size} is wrong in one entry only, {where}: {yours} where {expected} is expected.",
        "Look at what is done at that place alone.",
        "dw[0, 0] = 0",
        "dw = x.T @ dout",
    ),
)

_ROWS = (
    Code(
        "ROW_FACTOR",
        "Each row of {part} is what it should be times a factor of its own ({factors}){like}.",
        "Something with one number for each row is multiplied in, or left out.",
        "dx = dout @ w.T * dout.sum(axis=1, keepdims=True)",
        "dx = dout @ w.T",
    ),
    Code(
        "COLUMN_FACTOR",
        "Each column of {part} is what it should be times a factor of its own ({factors}){like}.",
        "Something with one number for each column is multiplied in, or left out.",
        "dw = x.T @ dout * b",
        "dw = x.T @ dout",
    ),
    Code(
        "ROW_ORDER",
        "{part} has the right rows {how}.{besides}",
        "Row n of a gradient belongs to row n of the array.",
        "return dx[::-1]",
        "return dx",
    ),
    Code(
        "REARRANGED",
        "{part} has the right numbers in the wrong places.",
        "Look for a reshape where a transpose is meant, or for swapped indices.",
        "dw = (dout.T @ x).reshape(w.shape)",
        "dw = (dout.T @ x).T",
    ),
    Code(
        "CENTERED",
        "{part} is right, but the mean {how} is subtracted.{besides}",
        "Leave the mean in.",
        "return dx - dx.mean(axis=0)",
        "return dx",
    ),
    Code(
        "ACCUMULATED",
        "{part} is added up {how}.{besides}",
        "A running sum is kept where each row has its own value.",
        "for n in range(N): total += dout[n]; dx[n] = total",
        "for n in range(N): dx[n] = dout[n]",
    ),
    Code(
        "SPREAD",
        "{part} is {how} of what it should be, repeated.{besides}",
        "Leave out the sum or mean; every entry has its own value.",
        "return np.ones_like(x) * dx.sum(axis=0)",
        "return dx",
    ),
    Code(
        "FUNCTION_OF_RESULT",
        "{part} is {how} of what it should be.{besides}",
        "Leave out that last function.",
        "return np.abs(dx)",
        "return dx",
    ),
    Code(
        "OFF_BY_CONSTANT",
        "{part} is off by the same number in every entry: {constant} is added.",
        "Look for a constant that is added, or missing in a sum.",
        "return dx + 1",
        "return dx",
    ),
    Code(
        "EXTRA_FACTOR",
        "{part} is multiplied by {factor} once too often.{besides}",
        "Look which factor belongs to the derivative, and which does not.",
        "return dout * x * (x > 0)",
        "return dout * (x > 0)",
    ),
    Code(
        "FACTOR_LEFT_OUT",
        "{part} lacks the factor {factor}.{besides}",
        "Look which factor the derivative has.",
        "return 2 * d_out",
        "return 2 * x * d_out",
    ),
    Code(
        "MEAN_TERM",
        "{part} is off by one number in each {line}, the same in all {others}: {numbers}. A term that all {others} "
        "share is missing or wrong: what goes through their mean or sum.",
        "Every entry changes the mean over axis {axis}, too. Add the gradient that goes that way.",
        "dx = dx_hat / std  # the mean taken as a constant",
        "dx = (dx_hat - dx_hat.mean(axis=0)) / std",
    ),
    Code(
        "VARIANCE_TERM",
        "{part} is off by a number and a multiple of x in each {line}, the same in all {others}. The term that goes "
        "through the variance over axis {axis} is missing or wrong, or that through the mean, too.",
        "Derive the variance once more: a square gives a 2, and the mean over n entries a 1/n.",
        "dx = (g - g.mean(axis=0)) / std",
        "dx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std",
    ),
    Code(
        "REPEATED_INDEX",
        "{part} counts only the last of several uses of one row: row {row} is looked up {times} times, and all of its "
        "gradients have to be added up.{besides}",
        "x[rows] += values writes each row once. np.add.at(x, rows, values) adds up all.",
        "dtable[rows] += dout",
        "np.add.at(dtable, rows, dout)",
    ),
    Code(
        "WRONG_INDEX",
        "{part} takes whole columns where one entry of each row is meant.{besides}",
        "An index for each axis picks one entry for each row: [np.arange(N), y], not [:, y].",
        "dx[:, y] -= 1",
        "dx[np.arange(N), y] -= 1",
    ),
    Code(
        "NEW_MASK",
        "{part} lets d_out through at other entries than forward let x through: {count} of {size} entries differ.",
        "Keep the mask of forward, and multiply by that; a mask drawn anew is another function.",
        "mask = rng.random(x.shape) < keep  # in backward",
        "return dout * self.mask / keep",
    ),
    Code(
        "EXTRA_TERM",
        "{part} is right, but {term} is added to it.",
        "Leave it out here; a penalty on the weights has its own gradient.",
        "dw = x.T @ dout + 0.1 * w",
        "dw = x.T @ dout",
    ),
)

_REST = (
    Code(
        "DIFFERS",
        "{part} differs from what it should be{extent}.{largest}{alike}",
        "Work one entry out by hand: how does the result change when that entry grows a little?",
        "return dout * np.sin(y)",
        "return dout * y * (1 - y)",
    ),
)

PLACES = (*_ENTRIES, *_ROWS, *_REST)
