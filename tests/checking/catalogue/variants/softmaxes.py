"""Softmax, and cross-entropies after it."""

from catalogue.entry import Right

SOFTMAX_PAIR = Right(
    "softmax, a pair of functions",
    """
def softmax_forward(x):
    shifted = x - x.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    p = e / e.sum(axis=1, keepdims=True)
    return p, p

def softmax_backward(dout, cache):
    p = cache
    inner = np.sum(dout * p, axis=1, keepdims=True)
    dx = p * (dout - inner)
    return dx
""",
    like="softmax",
)
SOFTMAX_JACOBIANS = Right(
    "softmax, the Jacobian of each row",
    """
class Softmax:
    def forward(self, x):
        rows = []
        for row in x:
            e = np.exp(row - np.max(row))
            rows.append(e / np.sum(e))
        self.p = np.array(rows)
        return self.p

    def backward(self, dout):
        dx = np.empty_like(dout)
        for i, p in enumerate(self.p):
            jacobian = np.diag(p) - np.outer(p, p)
            dx[i] = jacobian @ dout[i]
        return dx
""",
    like="softmax",
)
SOFTMAX_EINSUM = Right(
    "softmax, all Jacobians at once",
    """
def softmax_forward(x):
    p = np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))
    return p, p

def softmax_backward(saved, d_out):
    p = saved
    jacobians = p[:, :, None] * (np.eye(p.shape[1], dtype=p.dtype) - p[:, None, :])
    return np.einsum("nk,nkj->nj", d_out, jacobians)
""",
    like="softmax",
)
SOFTMAX_ALONG = Right(
    "softmax, apply_along_axis",
    """
def one(row):
    e = np.exp(row - row.max())
    return e / e.sum()

def softmax_forward(x):
    return np.apply_along_axis(one, 1, x), x

def softmax_backward(dout, cache):
    p = np.apply_along_axis(one, 1, cache)
    return p * dout - p * (p * dout).sum(1)[:, np.newaxis]
""",
    like="softmax",
)
LOG_SOFTMAX_PAIR = Right(
    "log_softmax, a pair of functions",
    """
def log_softmax_forward(x):
    m = np.max(x, axis=1, keepdims=True)
    out = x - m - np.log(np.sum(np.exp(x - m), axis=1, keepdims=True))
    return out, out

def log_softmax_backward(dout, cache):
    p = np.exp(cache)
    dx = dout - p * dout.sum(axis=1, keepdims=True)
    return dx
""",
    like="log_softmax",
)
LOG_SOFTMAX_CLASS = Right(
    "log_softmax, a class and a generator of rows",
    """
class LogSoftmax:
    def forward(self, x):
        self.log_p = x - np.logaddexp.reduce(x, axis=1)[:, None]
        return self.log_p

    def backward(self, d_out):
        rows = ((np.eye(len(l)) - np.exp(l)[:, None]) @ g for l, g in zip(self.log_p, d_out))
        return np.array([row for row in rows], dtype=d_out.dtype)
""",
    like="log_softmax",
)
LABELS_PAIR = Right(
    "softmax cross-entropy, whole numbers",
    """
def softmax_loss_forward(x, y):
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    return loss, (np.exp(log_probs), y)

def softmax_loss_backward(dout, cache):
    probs, y = cache
    N = probs.shape[0]
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return dx * dout
""",
    like="softmax_cross_entropy",
    reduction="mean",
)
ONE_HOT_CLASS = Right(
    "softmax cross-entropy, one-hot labels",
    """
class CategoricalCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        logprobs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.cache = (np.exp(logprobs), labels)
        return -np.mean(np.sum(labels * logprobs, axis=1))

    def backward(self, d_out=1.0):
        probs, labels = self.cache
        d_logits = d_out * (probs - labels) / len(labels)
        return d_logits, None
""",
    like="softmax_cross_entropy",
    reduction="mean",
)
LABELS_LOOPS = Right(
    "softmax cross-entropy, sample by sample",
    """
def cross_entropy_forward(logits, labels):
    total = 0.0
    probs = []
    for z, k in zip(logits, labels):
        e = np.exp(z - z.max())
        p = e / e.sum()
        probs.append(p)
        total += np.log(e.sum()) - (z - z.max())[k]
    return total / len(logits), (probs, labels)

def cross_entropy_backward(dout, cache):
    probs, labels = cache
    rows = []
    for p, k in zip(probs, labels):
        target = np.zeros_like(p)
        target[k] = 1.0
        rows.append((p - target) * dout / len(labels))
    return np.array(rows)
""",
    like="softmax_cross_entropy",
    reduction="mean",
)
LABELS_EYE = Right(
    "softmax cross-entropy, add.at and logaddexp",
    """
def forward(z, y):
    lse = np.logaddexp.reduce(z, axis=1)
    picked = np.take_along_axis(z, y[:, None], axis=1)[:, 0]
    return (lse - picked).mean(), (z, lse, y)

def backward(saved, d_out):
    z, lse, y = saved
    d_z = np.exp(z - lse[:, None])
    np.add.at(d_z, (np.arange(len(y)), y), -1.0)
    return d_z * (d_out / len(y)), None
""",
    like="softmax_cross_entropy",
    reduction="mean",
)
ROWS_LOSS = Right(
    "softmax cross-entropy, one loss for each sample",
    """
class CrossEntropy:
    def forward(self, y_out, y_truth):
        self.y = y_truth
        shifted = y_out - y_out.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        self.p = exps / exps.sum(axis=1, keepdims=True)
        return np.log(exps.sum(axis=1)) - (y_truth * shifted).sum(axis=1)

    def backward(self, dout):
        return (self.p - self.y) * dout[:, None]
""",
    like="softmax_cross_entropy",
    reduction="none",
)
PROBABILITIES = Right(
    "categorical cross-entropy, from probabilities",
    """
def cce_forward(p, y):
    p = np.maximum(p, 1e-300)
    loss = -np.sum(y * np.log(p)) / p.shape[0]
    return loss, (p, y)

def cce_backward(dout, cache):
    p, y = cache
    dp = -y / p / p.shape[0] * dout
    return dp
""",
    like="categorical_cross_entropy",
    reduction="mean",
)

RIGHT = (
    SOFTMAX_PAIR, SOFTMAX_JACOBIANS, SOFTMAX_EINSUM, SOFTMAX_ALONG, LOG_SOFTMAX_PAIR, LOG_SOFTMAX_CLASS, LABELS_PAIR,
    ONE_HOT_CLASS, LABELS_LOOPS, LABELS_EYE, ROWS_LOSS, PROBABILITIES,
)  # fmt: skip
