"""Functions of many entries: sums, means, maxima, lengths, normalizations; and what courses build from them."""

import numpy as np

from catalogue.entry import Right
from chainrule import Op
from chainrule.ops import reductions

rng = np.random.default_rng(5)
SIZES = ((5, 3), (4, 6), (7, 2))
MATRICES = [(rng.normal(size=size),) for size in SIZES]


def along(op, axis=1):
    """One of our ops with its axis given."""

    def reduced_forward(x):
        return op.forward(x, axis=axis)

    return Op(reduced_forward, op.backward, f"{op.name} over axis {axis}")


SUM = Right(
    "sum over rows' entries",
    """
def sum_forward(x):
    return x.sum(axis=1), x.shape

def sum_backward(dout, cache):
    shape = cache
    dx = np.ones(shape, dout.dtype) * dout[:, None]
    return dx
""",
    like=along(reductions.sum),
    inputs=MATRICES,
)
MEAN = Right(
    "mean over rows' entries",
    """
class Mean:
    def forward(self, x):
        self.shape = x.shape
        return np.mean(x, axis=1)

    def backward(self, dout):
        n, d = self.shape
        dx = np.repeat(dout[:, None], d, axis=1) / d
        return dx
""",
    like=along(reductions.mean),
    inputs=MATRICES,
)
MAX = Right(
    "max over rows' entries",
    """
def max_forward(x):
    where = np.argmax(x, axis=1)
    return x[np.arange(len(x)), where], (x.shape, where)

def max_backward(dout, cache):
    shape, where = cache
    dx = np.zeros(shape, dout.dtype)
    dx[np.arange(shape[0]), where] = dout
    return dx
""",
    like=along(reductions.max),
    inputs=MATRICES,
)
NORM = Right(
    "length of each row",
    """
def norm_forward(x):
    length = np.sqrt(np.sum(x ** 2, axis=1, keepdims=True))
    return length[:, 0], (x, length)

def norm_backward(dout, cache):
    x, length = cache
    dx = dout[:, None] * x / length
    return dx
""",
    like=along(reductions.norm),
    inputs=MATRICES,
)
BATCH_INPUTS = [
    (rng.normal(size=(n, d)), rng.uniform(0.5, 2, size=d), rng.normal(size=d)) for n, d in ((6, 4), (5, 3), (8, 2))
]
BATCH_NORM = Right(
    "batch norm, one formula",
    """
def batchnorm_forward(x, gamma, beta):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    std = np.sqrt(var + 1e-5)
    x_hat = (x - mu) / std
    out = gamma * x_hat + beta
    return out, (x_hat, std, gamma)

def batchnorm_backward(dout, cache):
    x_hat, std, gamma = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = (N * dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0)) / (N * std)
    return dx, dgamma, dbeta
""",
    inputs=BATCH_INPUTS,
)
BATCH_NORM_STAGES = Right(
    "batch norm, stage by stage",
    """
class BatchNorm:
    eps = 1e-5

    def forward(self, x, gamma, beta):
        self.centered = x - np.mean(x, axis=0)
        self.var = np.mean(self.centered ** 2, axis=0)
        self.inv_std = 1 / np.sqrt(self.var + self.eps)
        self.gamma = gamma
        return gamma * self.centered * self.inv_std + beta

    def backward(self, dout):
        n = len(dout)
        x_hat = self.centered * self.inv_std
        dgamma = np.sum(dout * x_hat, axis=0)
        dbeta = np.sum(dout, axis=0)
        dx_hat = dout * self.gamma
        dinv_std = np.sum(dx_hat * self.centered, axis=0)
        dvar = -0.5 * dinv_std * self.inv_std ** 3
        dcentered = dx_hat * self.inv_std + 2 / n * self.centered * dvar
        dmu = -np.sum(dcentered, axis=0)
        dx = dcentered + dmu / n
        return dx, dgamma, dbeta
""",
    inputs=BATCH_INPUTS,
)
LAYER_NORM = Right(
    "layer norm",
    """
def layernorm_forward(x, gamma, beta):
    mu = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    x_hat = (x - mu) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)

def layernorm_backward(dout, cache):
    x_hat, std, gamma = cache
    dgamma = np.sum(dout * x_hat, axis=0)
    dbeta = np.sum(dout, axis=0)
    g = dout * gamma
    dx = (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std
    return dx, dgamma, dbeta
""",
    inputs=BATCH_INPUTS,
)
DROPOUT = Right(
    "dropout with a mask that stays",
    """
def dropout_forward(x):
    keep = 0.8
    mask = (np.random.default_rng(4).random(x.shape) < keep) / keep
    return x * mask, mask

def dropout_backward(dout, cache):
    mask = cache
    dx = dout * mask
    return dx
""",
    inputs=MATRICES,
    warns=frozenset({"FLOAT64_FROM_FLOAT32"}),
    because="an array made without a dtype is float64",
)
SOLVER = Right(
    "a solver's gradient",
    """
def solver_forward(X, W, y):
    e = X @ W - y
    loss = np.mean(e ** 2)
    return loss, (W, X, e)

def solver_backward(saved, d_out):
    W, X, e = saved
    N = X.shape[0]
    d_pred = 2 * e * d_out / N
    dW = X.T @ d_pred
    return d_pred @ W.T, dW, -d_pred
""",
    inputs=[
        (rng.normal(size=(n, d)), rng.normal(size=(d, 1)), rng.normal(size=(n, 1))) for n, d in ((5, 3), (7, 4), (6, 2))
    ],
)
SGD = Right(
    "a step of gradient descent",
    """
def step_forward(W, dW):
    learning_rate = 0.1
    return W - learning_rate * dW, ()

def step_backward(saved, d_out):
    return d_out, -0.1 * d_out
""",
    inputs=[(rng.normal(size=size), rng.normal(size=size)) for size in SIZES],
)

RIGHT = (SUM, MEAN, MAX, NORM, BATCH_NORM, BATCH_NORM_STAGES, LAYER_NORM, DROPOUT, SOLVER, SGD)
