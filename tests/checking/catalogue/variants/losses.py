"""Losses of single entries."""

from catalogue.entry import Right

L1_LOSS = Right(
    "L1, a course's loss",
    """
class L1:
    def forward(self, y_out, y_truth):
        result = np.abs(y_out - y_truth)
        return result

    def backward(self, y_out, y_truth):
        gradient = y_out - y_truth
        return np.sign(gradient)
""",
    like="absolute_error",
    reduction="none",
)
L1_MASKS = Right(
    "L1, its mean, masks for the signs",
    """
def l1_forward(prediction, target):
    e = prediction - target
    return np.mean(np.where(e >= 0, e, -e)), e

def l1_backward(dout, cache):
    e = cache
    signs = (e > 0).astype(e.dtype) - (e < 0)
    return signs * (dout / e.size)
""",
    like="absolute_error",
    reduction="mean",
)
MSE_LOSS = Right(
    "MSE, a course's loss",
    """
class MSE:
    def forward(self, y_out, y_truth):
        result = (y_out - y_truth) ** 2
        return result

    def backward(self, y_out, y_truth):
        gradient = 2 * (y_out - y_truth)
        return gradient
""",
    like="squared_error",
    reduction="none",
)
MSE_CLASS = Right(
    "MSE, its mean, a class",
    """
class MeanSquaredError:
    def forward(self, prediction, target):
        self.difference = prediction - target
        return np.mean(np.square(self.difference))

    def backward(self, dout=1.0):
        n = self.difference.size
        d_prediction = 2 / n * self.difference * dout
        return d_prediction, -d_prediction
""",
    like="squared_error",
    reduction="mean",
)
MSE_OP = Right(
    "MSE, an op in another association",
    """
def mse_forward(a, b):
    e = a - b
    return np.vdot(e, e) / e.size, e

def mse_backward(saved, d_out):
    d_a = (saved + saved) * d_out / saved.size
    return d_a, -d_a
""",
    like="squared_error",
    reduction="mean",
)
SSE_NODE = Right(
    "L2 loss, an EDF node",
    """
from chainrule.courses import edf

class L2Loss(edf.CompNode):
    def __init__(self, y, y_):
        edf.CompNodes.append(self)
        self.y = y
        self.y_ = y_

    def forward(self):
        self.value = (self.y.value - self.y_.value) ** 2

    def backward(self):
        self.y.addgrad(self.grad * 2 * (self.y.value - self.y_.value))
        self.y_.addgrad(self.grad * 2 * (self.y_.value - self.y.value))
""",
    like="squared_error",
    reduction="none",
)
BCE_LOSS = Right(
    "BCE, a course's loss",
    """
class BCE:
    def forward(self, y_out, y_truth):
        result = -y_truth * np.log(y_out) - (1 - y_truth) * np.log(1 - y_out)
        return result

    def backward(self, y_out, y_truth):
        gradient = -(y_truth / y_out) + (1 - y_truth) / (1 - y_out)
        return gradient
""",
    like="binary_cross_entropy",
    reduction="none",
    warns=frozenset({"NOT_FINITE", "OVERFLOWS", "LOG_OF_ZERO"}),
    because="at p = 1, y = 0 the logarithm is infinite; at p = y = 1 the product 0 * inf is nan",
)
BCE_CLIPPED = Right(
    "BCE, its mean, clipped probabilities",
    """
def bce_forward(p, y):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss, (p, y)

def bce_backward(dout, cache):
    p, y = cache
    dp = (p - y) / (p * (1 - p)) / y.size
    return dp * dout
""",
    like="binary_cross_entropy",
    reduction="mean",
)
BCE_CHOSEN = Right(
    "BCE, the probability of what happened",
    """
class BinaryCrossEntropy:
    def forward(self, p, y):
        self.sign = np.where(y == 1, 1.0, -1.0).astype(p.dtype)
        self.chosen = np.maximum(np.where(y == 1, p, 1 - p), np.finfo(p.dtype).tiny)
        return -np.log(self.chosen)

    def backward(self, dout):
        return -dout * self.sign / self.chosen
""",
    like="binary_cross_entropy",
    reduction="none",
)
LOGITS_OP = Right(
    "BCE of logits, an op",
    """
def bce_logits_forward(z, t):
    loss = np.mean(np.logaddexp(0, z) - t * z)
    return loss, (z, t)

def bce_logits_backward(saved, d_out):
    z, t = saved
    p = (1 + np.tanh(z / 2)) / 2
    return (p - t) * d_out / z.size, -z * d_out / z.size
""",
    like="binary_cross_entropy_with_logits",
    reduction="mean",
)
LOGITS_CLASS = Right(
    "BCE of logits, a class, one loss for each entry",
    """
class BCEWithLogits:
    def forward(self, logits, labels):
        self.logits = logits
        self.labels = labels
        return np.maximum(logits, 0) - logits * labels + np.log1p(np.exp(-np.abs(logits)))

    def backward(self, dout):
        e = np.exp(-np.abs(self.logits))
        p = np.where(self.logits >= 0, 1, e) / (1 + e)
        dlogits = p - self.labels
        return dlogits * dout
""",
    like="binary_cross_entropy_with_logits",
    reduction="none",
)

RIGHT = (
    L1_LOSS, L1_MASKS, MSE_LOSS, MSE_CLASS, MSE_OP, SSE_NODE, BCE_LOSS, BCE_CLIPPED, BCE_CHOSEN, LOGITS_OP,
    LOGITS_CLASS,
)  # fmt: skip
