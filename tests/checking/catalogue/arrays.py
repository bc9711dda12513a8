"""Arrays of our own for each op: random ones, with exact zeros and ties, and extreme ones."""

import numpy as np

SIZES = ((5, 3, 7, 4), (4, 6, 2, 3), (7, 2, 5, 6))


def arrays_for(entry):
    """Tuples of arrays on which an entry runs; those of its own, if it has some."""
    if entry.inputs is not None:
        return list(entry.inputs)
    rng = np.random.default_rng(11)
    made, extreme = MAKERS[entry.like]
    return [*(made(rng, *sizes) for sizes in SIZES), *extreme()]


def affine(rng, n, d, h, k):
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)


def matmul(rng, n, d, h, k):
    return affine(rng, n, d, h, k)[:2]


def entries(rng, n, d, h, k):
    x = 2 * rng.normal(size=(n, d))
    x[0, 0] = x[1, 1] = 0
    return (x,)


def scores(rng, n, d, h, k):
    return (3 * rng.normal(size=(n, k)),)


def errors(rng, n, d, h, k):
    a, b = rng.normal(size=(n, k)), rng.normal(size=(n, k))
    a[0, 0] = b[0, 0]
    return a, b


def shares(rng, n, d, h, k):
    return rng.uniform(0.05, 0.95, (n, k)), np.indices((n, k)).sum(axis=0) % 2.0


def answers(rng, n, d, h, k):
    return 3 * rng.normal(size=(n, k)), np.indices((n, k)).sum(axis=0) % 2.0


def labels(rng, n, d, h, k):
    return 3 * rng.normal(size=(n, k)), rng.permuted(np.arange(n) % k)


def rows(rng, n, d, h, k):
    p = rng.uniform(0.1, 1, (n, k))
    return p / p.sum(axis=1, keepdims=True), np.eye(k)[rng.permuted(np.arange(n) % k)]


def nothing():
    return []


def far():
    return [(np.array([[-800.0, -40.0, 0.0], [40.0, 800.0, 1e-8]]),)]


def far_scores():
    return [(np.array([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]]),)]


MAKERS = {
    "affine": (affine, nothing),
    "matmul": (matmul, nothing),
    **dict.fromkeys(("relu", "leaky_relu", "sigmoid", "tanh", "softplus"), (entries, far)),
    **dict.fromkeys(("softmax", "log_softmax"), (scores, far_scores)),
    **dict.fromkeys(("squared_error", "absolute_error"), (errors, nothing)),
    "binary_cross_entropy": (shares, nothing),
    "binary_cross_entropy_with_logits": (answers, lambda: [(np.array([[800.0, -800.0]]), np.array([[1.0, 0.0]]))]),
    "softmax_cross_entropy": (labels, lambda: [(*far_scores()[0], np.array([0, 2]))]),
    "categorical_cross_entropy": (rows, nothing),
}


def with_one_hot(arrays):
    """Scores and labels as one-hot rows."""
    x, y = arrays
    return x, np.eye(x.shape[1])[y]
