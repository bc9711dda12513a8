"""Twenty-one typical mistakes by which checkers are compared, and how a message shows that it names the mistake."""

from catalogue.wrong import WRONG

# A mistake, and what a message that names it has to contain, in whatever words. That a shape is wrong is no name for
# what made it so.
NAMING = {
    "affine, a pair of functions: dw the other way round": r"transpos",
    "affine, a pair of functions: dw averaged": r"1/N|averag|batch",
    "affine, a pair of functions: db is dout": r"\bsum|row",
    "affine, a pair of functions: db summed over features": r"\baxis|\bsum",
    "affine, a class with a cache: d_bias a mean": r"1/N|averag|batch",
    "affine, a pair of functions: dw ignores dout": r"ignore|grad_output|upstream|incoming",
    "affine, a class with gradients as attributes: gradients added up and never reset": r"twice|multiple times|accumul",
    "relu, a pair of functions: the mask returned": r"ignore|grad_output|upstream|incoming",
    "relu, a pair of functions: slope 1 at zero": r"\bx = 0|at zero",
    "relu, a pair of functions: no mask": r"mask|was off",
    "relu, a copy with entries set to zero: written into dout": r"in.?place|writes|changes",
    "sigmoid, as it is written on paper: input for output": r"\bthe input\b",
    "sigmoid, as it is written on paper: no upstream": r"ignore|grad_output|upstream|incoming",
    "BCE, its mean, clipped probabilities: the gradient of the logits": r"logit",
    "MSE, an op in another association: factor 2 missing": r"half",
    "MSE, its mean, a class: the other way round": r"sign",
    "softmax, a pair of functions: the inner sum forgotten": r"missing|term",
    "softmax cross-entropy, one-hot labels: not divided by N": r"\bN times|averag|batch",
    "softmax cross-entropy, one-hot labels: d_out ignored": r"ignore|grad_output|upstream|incoming",
    "softmax cross-entropy, one-hot labels: exp over sum": r"overflow|1000|maximum|inf",
    "L2 loss, an EDF node: one sign for both": r"sign",
}
BY_NAME = {entry.name: entry for entry in WRONG}
SEEDED = tuple(BY_NAME[name] for name in NAMING)
