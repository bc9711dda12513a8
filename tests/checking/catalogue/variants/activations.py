"""Functions of single entries."""

from catalogue.entry import Right

RELU_PAIR = Right(
    "relu, a pair of functions",
    """
def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache

def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx
""",
    like="relu",
)
RELU_CLASS = Right(
    "relu, a class with a mask",
    """
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.0).astype(x.dtype)

    def backward(self, d_out):
        d_inputs = np.where(self.mask, d_out, np.zeros_like(d_out))
        return d_inputs
""",
    like="relu",
)
RELU_COPY = Right(
    "relu, a copy with entries set to zero",
    """
class Relu:
    def forward(self, x):
        out = x.copy()
        out[x < 0] = 0
        return out, x

    def backward(self, dout, cache):
        dx = dout.copy()
        dx[cache <= 0] = 0
        return dx
""",
    like="relu",
)
RELU_OP = Right(
    "relu, an op that keeps its output",
    """
def relu_forward(x):
    out = x * (x > 0)
    return out, out

def relu_backward(saved, d_out):
    return d_out * np.sign(saved)
""",
    like="relu",
)
RELU_HEAVISIDE = Right(
    "relu, heaviside",
    """
def relu_forward(x):
    return (x + np.abs(x)) / 2, x

def relu_backward(dout, cache):
    step = np.heaviside(cache, 0)
    return step * dout
""",
    like="relu",
)
RELU_VECTORIZED = Right(
    "relu, np.vectorize",
    """
def relu_forward(x):
    f = np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[x.dtype])
    return f(x), x

def relu_backward(dout, cache):
    f = np.vectorize(lambda g, v: g if v > 0 else 0.0, otypes=[dout.dtype])
    return f(dout, cache)
""",
    like="relu",
)
RELU_NODE = Right(
    "relu, an EDF node",
    """
from chainrule.courses import edf

class ReLU(edf.CompNode):
    def __init__(self, x):
        edf.CompNodes.append(self)
        self.x = x

    def forward(self):
        self.value = np.maximum(self.x.value, 0)

    def backward(self):
        self.x.addgrad(self.grad * (self.value > 0))
""",
    like="relu",
)
LEAKY_CLASS = Right(
    "leaky relu, a class",
    """
class LeakyRelu:
    slope = 0.01

    def forward(self, x):
        outputs = np.where(x > 0, x, self.slope * x)
        cache = x
        return outputs, cache

    def backward(self, dout, cache):
        x = cache
        dx = np.where(x > 0, 1, self.slope) * dout
        return dx.astype(dout.dtype)
""",
    like="leaky_relu",
)
LEAKY_LOOPS = Right(
    "leaky relu, loops",
    """
def leaky_relu_forward(x):
    out = np.empty_like(x)
    for place, value in np.ndenumerate(x):
        out[place] = max(value, 0.01 * value)
    return out, x

def leaky_relu_backward(dout, cache):
    dx = np.empty_like(dout)
    for place, value in np.ndenumerate(cache):
        dx[place] = dout[place] if value > 0 else 0.01 * dout[place]
    return dx
""",
    like="leaky_relu",
)
OVERFLOW = "exp(-x) overflows for x = -800, and the result is right all the same"
SIGMOID_PAIR = Right(
    "sigmoid, as it is written on paper",
    """
def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    cache = out
    return out, cache

def sigmoid_backward(dout, cache):
    y = cache
    dx = dout * y * (1 - y)
    return dx
""",
    like="sigmoid",
    warns=frozenset({"OVERFLOWS"}),
    because=OVERFLOW,
)
SIGMOID_TANH = Right(
    "sigmoid, by tanh",
    """
class Sigmoid:
    def forward(self, x):
        self.t = np.tanh(x / 2)
        return (1 + self.t) / 2

    def backward(self, d_out):
        return d_out * (1 - self.t ** 2) / 4
""",
    like="sigmoid",
)
SIGMOID_MASKS = Right(
    "sigmoid, one formula for each sign",
    """
def sigmoid_forward(x):
    positive = x >= 0
    out = np.empty_like(x)
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    out[~positive] = e / (1 + e)
    return out, out

def sigmoid_backward(saved, d_out):
    return d_out * (saved - saved * saved)
""",
    like="sigmoid",
)
SIGMOID_LOG = Right(
    "sigmoid, from its logarithm, its slope recomputed from the input",
    """
class Saved:
    def __init__(self, x):
        self.x = x

def sigmoid_forward(x):
    return np.exp(-np.logaddexp(0, -x)), Saved(x)

def sigmoid_backward(dout, cache):
    x = cache.x
    return dout * np.exp(-np.logaddexp(0, -x) - np.logaddexp(0, x))
""",
    like="sigmoid",
)
SIGMOID_MATH = Right(
    "sigmoid, the math module",
    """
import math

def one(v):
    return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

def sigmoid_forward(x):
    out = np.array([one(v) for v in x.ravel()], dtype=x.dtype).reshape(x.shape)
    return out, out

def sigmoid_backward(dout, cache):
    slopes = [y * (1 - y) for y in cache.flat]
    return dout * np.array(slopes, dtype=dout.dtype).reshape(cache.shape)
""",
    like="sigmoid",
)
SIGMOID_NODE = Right(
    "sigmoid, an EDF node",
    """
from chainrule.courses import edf

class Sigmoid(edf.CompNode):
    def __init__(self, x):
        edf.CompNodes.append(self)
        self.x = x

    def forward(self):
        self.value = 1. / (1. + np.exp(-self.x.value))

    def backward(self):
        self.x.addgrad(self.grad * self.value * (1. - self.value))
""",
    like="sigmoid",
    warns=frozenset({"OVERFLOWS"}),
    because=OVERFLOW,
)
TANH_PAIR = Right(
    "tanh, a class that returns its cache",
    """
class Tanh:
    def forward(self, x):
        outputs = np.tanh(x)
        cache = outputs
        return outputs, cache

    def backward(self, dout, cache):
        dx = dout * (1 - cache ** 2)
        return dx
""",
    like="tanh",
)
TANH_FACTORS = Right(
    "tanh, the slope as a product",
    """
def tanh_forward(x):
    y = np.tanh(x)
    return y, (1 + y, 1 - y)

def tanh_backward(saved, d_out):
    plus, minus = saved
    return plus * minus * d_out
""",
    like="tanh",
)
TANH_EXP = Right(
    "tanh, by exponentials of what is negative",
    """
def tanh_forward(x):
    e = np.exp(-2 * np.abs(x))
    out = np.sign(x) * (1 - e) / (1 + e)
    return out, e

def tanh_backward(dout, cache):
    e = cache
    return dout * 4 * e / (1 + e) ** 2
""",
    like="tanh",
)
SOFTPLUS_PAIR = Right(
    "softplus, logaddexp",
    """
def softplus_forward(x):
    return np.logaddexp(0, x), x

def softplus_backward(dout, cache):
    x = cache
    dx = dout / (1 + np.exp(-x))
    return dx
""",
    like="softplus",
    warns=frozenset({"OVERFLOWS"}),
    because=OVERFLOW,
)
SOFTPLUS_CLASS = Right(
    "softplus, the slope from the output",
    """
class Softplus:
    def forward(self, x):
        self.out = np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))
        return self.out

    def backward(self, dout):
        return -np.expm1(-self.out) * dout
""",
    like="softplus",
)

RIGHT = (
    RELU_PAIR, RELU_CLASS, RELU_COPY, RELU_OP, RELU_HEAVISIDE, RELU_VECTORIZED, RELU_NODE, LEAKY_CLASS, LEAKY_LOOPS,
    SIGMOID_PAIR, SIGMOID_TANH, SIGMOID_MASKS, SIGMOID_LOG, SIGMOID_MATH, SIGMOID_NODE,
    TANH_PAIR, TANH_FACTORS, TANH_EXP, SOFTPLUS_PAIR, SOFTPLUS_CLASS,
)  # fmt: skip
