"""Affine layers and matrix products."""

import numpy as np

from catalogue.entry import Right
from chainrule import ops

PAIR = Right(
    "affine, a pair of functions",
    """
def affine_forward(x, w, b):
    out = x @ w + b
    cache = (x, w, b)
    return out, cache

def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
""",
    like="affine",
)
OP = Right(
    "affine, an op",
    """
def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)
""",
    like="affine",
)
CLASS = Right(
    "affine, a class with a cache",
    """
class Affine:
    def forward(self, inputs, weight, bias):
        self.cache = (inputs, weight)
        return np.dot(inputs, weight) + bias

    def backward(self, d_out):
        inputs, weight = self.cache
        d_inputs = np.dot(d_out, weight.T)
        d_weight = np.dot(inputs.T, d_out)
        d_bias = np.sum(d_out, axis=0)
        return d_inputs, d_weight, d_bias
""",
    like="affine",
)
ACCUMULATING = Right(
    "affine, a class with gradients as attributes",
    """
class Affine:
    def __init__(self):
        self.dw = None
        self.db = None

    def forward(self, x, w, b):
        self.x, self.w = x, w
        self.out = x.dot(w) + b
        return self.out

    def backward(self, dout):
        self.dw = self.x.T.dot(dout)
        self.db = dout.sum(0)
        dx = dout.dot(self.w.T)
        return dx, self.dw, self.db
""",
    like="affine",
)
EINSUM = Right(
    "affine, einsum",
    """
def affine_forward(x, w, b):
    return np.einsum("nd,dh->nh", x, w) + b[None, :], {"x": x, "w": w}

def affine_backward(dout, cache):
    dx = np.einsum("nh,dh->nd", dout, cache["w"])
    dw = np.einsum("nd,nh->dh", cache["x"], dout)
    db = np.einsum("nh->h", dout)
    return dx, dw, db
""",
    like="affine",
)
LOOPS = Right(
    "affine, loops over entries",
    """
def affine_forward(x, w, b):
    n, d = x.shape
    h = w.shape[1]
    out = np.zeros((n, h))
    for i in range(n):
        for k in range(h):
            out[i, k] = b[k]
            for j in range(d):
                out[i, k] += x[i, j] * w[j, k]
    return out, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(b.shape)
    for i in range(x.shape[0]):
        for k in range(w.shape[1]):
            db[k] += dout[i, k]
            for j in range(x.shape[1]):
                dx[i, j] += dout[i, k] * w[j, k]
                dw[j, k] += x[i, j] * dout[i, k]
    return dx, dw, db
""",
    like="affine",
    warns=frozenset({"FLOAT64_FROM_FLOAT32"}),
    because="an array made without a dtype is float64",
)
ROWS = Right(
    "affine, sample by sample with outer products",
    """
from functools import reduce

def affine_forward(x, w, b):
    return np.array([w.T.dot(row) + b for row in x]), (x, w)

def affine_backward(dout, cache):
    x, w = cache
    dx = np.stack([w.dot(row) for row in dout])
    dw = reduce(np.add, (np.outer(a, g) for a, g in zip(x, dout)))
    db = reduce(np.add, dout)
    return dx, dw, db
""",
    like="affine",
)
RESHAPED = Right(
    "affine, images made rows",
    """
def affine_forward(x, w, b):
    N = x.shape[0]
    out = x.reshape(N, -1).dot(w) + b
    return out, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = np.ones(N).dot(dout)
    return dx, dw, db
""",
    like="affine",
    warns=frozenset({"FLOAT64_FROM_FLOAT32"}),
    because="an array made without a dtype is float64",
)
BUFFERS = Right(
    "affine, results written into buffers of its own",
    """
class Affine:
    def forward(self, x, w, b):
        out = np.empty((len(x), len(b)), dtype=np.result_type(x, w, b))
        np.matmul(x, w, out=out)
        np.add(out, b, out=out)
        self.saved = {"x": x, "w": w}
        return out

    def backward(self, dout):
        x, w = self.saved["x"], self.saved["w"]
        dx, dw = np.empty_like(x), np.empty_like(w)
        np.matmul(dout, w.T, out=dx)
        np.matmul(x.T, dout, out=dw)
        return dx, dw, np.add.reduce(dout, axis=0)
""",
    like="affine",
)
ONES = Right(
    "affine, the bias as one more row of weights",
    """
def affine_forward(x, w, b):
    x1 = np.hstack([x, np.ones((x.shape[0], 1), x.dtype)])
    w1 = np.vstack([w, b])
    return x1 @ w1, (x1, w1)

def affine_backward(dout, cache):
    x1, w1 = cache
    dx1 = dout @ w1.T
    dw1 = x1.T @ dout
    return dx1[:, :-1], dw1[:-1], dw1[-1]
""",
    like="affine",
)
TRANSPOSES = Right(
    "affine, products the other way round",
    """
def affine_forward(x, w, b):
    out = (w.T @ x.T).T + b
    return out, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    dx = (w @ dout.T).T
    dw = (dout.T @ x).T
    db = (dout.T @ np.ones(len(dout), dout.dtype))
    return dx, dw, db
""",
    like="affine",
)
MEAN = Right(
    "affine that averages over the batch",
    """
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    n = x.shape[0]
    dx = dout @ w.T
    dw = x.T @ dout / n
    db = dout.sum(axis=0) / n
    return dx, dw, db
""",
    like="affine",
    reduction="layer mean",
)
MATMUL = Right(
    "matmul, an op",
    """
def matmul_forward(a, b):
    return a @ b, (a, b)

def matmul_backward(saved, d_out):
    a, b = saved
    d_a = d_out @ b.T
    d_b = a.T @ d_out
    return d_a, d_b
""",
    like="matmul",
)
TENSORDOT = Right(
    "matmul, tensordot",
    """
class MatMul:
    def forward(self, a, b):
        self.a, self.b = a, b
        return np.tensordot(a, b, axes=1)

    def backward(self, dout):
        da = np.tensordot(dout, self.b, axes=[[1], [1]])
        db = np.tensordot(self.a, dout, axes=[[0], [0]])
        return da, db
""",
    like="matmul",
)
BROADCAST = Right(
    "matmul, broadcast products summed up",
    """
def matmul_forward(a, b):
    return (a[:, :, None] * b[None, :, :]).sum(axis=1), (a, b)

def matmul_backward(dout, cache):
    a, b = cache
    da = (dout[:, None, :] * b[None, :, :]).sum(axis=2)
    db = (a[:, :, None] * dout[:, None, :]).sum(axis=0)
    return da, db
""",
    like="matmul",
)

rng = np.random.default_rng(3)
VECTOR = Right(
    "vector derivative product",
    """
def vector_forward(W, x):
    return W @ x, (W, x)

def vector_backward(dout, cache):
    W, x = cache
    dW = dout[:, None] * x
    dx = W.T @ dout
    return dW, dx
""",
    like=ops.matmul,
    inputs=[(rng.normal(size=(4, 3)), rng.normal(size=3)), (rng.normal(size=(2, 5)), rng.normal(size=5))],
)
LOOKUP = Right(
    "embedding lookup, add.at",
    """
def embedding_forward(table, indices):
    return table[indices], (table.shape, indices)

def embedding_backward(dout, cache):
    shape, indices = cache
    dtable = np.zeros(shape, dout.dtype)
    np.add.at(dtable, indices, dout)
    return dtable, None
""",
    inputs=[(rng.normal(size=(6, 3)), np.array([0, 2, 2, 5, 0, 2, 1])), (rng.normal(size=(4, 5)), np.array([3, 3, 1]))],
)
LOOKUP_ONE_HOT = Right(
    "embedding lookup, a product with one-hot rows",
    """
class Embedding:
    def forward(self, table, indices):
        self.one_hot = np.eye(len(table), dtype=table.dtype)[indices]
        return self.one_hot @ table

    def backward(self, dout):
        return self.one_hot.T @ dout, None
""",
    inputs=LOOKUP.inputs,
)

RIGHT = (
    PAIR, OP, CLASS, ACCUMULATING, EINSUM, LOOPS, ROWS, RESHAPED, BUFFERS, ONES, TRANSPOSES, MEAN,
    MATMUL, TENSORDOT, BROADCAST, VECTOR, LOOKUP, LOOKUP_ONE_HOT,
)  # fmt: skip
