"""Right implementations at which checkers stumble: kinks, float32, saturation, randomness, tiny and huge values."""

import numpy as np

from catalogue.entry import Right
from catalogue.variants.activations import RELU_PAIR, SIGMOID_TANH
from catalogue.variants.softmaxes import LABELS_PAIR

rng = np.random.default_rng(6)

AT_ZERO = Right(
    "relu with exact zeros among its inputs",
    RELU_PAIR.text,
    "relu",
    inputs=[(np.array([[-1.5, 0.0, 2.0], [0.0, 0.7, -0.2]]),)],
)
SINGLE = Right(
    "affine that computes in float32",
    """
def affine_forward(x, w, b):
    x, w, b = (a.astype(np.float32) for a in (x, w, b))
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    dout = dout.astype(np.float32)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
""",
    "affine",
)
SATURATED = Right(
    "sigmoid at +-40", SIGMOID_TANH.text, "sigmoid", inputs=[(np.array([[-40.0, 40.0, 38.0], [0.5, -38.0, 36.0]]),)]
)
OWN_GENERATOR = Right(
    "dropout with a generator of its own",
    """
class Dropout:
    def __init__(self, keep=0.8):
        self.keep = keep
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        self.mask = (self.rng.random(x.shape) < self.keep) / self.keep
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
""",
    inputs=[(rng.normal(size=(5, 3)),), (rng.normal(size=(4, 6)),)],
)
GLOBAL_GENERATOR = Right(
    "dropout with np.random",
    """
def dropout_forward(x):
    mask = (np.random.rand(*x.shape) < 0.8) / 0.8
    return x * mask, mask

def dropout_backward(dout, cache):
    return dout * cache
""",
    inputs=OWN_GENERATOR.inputs,
)
SMALL_AND_LARGE = Right(
    "cubes of 1e-8 and 1e8",
    """
def cube_forward(x):
    return x ** 3, x

def cube_backward(dout, cache):
    return dout * 3 * cache ** 2
""",
    inputs=[(np.array([[1e-8, 1e8, 1.0], [-2e8, 3e-8, -0.5]]),)],
)
SCALES = Right(
    "columns of very different scale",
    """
def scaled_forward(x, scale):
    return np.sin(x / scale), (x, scale)

def scaled_backward(dout, cache):
    x, scale = cache
    slope = dout * np.cos(x / scale)
    return slope / scale, -(slope * x / scale ** 2).sum(axis=0)
""",
    inputs=[(rng.normal(size=(5, 3)) * [1e-6, 1.0, 1e6], np.array([1e-6, 1.0, 1e6]))],
)
TIES = Right(
    "max with ties, the first gets all",
    """
def max_forward(x):
    where = np.argmax(x, axis=1)
    return x[np.arange(len(x)), where], (x.shape, where)

def max_backward(dout, cache):
    shape, where = cache
    dx = np.zeros(shape)
    dx[np.arange(len(where)), where] = dout
    return dx
""",
    inputs=[(np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0], [0.5, -1.0, 0.2]]),)],
)
CLIPPED = Right(
    "clipping, entries on the boundary",
    """
def clip_forward(x):
    return np.clip(x, 0, 1), x

def clip_backward(dout, cache):
    return dout * ((cache > 0) & (cache < 1))
""",
    inputs=[(np.array([[0.0, 1.0, 0.5], [-0.3, 1.4, 0.25]]),)],
)
HUGE_LOGITS = Right(
    "softmax cross-entropy of logits of 1000",
    LABELS_PAIR.text,
    "softmax_cross_entropy",
    "mean",
    inputs=[(np.array([[1000.0, -1000.0, 0.0], [-1000.0, 3.0, 2.5], [999.0, 1000.0, 998.0]]), np.array([0, 2, 1]))],
)
NOISY = Right(
    "a forward with rounding noise",
    """
def noisy_forward(x):
    return (np.exp(x) + 1e7) - 1e7, x

def noisy_backward(dout, cache):
    return dout * np.exp(cache)
""",
    inputs=[(rng.normal(size=(5, 3)),)],
)
WHOLE_LABELS = Right(
    "whole numbers as labels",
    """
def hinge_forward(scores, labels):
    rows = np.arange(len(labels))
    margins = np.maximum(0, scores - scores[rows, labels][:, None] + 1)
    margins[rows, labels] = 0
    return margins.sum() / len(labels), (margins, labels)

def hinge_backward(dout, cache):
    margins, labels = cache
    d = (margins > 0).astype(float)
    d[np.arange(len(labels)), labels] = -d.sum(axis=1)
    return d * dout / len(labels), None
""",
    inputs=[(rng.normal(size=(5, 4)), np.array([0, 3, 1, 2, 3]))],
)

AWKWARD = (
    AT_ZERO, SINGLE, SATURATED, OWN_GENERATOR, GLOBAL_GENERATOR, SMALL_AND_LARGE, SCALES, TIES, CLIPPED, HUGE_LOGITS,
    NOISY, WHOLE_LABELS,
)  # fmt: skip
