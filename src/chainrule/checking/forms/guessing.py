"""Which of our ops a subject of some name is probably meant to be."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["guess_like"]

_CROSS_ENTROPIES = ("softmax_cross_entropy", "categorical_cross_entropy")
_BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")

# Names in lower case without underscores. What an op itself is called needs no entry.
_MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("linear", "dense", "fullyconnected", "fc", "affinetransform", "lineartransform"), ("affine",)),
    **dict.fromkeys(("rectifier", "rectifiedlinear", "rectifiedlinearunit", "rectified"), ("relu",)),
    **dict.fromkeys(("logistic", "sigm", "sig", "logisticsigmoid"), ("sigmoid",)),
    **dict.fromkeys(("tangenshyperbolicus", "hyperbolictangent"), ("tanh",)),
    **dict.fromkeys(("lrelu", "leakyrectifier", "leaky"), ("leaky_relu",)),
    "logsumexponential": ("logsumexp",),
    "lse": ("logsumexp",),
    **dict.fromkeys(("mse", "l2", "squared", "squareerror", "meansquared", "meansquare", "se"), ("squared_error",)),
    **dict.fromkeys(("meansquarederror", "meansquareerror", "sse", "quadratic"), ("squared_error",)),
    **dict.fromkeys(("l1", "mae", "absolutedifference", "meanabsolute", "meanabsoluteerror"), ("absolute_error",)),
    **dict.fromkeys(("bce", "binarycrossentropy", "binarycross", "logisticcrossentropy"), _BINARY),
    **dict.fromkeys(("bcewithlogits", "bcelogits", "bcefromlogits", "sigmoidcrossentropy", "sigmoidbce"), _BINARY[1:]),
    **dict.fromkeys(("binarycrossentropyfromlogits", "sigmoidcrossentropywithlogits"), _BINARY[1:]),
    **dict.fromkeys(("crossentropy", "categoricalcrossentropy", "ce", "xent", "cce"), _CROSS_ENTROPIES),
    **dict.fromkeys(("crossentropyfromlogits", "crossentropywithlogits", "softmaxcrossentropy"), _CROSS_ENTROPIES),
    **dict.fromkeys(("softmaxwithcrossentropy", "softmaxcrossentropywithlogits", "softmaxce"), _CROSS_ENTROPIES),
    **dict.fromkeys(("nll", "negativeloglikelihood"), _CROSS_ENTROPIES[1:]),
    **dict.fromkeys(("matrixmultiply", "matrixmultiplication", "matrixproduct", "mm"), ("matmul",)),
    **dict.fromkeys(("addition", "plus"), ("add",)),
    **dict.fromkeys(("mul", "mult", "multiplication", "product", "elementwiseproduct", "hadamard"), ("multiply",)),
    **dict.fromkeys(("sub", "minus", "subtraction"), ("subtract",)),
    **dict.fromkeys(("div", "division"), ("divide",)),
    **dict.fromkeys(("neg", "negate", "negation"), ("negative",)),
    **dict.fromkeys(("pow",), ("power",)),
    **dict.fromkeys(("exponential",), ("exp",)),
    **dict.fromkeys(("logarithm", "ln"), ("log",)),
    **dict.fromkeys(("sq",), ("square",)),
    **dict.fromkeys(("squareroot",), ("sqrt",)),
    **dict.fromkeys(("average", "avg"), ("mean",)),
    **dict.fromkeys(("summation",), ("sum",)),
    **dict.fromkeys(("abs",), ("absolute",)),
    **dict.fromkeys(("concat", "cat"), ("concatenate",)),
    **dict.fromkeys(("flatten",), ("ravel",)),
    **dict.fromkeys(("inverse", "inv"), ("reciprocal",)),
    "dropout": (),  # people's own draw their mask themselves; ours is given one
}
# With the word "loss" these mean a loss, and without it nothing or another op.
_LOSSES = {"softmax": _CROSS_ENTROPIES, "log": (_CROSS_ENTROPIES[1], *_BINARY[:1]), "square": ("squared_error",)}
_LOSSES |= {"squared": ("squared_error",), "absolute": ("absolute_error",), "abs": ("absolute_error",)}
_LOSSES |= {"logistic": _BINARY, "sigmoid": _BINARY, "mean": ()}

_LOSS = re.compile(r"(loss|cost|criterion|error)$")
_ENDS = (
    "forward|backward|layer|function|func|fn|op|node|module|unit|activation|class|impl|implementation|numpy|np"
    "|solution|solved|fixed|correct|wrong|broken|buggy|bad|good|right|mine|own|new|old|simple|naive|fast|slow"
)
_START = re.compile(
    "^(my|our|the|custom|numpy|np|test|edf|i2dl|forward|backward|func|fixed|correct|wrong|broken|buggy|bad|good|right"
    "|own|new|old|simple|naive|fast|slow)(?=..)"
)
_END = re.compile(rf"(?<=..)({_ENDS}|v?\d+)$")


def guess_like(name: str) -> list[str]:
    """Names of ops that a subject called so is probably meant to be, the likeliest first; none for unknown names.

    >>> guess_like("MyLinearLayer2")
    ['affine']
    >>> guess_like("softmax_loss")
    ['softmax_cross_entropy', 'categorical_cross_entropy']
    >>> guess_like("Attention")
    []
    """
    short = re.sub(r"[^a-z0-9]", "", name.rpartition("::")[2].rpartition(".")[2].lower())
    for candidate in _shortened(short):
        without = _LOSS.sub("", candidate)
        if candidate != without and without in _LOSSES:
            return list(_LOSSES[without])
        for one in (candidate, without):
            if one in _MEANT:  # before the ops: "categorical_cross_entropy" often gets logits
                return list(_MEANT[one])
            if one in _ops():
                return [_ops()[one]]
    return []


def _shortened(short: str) -> list[str]:
    """The name, and the name without what people put around it."""
    seen = [short]
    for one in seen:  # it grows as it is walked
        seen += [other for pattern in (_END, _START) if (other := pattern.sub("", one)) not in seen]
    return seen


@cache
def _ops() -> dict[str, str]:
    from chainrule import ops

    return {name.replace("_", ""): name for name in ops.__all__}
