"""Codes of errors that Python or NumPy raise in somebody's code: which kind of mistake stands behind them."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["RAISING"]

_SHAPES = (
    Code(
        "SHAPES_DO_NOT_FIT",
        "{part} multiplies arrays that do not fit{at}: {sides}.",
        "{remedy}",
        "dx = dout @ w",
        "dx = dout @ w.T",
    ),
    Code(
        "SHAPES_DO_NOT_BROADCAST",
        "{part} combines arrays entry by entry whose shapes do not fit{at}: {sides}.",
        "{remedy}",
        "dw = x.T * dout",
        "dw = x.T @ dout",
    ),
    Code(
        "SLOT_DOES_NOT_FIT",
        "{part} puts an array into a place of another shape{at}: {sides}.",
        "The right side has to have the shape of the place that it is written to, or one that can be repeated to it.",
        "dx[0] = dout @ w.T",
        "dx[:] = dout @ w.T",
    ),
    Code(
        "NO_SUCH_AXIS",
        "{part} asks for axis {axis}{at}, but {what}.",
        "Axes are counted from 0: axis 0 is the rows, the batch; axis 1 the columns.",
        "db = dout.sum(axis=2)",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "INDEX_OUT_OF_RANGE",
        "{part} takes an index that is not there{at}: {what}.",
        "Indices run from 0 to the size minus 1. Does the loop run over the axis that is indexed?",
        "for n in range(len(x) + 1): out[n] = x[n] @ w",
        "for n in range(len(x)): out[n] = x[n] @ w",
    ),
    Code(
        "TOO_MANY_INDICES",
        "{part} takes more indices than there are axes{at}: {what}.",
        "Count the axes of the array at that line; a sum without keepdims=True has one less.",
        "db[0, :] += dout[n]  # db has shape (H,)",
        "db += dout[n]",
    ),
    Code(
        "BAD_INDEX",
        "{part} uses something as an index that is none{at}: {what}.",
        "An index is a whole number, a slice, or an array of whole numbers or of True and False.",
        "probs[np.arange(n), y / 1]",
        "probs[np.arange(n), y]",
    ),
    Code(
        "CANNOT_RESHAPE",
        "{part} reshapes an array to a shape with another number of entries{at}: {what}.",
        "The sizes of the new shape, multiplied, have to give the number of entries; -1 stands for one that is left.",
        "dout.reshape(n, 1)  # dout has n * k entries",
        "dout.reshape(n, -1)",
    ),
    Code(
        "CANNOT_JOIN",
        "{part} joins arrays whose shapes do not fit{at}{what}.",
        "All axes but the one along which they are joined have to have the same size.",
        "np.concatenate([a, b], axis=0)",
        "np.concatenate([a, b], axis=1)",
    ),
    Code(
        "RAGGED",
        "{part} makes one array of pieces that have different shapes{at}.",
        "Is a tuple taken for an array here? Take one of its members, or give all pieces one shape.",
        "np.exp((x, w))",
        "np.exp(x)",
    ),
    Code(
        "EINSUM",
        "{part} has an einsum whose letters do not fit its arrays{at}: {what}.",
        "Give each array one letter for each axis, and the same letter only to axes of the same size.",
        'np.einsum("nd,nh->hd", x, w)',
        'np.einsum("nd,dh->nh", x, w)',
    ),
    Code(
        "EMPTY_ARRAY",
        "{part} takes the largest or smallest entry of an array that has none{at}{what}.",
        "Look at the slice or the mask that left nothing over.",
        "x[:0].max()",
        "x.max()",
    ),
)

_NAMES = (
    Code(
        "UNKNOWN_NAME",
        "{part} uses `{name}`{at}, but nothing of that name is there{near}",
        "Check the spelling, capitals count; or make it before that line, or hand it over in the cache.",
        "dw = X.T @ dout",
        "dw = x.T @ dout",
    ),
    Code(
        "NAME_NOT_SET",
        "{part} uses `{name}`{at} before anything was put into it.",
        "Give it a value before that line. A name that is assigned anywhere in a function is the function's own.",
        "dx += dout  # and no dx before",
        "dx = np.zeros_like(x); dx += dout",
    ),
    Code(
        "NO_CACHE",
        "{part} reads `{name}`{at}, but it was never set{near}",
        "Keep it in forward, under that name: {name} = ...",
        "def forward(self, x): return x * (x > 0)",
        "def forward(self, x): self.cache = x; return x * (x > 0)",
    ),
    Code(
        "UNKNOWN_ATTRIBUTE",
        "{part} asks for `{name}`{at}, but {owner} has nothing of that name{near}",
        "Check the spelling, and whether it is a method of the array or a function of np.",
        "np.sumup(dout, axis=0)",
        "np.sum(dout, axis=0)",
    ),
    Code(
        "NO_SUCH_KEY",
        "{part} looks for the key {key}{at}, which is not there{known}.",
        "Use the key under which forward kept it.",
        'x = cache["input"]',
        'x = cache["x"]',
    ),
    Code(
        "UNPACKING",
        "{part} unpacks {wanted}{at}, but {there}.",
        "Both sides have to agree: what forward keeps, backward unpacks, in that order.",
        "x, w, b = cache  # forward kept (x, w)",
        "x, w = cache",
    ),
    Code(
        "WRONG_ARGUMENTS",
        "{part} calls {called} with other arguments than it takes{at}: {problem}.",
        "Compare the call with the first line of the function.",
        "dx = affine_backward(dout)",
        "dx = affine_backward(dout, cache)",
    ),
)

_KINDS = (
    Code(
        "WRONG_TYPE",
        "{part} computes with something of the wrong kind{at}: {what}.",
        "{remedy}",
        "dx = dout * cache  # a tuple",
        "x, w = cache; dx = dout * x",
    ),
    Code(
        "NOT_A_FUNCTION",
        "{part} calls something that is no function{at}: {what}.",
        "Square brackets take an entry, round ones call; and is a * missing before a parenthesis?",
        "dx = dout(x > 0)",
        "dx = dout * (x > 0)",
    ),
    Code(
        "TRUTH_OF_ARRAY",
        "{part} asks whether a whole array is true{at}: it has many entries, some may be and some not.",
        "Choose entry by entry with np.where or a mask, or ask .any() or .all().",
        "return x if x > 0 else 0",
        "return np.where(x > 0, x, 0)",
    ),
    Code(
        "NO_MINUS_FOR_MASKS",
        "{part} has a minus for a mask of True and False{at}; NumPy has it for numbers only.",
        "Turn the mask round with ~, or make numbers of it: mask.astype(float).",
        "-(x > 0)",
        "~(x > 0)",
    ),
    Code(
        "DIVISION_BY_ZERO",
        "{part} divides by zero{at}.",
        "Look what the divisor is made of: a size, a count, a sum?",
        "dw = x.T @ dout / (len(x) - len(dout))",
        "dw = x.T @ dout / len(x)",
    ),
    Code(
        "OUTSIDE_DOMAIN",
        "{part} asks for a logarithm or a root of a number that has none{at}.",
        "Look at the sign of what stands inside.",
        "math.log(-p)",
        "-math.log(p)",
    ),
    Code(
        "RECURSION",
        "{part} calls itself without end{at}.",
        "Does the function call itself where it should call another one, or hand on the same arguments?",
        "def relu_forward(x): return relu_forward(x)",
        "def relu_forward(x): return np.maximum(x, 0), x",
    ),
    Code(
        "OWN_ASSERTION",
        "{part} stops at its own assert{at}{what}.",
        "What it states does not hold for these arrays: {shapes}.",
        "assert x.shape == w.shape",
        "assert x.shape[1] == w.shape[0]",
    ),
)

RAISING = (*_SHAPES, *_NAMES, *_KINDS)
