"""Likely mistakes in products of matrices."""

from __future__ import annotations

import numpy as np

from chainrule.checking.hypotheses.particular.candidates import Table, backward, forward

__all__ = ["LINEAR"]

_AFFINE = (
    forward("BIAS_MISSING", lambda x, w, b: x @ w),
    forward("BIAS_SUBTRACTED", lambda x, w, b: x @ w - b),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w * b, other="x @ w * b", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ (w + b), other="x @ (w + b)", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w + b.sum(), other="x @ w + the sum of b", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w + b.mean(), other="x @ w + the mean of b", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w + b[0], other="x @ w + b[0]", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w + 2 * b, other="x @ w + 2 b", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: x @ w + 1, other="x @ w + 1", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: np.maximum(x @ w + b, 0), other="that after a relu", formula="x @ w + b"),
    forward("OTHER_FUNCTION", lambda x, w, b: b + 0 * (x @ w), other="b alone", formula="x @ w + b"),
)
_D_X = (
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: np.broadcast_to(w.sum(axis=1), x.shape), uses="w alone", wants="d_out @ w.T"
    ),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: d.sum(axis=1, keepdims=True) * w.sum(axis=1),
        uses="the sums of d_out and of w",
        wants="d_out @ w.T",
    ),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: np.broadcast_to(d.sum(axis=1, keepdims=True), x.shape),
        uses="no w",
        wants="d_out @ w.T",
    ),
    backward("OTHER_ARRAY", lambda d, x, w, b: (d + b) @ w.T, uses="d_out + b", wants="d_out @ w.T"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d @ w.T * x, uses="x as well", wants="d_out @ w.T"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d @ w.T + x, uses="x as well", wants="d_out @ w.T"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d @ (w + b).T, uses="w + b", wants="d_out @ w.T"),
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: (x @ w + b) @ w.T, uses="forward's result for d_out", wants="d_out @ w.T"
    ),
)
_D_W = (
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: x.T @ (x @ w + b), uses="forward's result for d_out", wants="x.T @ d_out"
    ),
    backward("OTHER_ARRAY", lambda d, x, w, b: x.T @ (x @ w), uses="x @ w for d_out", wants="x.T @ d_out"),
    backward("OTHER_ARRAY", lambda d, x, w, b: x.T @ (d + b), uses="d_out + b", wants="x.T @ d_out"),
    backward("OTHER_ARRAY", lambda d, x, w, b: x.T @ d + w, uses="w as well", wants="x.T @ d_out"),
    backward("OTHER_ARRAY", lambda d, x, w, b: x.T @ d * w, uses="w as well", wants="x.T @ d_out"),
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: np.broadcast_to(d.sum(axis=0), w.shape), uses="no x", wants="x.T @ d_out"
    ),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: np.outer(x.sum(axis=0), d.sum(axis=0)),
        uses="the sums of x and of d_out",
        wants="x.T @ d_out",
    ),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: np.outer(x.mean(axis=0), d.mean(axis=0)),
        uses="the means of x and of d_out",
        wants="x.T @ d_out",
    ),
    backward("OTHER_ARRAY", lambda d, x, w, b: np.abs(x).T @ d, uses="|x|", wants="x.T @ d_out"),
    backward("OTHER_ARRAY", lambda d, x, w, b: (x - x.mean(axis=0)).T @ d, uses="x less its mean", wants="x.T @ d_out"),
    backward("OTHER_ARRAY", lambda d, x, w, b: (x * x).T @ d, uses="x squared", wants="x.T @ d_out"),
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: np.outer(x[0], d[0]), uses="the first sample alone", wants="x.T @ d_out"
    ),
    backward(
        "OTHER_ARRAY", lambda d, x, w, b: np.outer(x[-1], d[-1]), uses="the last sample alone", wants="x.T @ d_out"
    ),
)
_D_B = (
    backward("OTHER_ARRAY", lambda d, x, w, b: b, uses="b itself", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d.sum(axis=0) * b, uses="b as well", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d.sum(axis=0) + b, uses="b as well", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d[0], uses="the first sample alone", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d[-1], uses="the last sample alone", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d.max(axis=0), uses="the largest d_out", wants="d_out.sum(axis=0)"),
    backward("OTHER_ARRAY", lambda d, x, w, b: d.prod(axis=0), uses="the product of d_out", wants="d_out.sum(axis=0)"),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: np.full(b.shape, d.sum()),
        uses="the sum over both axes",
        wants="d_out.sum(axis=0)",
    ),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: np.full(b.shape, d.mean()),
        uses="the mean over both axes",
        wants="d_out.sum(axis=0)",
    ),
    backward("OTHER_ARRAY", lambda d, x, w, b: (x @ w).sum(axis=0), uses="x @ w for d_out", wants="d_out.sum(axis=0)"),
    backward(
        "OTHER_ARRAY",
        lambda d, x, w, b: (x @ w + b).sum(axis=0),
        uses="forward's result for d_out",
        wants="d_out.sum(axis=0)",
    ),
)
_D_LEFT = (
    backward(
        "OTHER_ARRAY",
        lambda d, a, b: np.broadcast_to(d.sum(axis=1, keepdims=True), a.shape),
        uses="no right factor",
        wants="d_out @ b.T",
    ),
    backward("OTHER_ARRAY", lambda d, a, b: (a @ b) @ b.T, uses="forward's result for d_out", wants="d_out @ b.T"),
)
_D_RIGHT = (
    backward(
        "OTHER_ARRAY",
        lambda d, a, b: np.broadcast_to(d.sum(axis=0), b.shape),
        uses="no left factor",
        wants="a.T @ d_out",
    ),
    backward("OTHER_ARRAY", lambda d, a, b: a.T @ (a @ b), uses="forward's result for d_out", wants="a.T @ d_out"),
)

LINEAR: Table = {
    ("affine", None): _AFFINE,
    ("affine", 0): _D_X,
    ("affine", 1): _D_W,
    ("affine", 2): _D_B,
    ("matmul", 0): _D_LEFT,
    ("matmul", 1): _D_RIGHT,
    ("dot", 0): _D_LEFT,
    ("dot", 1): _D_RIGHT,
}
