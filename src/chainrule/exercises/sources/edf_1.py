"""EDF, the Educational Framework, exercise 1: derivations, nodes of a graph, and the digits 1 and 8."""

# The cells of a notebook: imports stand where they are needed, and `test` is there in the learner's notebook. Learners
# seed the global generator, so that is what their weights are drawn from.
# ruff: noqa: E402, F811, F821, NPY002
# Learners write no types.
# mypy: ignore-errors

# %% [markdown]
# # A framework for graphs of computations
#
# Large models are made of small operations whose derivatives everybody can write down. This exercise goes that way
# once: from derivatives of single formulas to nodes that know their own, to graphs of such nodes that are trained, and
# back to pen and paper, where you send the derivatives through a graph yourself.
#
# Work on a batch: B samples, one a row.
#
# Here is the framework, all of it. Read it before you go on; there are five things to find.
#
# - A **node** computes something from other nodes. It has two methods: `forward()` sets `self.value`, and `backward()`
#   finds in `self.grad` the derivative of the loss with respect to that value, and hands on to each node that it has
#   used that node's share, by `addgrad`.
# - `addgrad` **adds**, because a value may be used in more than one place.
# - Nodes line up in `CompNodes` as they are constructed. `Forward()` goes through them in this order, and
#   `Backward(loss)` in the opposite one.
# - `Backward` starts at the loss with 1/B for each sample: **the mean over the batch is taken here**, and so no node
#   divides by B.
# - An **Input** holds data, and whatever is sent to it is dropped. A **Parameter** is trained. What it is sent has one
#   derivative for each sample, and it sums them over the batch.

# %% given
import numpy as np

CompNodes = []
Parameters = []


def clear_compgraph():
    """Begin a new graph."""
    CompNodes.clear()
    Parameters.clear()


class Input:
    """Data: the user sets ``value``, shape (B, ...)."""

    value = None

    def addgrad(self, delta):
        """Nothing: data are not trained."""


class Parameter:
    """Numbers that are trained."""

    def __init__(self, value):
        self.value = np.array(value, dtype=float)
        self.grad = np.zeros_like(self.value)
        Parameters.append(self)

    def addgrad(self, delta):
        """Add up one derivative for each sample, shape (B, ...), and add the sum."""
        self.grad = self.grad + np.sum(delta, axis=0)


class CompNode:
    """Something that is computed. Nodes of your own are subclasses that append themselves to ``CompNodes``."""

    def addgrad(self, delta):
        """Add what a user of this node sends back, shape of ``value``."""
        self.grad = self.grad + delta


def Forward():
    """Compute the values of all nodes, in the order of their construction."""
    for node in CompNodes:
        node.forward()


def Backward(loss):
    """Compute all derivatives of the mean of ``loss.value`` over the batch."""
    for holder in (*CompNodes, *Parameters):
        holder.grad = np.zeros_like(holder.value)
    loss.grad = np.ones_like(loss.value) / len(loss.value)
    for node in reversed(CompNodes):
        node.backward()


def UpdateParameters(learning_rate):
    """Take one step of gradient descent."""
    for parameter in Parameters:
        parameter.value = parameter.value - learning_rate * parameter.grad


# %% [markdown]
# These nodes are there already. `AffineParams` holds two parameters that belong together, and comes first when an
# `Affine` is made: `Affine(AffineParams(3, 1), x)`.


# %% given
class AffineParams:
    """Weights ``A``, shape (nInputs, nOutputs), random, and ``b``, shape (nOutputs,), zeros."""

    def __init__(self, nInputs, nOutputs):
        bound = np.sqrt(3 / nInputs)
        self.A = Parameter(np.random.uniform(-bound, bound, (nInputs, nOutputs)))
        self.b = Parameter(np.zeros(nOutputs))


class Affine(CompNode):
    """``x @ w.A + w.b``, shape (B, nOutputs); w is an ``AffineParams``."""

    def __init__(self, w, x):
        self.w = w
        self.x = x
        CompNodes.append(self)

    def forward(self):
        """Weigh each sample."""
        self.value = self.x.value @ self.w.A.value + self.w.b.value

    def backward(self):
        """For each sample one derivative of A and of b; they sum them themselves."""
        self.w.A.addgrad(np.einsum("bi,bo->bio", self.x.value, self.grad))
        self.w.b.addgrad(self.grad)
        self.x.addgrad(self.grad @ self.w.A.value.T)


class Sigmoid(CompNode):
    """``1 / (1 + exp(-x))``, entry by entry."""

    def __init__(self, x):
        self.x = x
        CompNodes.append(self)

    def forward(self):
        """Without overflow: the logarithm of 1 + exp(-x) is finite for all x."""
        self.value = np.exp(-np.logaddexp(0, -self.x.value))

    def backward(self):
        """The slope of a sigmoid is its value times what is missing to 1."""
        self.x.addgrad(self.grad * self.value * (1 - self.value))


class CrossEntropyLoss(CompNode):
    """``-log p[n, y[n]]``, shape (B,), of probabilities p, (B, K), and class numbers y, (B,)."""

    def __init__(self, p, y):
        self.p = p
        self.y = y
        CompNodes.append(self)

    def forward(self):
        """The surprise at each sample's class; a probability of 0 counts as a tiny one."""
        self.chosen = np.maximum(self.p.value[np.arange(len(self.y.value)), self.y.value], 1e-30)
        self.value = -np.log(self.chosen)

    def backward(self):
        """Only the probability of the sample's own class matters."""
        delta = np.zeros_like(self.p.value)
        delta[np.arange(len(self.y.value)), self.y.value] = -self.grad / self.chosen
        self.p.addgrad(delta)


# %% [markdown]
# ## 1. A matrix in a derivative
#
# Let y = W x, with a matrix W of shape (m, n) and a vector x of n numbers. A loss depends on y, and its derivative with
# respect to y is known: A, m numbers. Derive on paper
#
# a) dy_k / dw_ij for all k, i and j. Most of them are 0.
#
# b) the derivative of the loss with respect to w_ij: the sum over k of A_k times dy_k / dw_ij.
#
# Then write b) for all i and j at once, as one expression with broadcasting. There is no loop in it.


# %% task vector_derivative
def vector_derivative_product(A, x):
    """The derivative W_hat of a loss with respect to W, shape (m, n), where y = W x.

    Args:
        A: derivative of the loss with respect to y, shape (m,).
        x: the vector, shape (n,).
    """
    # BEGIN SOLUTION
    return A[:, np.newaxis] * x[np.newaxis, :]
    # END SOLUTION


# %% public
test("vector_derivative")

# %% [markdown]
# ## 2. A line through points
#
# The model is slope * x + offset_y, and its loss is the mean over the points of the squared distance to y. Derive the
# two derivatives, by slope and by offset_y. Do not lose the 2.
#
# There is a second function of the same name further down, so each lives in a class of its own.


# %% task line
class LinearRegression:
    """A line through points."""

    @staticmethod
    def compute_derivatives(x, y, slope, offset_y):
        """The derivatives of the mean squared error by slope and by offset_y: two numbers.

        Args:
            x: where, shape (B,).
            y: what was measured there, shape (B,).
            slope: a number.
            offset_y: a number.
        """
        # BEGIN SOLUTION
        error = slope * x + offset_y - y
        return 2 * np.mean(error * x), 2 * np.mean(error)
        # END SOLUTION


# %% public
test("line")

# %% [markdown]
# ### Watch it
#
# Gradient descent with these derivatives, from slope 4 and offset 1. The slope is found at once and the offset takes
# its time: why? (Compare the sizes of the two derivatives.)


# %% given
def line_experiment(steps=8000, learning_rate=1e-4):
    """Fit a line to points by gradient descent; draw the line before and after, and the loss."""
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(0)
    x = rng.uniform(-20, 20, 100)
    y = 2.5 * x - 7 + rng.normal(0, 8, 100)
    slope, offset_y, losses = 4.0, 1.0, []
    for _ in range(steps):
        losses.append(np.mean((slope * x + offset_y - y) ** 2))
        d_slope, d_offset_y = LinearRegression.compute_derivatives(x, y, slope, offset_y)
        slope, offset_y = slope - learning_rate * d_slope, offset_y - learning_rate * d_offset_y
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    ends = np.array([-20, 20])
    left.plot(x, y, ".", color="gray")
    left.plot(ends, 4 * ends + 1, "--", label="before: 4 x + 1")
    left.plot(
        ends, slope * ends + offset_y, label=f"after: {slope:.2f} x {'+' if offset_y > 0 else '-'} {abs(offset_y):.2f}"
    )
    left.set(title="The points and the line", xlabel="x", ylabel="y")
    left.legend()
    right.loglog(range(1, steps + 1), losses)
    right.set(title="The loss", xlabel="step", ylabel="mean squared error")
    plt.show()
    return figure


# %% given
if __name__ == "__main__":
    try:
        line_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when the tests pass.")

# %% [markdown]
# ## 3. Logistic regression
#
# Now y is 0 or 1, and the model says y_hat = sigmoid(w . x), the probability of a 1. The loss is the mean over the
# batch of -(y log y_hat + (1 - y) log(1 - y_hat)). Derive it by w, using that the slope of the sigmoid is
# sigmoid * (1 - sigmoid). The fractions cancel, and what is left is shorter than the loss.


# %% task logistic
class LogisticRegression:
    """The probability of a 1, of two classes 0 and 1."""

    @staticmethod
    def compute_derivatives(x, y, y_hat):
        """The derivative of the mean loss with respect to the weights w, shape (D,).

        Args:
            x: samples, shape (B, D).
            y: labels 0 and 1, shape (B, 1).
            y_hat: the model's probabilities of a 1, shape (B, 1).
        """
        # BEGIN SOLUTION
        return np.mean((y_hat - y) * x, axis=0)
        # END SOLUTION


# %% public
test("logistic")

# %% [markdown]
# ## 4. Nodes of your own
#
# Write two nodes for the framework. A `backward` uses `self.grad` and the values of the nodes that it has used, and
# calls their `addgrad`. It divides by nothing.
#
# `L2Loss(y, y_hat)` is the squared distance of each entry. The target y is data, so nothing has to be sent to it.


# %% task l2_loss
class L2Loss(CompNode):
    """``(y_hat - y)^2``, entry by entry, shape (B, 1); y holds the targets and y_hat the predictions."""

    def __init__(self, y, y_hat):
        self.y = y
        self.y_hat = y_hat
        CompNodes.append(self)

    def forward(self):
        """Set ``self.value``, shape (B, 1)."""
        # BEGIN SOLUTION
        self.value = (self.y_hat.value - self.y.value) ** 2
        # END SOLUTION

    def backward(self):
        """Send its derivative to y_hat."""
        # BEGIN SOLUTION
        self.y_hat.addgrad(2 * (self.y_hat.value - self.y.value) * self.grad)
        # END SOLUTION


# %% public
test("l2_loss")

# %% [markdown]
# `SingleProbToProbVector(z)` makes the probabilities of two classes out of that of one. `CrossEntropyLoss` looks up the
# column of a sample's class, and z becomes column 0. So a network that ends in this node learns **z = P(y = 0)**, and
# not, as in part 3, the probability of a 1.
#
# In `backward`, z had an influence on both columns.


# %% task prob_vector
class SingleProbToProbVector(CompNode):
    """The columns z and 1 - z: a node of shape (B, 1) becomes one of shape (B, 2)."""

    def __init__(self, z):
        self.z = z
        CompNodes.append(self)

    def forward(self):
        """Set ``self.value``, shape (B, 2)."""
        # BEGIN SOLUTION
        self.value = np.concatenate([self.z.value, 1 - self.z.value], axis=1)
        # END SOLUTION

    def backward(self):
        """Send its derivative to z, shape (B, 1)."""
        # BEGIN SOLUTION
        self.z.addgrad(self.grad[:, :1] - self.grad[:, 1:])
        # END SOLUTION


# %% public
test("prob_vector")

# %% [markdown]
# ## 5. Two graphs
#
# Put the nodes together. Construct them in the order in which they are to be computed, and return what the caller
# needs: the two inputs, the `AffineParams`, the prediction and the loss.


# %% task graphs
def linear_regression_graph(n_inputs):
    """A linear model of n_inputs numbers, with the squared distance as its loss.

    Returns:
        x: an Input, samples of shape (B, n_inputs).
        y: an Input, targets of shape (B, 1).
        weights: the AffineParams, for one output.
        y_hat: the prediction, a node of shape (B, 1).
        loss: the L2Loss.
    """
    # BEGIN SOLUTION
    x, y = Input(), Input()
    weights = AffineParams(n_inputs, 1)
    y_hat = Affine(weights, x)
    return x, y, weights, y_hat, L2Loss(y, y_hat)
    # END SOLUTION


def logistic_regression_graph(n_inputs):
    """Logistic regression of n_inputs numbers: affine, sigmoid, the vector of both probabilities, cross-entropy.

    Returns:
        x: an Input, samples of shape (B, n_inputs).
        y: an Input, classes 0 and 1, integers of shape (B,).
        weights: the AffineParams, for one output.
        p: the probabilities of both classes, a node of shape (B, 2).
        loss: the CrossEntropyLoss.
    """
    # BEGIN SOLUTION
    x, y = Input(), Input()
    weights = AffineParams(n_inputs, 1)
    p = SingleProbToProbVector(Sigmoid(Affine(weights, x)))
    return x, y, weights, p, CrossEntropyLoss(p, y)
    # END SOLUTION


# %% public
test("graphs")

# %% [markdown]
# ### Ones and eights
#
# MNIST's digits 1 (class 0) and 8 (class 1), in batches of 64, for ten epochs with learning rate 0.5. How few pixels
# are enough? Expect about 10.3 % errors from a single pixel, the mean of the picture, 7.6 % from 4 x 4 pixels, 2.6 %
# from 8 x 8, and 1.0 % from 28 x 28. The last picture shows the weights: where is there ink in an 8 and none in a 1?
#
# MNIST is fetched once by `chainrule data fetch mnist`.


# %% given
def ones_and_eights(size):
    """Pixels and classes of the training and of the test digits, with pictures of size x size."""
    from chainrule.data import mnist

    parts = mnist(size, digits=(1, 8))
    return parts.train.x, parts.train.y, parts.test.x, parts.test.y


def train_logistic_regression(pixels, classes, test_pixels, test_classes, epochs=10, learning_rate=0.5):
    """The mean loss of each epoch, the share of test digits that are misread after each, and the weights."""
    clear_compgraph()
    x, y, weights, p, loss = logistic_regression_graph(pixels.shape[1])
    losses, errors = [], []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(pixels) - 63, 64):
            x.value, y.value = pixels[start : start + 64], classes[start : start + 64]
            Forward()
            Backward(loss)
            UpdateParameters(learning_rate)
            total += np.mean(loss.value)
        losses.append(total / (len(pixels) // 64))
        x.value, y.value = test_pixels, test_classes
        Forward()
        errors.append(np.mean(np.argmax(p.value, axis=1) != test_classes))
    return losses, errors, weights.A.value


def digits_experiment(sizes=(1, 4, 8, 28)):
    """Train at each size; draw the losses, the test errors and the weights of the largest pictures."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    for size in sizes:
        losses, errors, A = train_logistic_regression(*ones_and_eights(size))
        print(f"{size} x {size} pixels: {100 * errors[-1]:.1f} % of the test digits are misread")
        axes[0].plot(range(1, len(losses) + 1), losses, label=f"{size} x {size}")
        axes[1].plot(range(1, len(errors) + 1), 100 * np.array(errors), label=f"{size} x {size}")
    axes[0].set(title="Loss", xlabel="epoch", ylabel="mean cross-entropy")
    axes[1].set(title="Test error", xlabel="epoch", ylabel="percent")
    axes[0].legend()
    largest = np.abs(A).max()
    axes[2].imshow(A.reshape(size, size), cmap="coolwarm", vmin=-largest, vmax=largest)
    axes[2].set(title="Weights: red speaks for 1", xticks=[], yticks=[])
    plt.show()
    return figure


# %% given
if __name__ == "__main__":
    try:
        digits_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when the tests pass.")
    except (ImportError, OSError) as error:
        print(f"The digits are not here: {error}")

# %% [markdown]
# ## 6. With pen and paper
#
# Now be the framework yourself. For each of the three expressions below
#
# a) name intermediate variables, **one operation each**, and use again what can be used again,
#
# b) draw the graph (for yourself; it is not handed in),
#
# c) say what is sent back along each edge,
#
# d) and add up what arrives at a value.
#
# Answer with text, between the three quotation marks. Here is the answer for another expression,
# `E = (a + b) * a` at a = 2 and b = 3, with comments that you need not write:
#
#     s = a + b                     # a) one operation a line; the names are yours
#     e = s * a                     #    the last line is the whole expression
#     e -> s: a                     # c) from e to s: the local derivative de/ds
#     e -> a: s
#     s -> a: 1
#     s -> b: 1
#     d a = s + de/ds * ds/da       # d) a is used twice, so two messages arrive
#     d b = de/ds * ds/db
#
# A message may be written as the local derivative, as above, or as its product with what has arrived at the sender, or
# as a number. So for `s -> a` all of `1`, `de/ds * ds/da` and `2.0` are right. A sum may be a formula or numbers with
# at least three digits, such as `d a = 5.00 + 2.00`; `de/ds` may be used for any two values of your answer.
#
# Write a message for **every** edge, and a sum for every name of the expression and for every other value at which
# more than one message arrives. Functions are `exp`, `log` (the natural one) and `sqrt`; a power is `c^2`.
#
# ### A
#
# `A = exp(a)/sqrt(b) * log(a+b)` at a = 1, b = 2.

# %% task expression_a
answer_a = """
# BEGIN SOLUTION
t1 = exp(a)
t2 = sqrt(b)
t3 = t1 / t2
t4 = a + b
t5 = log(t4)
t6 = t3 * t5
t6 -> t3: t5
t6 -> t5: t3
t5 -> t4: 1 / t4
t4 -> a: 1
t4 -> b: 1
t3 -> t1: 1 / t2
t3 -> t2: -t1 / t2^2
t2 -> b: 1 / (2 * t2)
t1 -> a: t1
d a = dt6/dt1 * dt1/da + dt6/dt4 * dt4/da
d b = dt6/dt2 * dt2/db + dt6/dt4 * dt4/db
# END SOLUTION
"""

# %% public
test("expression_a")

# %% [markdown]
# ### B
#
# `B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)` at a = 1, b = 2, c = 3.
#
# Look for what occurs more than once before you begin.

# %% task expression_b
answer_b = """
# BEGIN SOLUTION
t1 = a + b
t2 = c^2
t3 = t1 + t2
t4 = sqrt(t3)
t5 = log(t3)
t6 = t4 + t5
t7 = b * t2
t8 = t3 / t7
t9 = t6 + t8
t9 -> t6: 1
t9 -> t8: 1
t8 -> t3: 1 / t7
t8 -> t7: -t3 / t7^2
t7 -> b: t2
t7 -> t2: b
t6 -> t4: 1
t6 -> t5: 1
t5 -> t3: 1 / t3
t4 -> t3: 1 / (2 * t4)
t3 -> t1: 1
t3 -> t2: 1
t2 -> c: 2 * c
t1 -> a: 1
t1 -> b: 1
d t3 = dt9/dt8 * dt8/dt3 + dt9/dt5 * dt5/dt3 + dt9/dt4 * dt4/dt3
d t2 = dt9/dt7 * dt7/dt2 + dt9/dt3 * dt3/dt2
d a = dt9/dt1 * dt1/da
d b = dt9/dt7 * dt7/db + dt9/dt1 * dt1/db
d c = dt9/dt2 * dt2/dc
# END SOLUTION
"""

# %% public
test("expression_b")

# %% [markdown]
# ### C
#
# The squared error of a line, `C = sum of (w0 + w1*x_i - y_i)^2 for i from 1 to 3`, at w0 = 1, w1 = 2 and the points
# (1, 1), (3, 10), (4, 4). Write `x1`, `x2`, `x3` and `y1`, `y2`, `y3` for the data. They are values like all others
# here: messages are sent to them, too.
#
# Add the three squares from the first to the last. The sum at w0 tells why a framework's parameters add up what the
# samples of a batch send them.

# %% task expression_c
answer_c = """
# BEGIN SOLUTION
p1 = w1 * x1
q1 = w0 + p1
r1 = q1 - y1
s1 = r1^2
p2 = w1 * x2
q2 = w0 + p2
r2 = q2 - y2
s2 = r2^2
p3 = w1 * x3
q3 = w0 + p3
r3 = q3 - y3
s3 = r3^2
u = s1 + s2
v = u + s3
v -> u: 1
v -> s3: 1
u -> s1: 1
u -> s2: 1
s1 -> r1: 2 * r1
s2 -> r2: 2 * r2
s3 -> r3: 2 * r3
r1 -> q1: 1
r2 -> q2: 1
r3 -> q3: 1
r1 -> y1: -1
r2 -> y2: -1
r3 -> y3: -1
q1 -> w0: 1
q2 -> w0: 1
q3 -> w0: 1
q1 -> p1: 1
q2 -> p2: 1
q3 -> p3: 1
p1 -> w1: x1
p2 -> w1: x2
p3 -> w1: x3
p1 -> x1: w1
p2 -> x2: w1
p3 -> x3: w1
d w0 = 2*r1 + 2*r2 + 2*r3
d w1 = 2*r1*x1 + 2*r2*x2 + 2*r3*x3
d x1 = 2*r1*w1
d x2 = 2*r2*w1
d x3 = 2*r3*w1
d y1 = -2*r1
d y2 = -2*r2
d y3 = -2*r3
# END SOLUTION
"""

# %% public
test("expression_c")

# %% teacher
import numpy as np

from chainrule.exercises import Exercise, Task, Test
from chainrule.exercises.exercise import Answer


def vector_probe(work, A, x):
    """The matrix of derivatives."""
    return {"W_hat": work.vector_derivative_product(A, x)}


def vector_inputs(rng, number):
    """Two lengths, never the same."""
    m, n = [(3, 4), (5, 2), (2, 7)][number % 3]
    return rng.normal(size=m), rng.normal(size=n)


def line_probe(work, x, y, slope, offset_y):
    """Two numbers; an array of one number is as good."""
    import numpy as np

    d_slope, d_offset_y = work.LinearRegression.compute_derivatives(x, y, float(slope), float(offset_y))
    return {"d_slope": np.squeeze(d_slope), "d_offset_y": np.squeeze(d_offset_y)}


def line_inputs(rng, number):
    """Points near no line, and a line near no point."""
    count = (5, 8, 3)[number % 3]
    return rng.normal(size=count), rng.normal(2, 3, size=count), np.array(rng.normal()), np.array(rng.normal())


def logistic_probe(work, x, y, y_hat):
    """One number for each weight."""
    return {"d_w": work.LogisticRegression.compute_derivatives(x, y, y_hat)}


def logistic_inputs(rng, number):
    """Samples, labels of both kinds, probabilities."""
    n, d = [(5, 3), (4, 6), (7, 2)][number % 3]
    y = (np.arange(n) % 2 == 0).astype(float)
    return rng.normal(size=(n, d)), rng.permutation(y)[:, np.newaxis], rng.uniform(0.05, 0.95, size=(n, 1))


def l2_forward_probe(work, y_hat, y):
    """The node's value."""
    work.clear_compgraph()
    target, prediction = work.Input(), work.Input()
    target.value, prediction.value = y, y_hat
    node = work.L2Loss(target, prediction)
    node.forward()
    return {"value": node.value}


def l2_backward_probe(work, y_hat, y, grad):
    """What arrives at y_hat, and the node's own gradient afterwards."""

    class Sender:
        """Remembers all that it is sent."""

        def __init__(self, value):
            self.value = value
            self.grad = 0 * value
            self.sent = 0 * value

        def addgrad(self, delta):
            """Add up."""
            self.sent = self.sent + delta

    work.clear_compgraph()
    prediction, target = Sender(y_hat), Sender(y)
    node = work.L2Loss(target, prediction)
    node.forward()
    node.grad = grad
    node.backward()
    return {"value": node.value, "sent to y_hat": prediction.sent, "grad after backward": node.grad}


def l2_arrays(rng, number):
    """Predictions and targets, one of them met."""
    count = (5, 8, 3)[number % 3]
    y_hat, y = rng.normal(size=(count, 1)), rng.normal(size=(count, 1))
    y[0] = y_hat[0]
    return y_hat, y


def l2_inputs(rng, number):
    """With what comes back."""
    y_hat, y = l2_arrays(rng, number)
    return y_hat, y, rng.normal(size=y.shape)


def prob_vector_forward_probe(work, z):
    """The node's value."""
    work.clear_compgraph()
    given = work.Input()
    given.value = z
    node = work.SingleProbToProbVector(given)
    node.forward()
    return {"value": node.value}


def prob_vector_backward_probe(work, z, grad):
    """What arrives at z of each column's gradient by itself, and the node's own gradient afterwards."""

    class Sender:
        """Remembers all that it is sent."""

        def __init__(self, value):
            self.value = value
            self.grad = 0 * value
            self.sent = 0 * value

        def addgrad(self, delta):
            """Add up."""
            self.sent = self.sent + delta

    results = {}
    for name, part in (("column 0", grad * [1, 0]), ("column 1", grad * [0, 1])):
        work.clear_compgraph()
        given = Sender(z)
        node = work.SingleProbToProbVector(given)
        node.forward()
        node.grad = part
        node.backward()
        results[f"sent to z from {name}"] = given.sent
    results["grad after backward"] = node.grad
    return results


def prob_vector_arrays(rng, number):
    """Probabilities."""
    return (rng.uniform(0.05, 0.95, size=((5, 8, 3)[number % 3], 1)),)


def prob_vector_inputs(rng, number):
    """With what comes back."""
    (z,) = prob_vector_arrays(rng, number)
    return z, rng.normal(size=(len(z), 2))


def linear_graph_probe(work, x, y, A, b):
    """The parameters' sizes, the prediction, the loss, and the derivatives that arrive at the parameters."""
    import numpy as np

    work.clear_compgraph()
    samples, targets, weights, y_hat, loss = work.linear_regression_graph(x.shape[1])
    samples.value, targets.value = x, y
    sizes = {"A.value.shape": np.array(weights.A.value.shape), "b.value.shape": np.array(weights.b.value.shape)}
    weights.A.value, weights.b.value = A, b
    work.Forward()
    work.Backward(loss)
    return sizes | {"y_hat": y_hat.value, "loss": loss.value, "A.grad": weights.A.grad, "b.grad": weights.b.grad}


def linear_graph_inputs(rng, number):
    """Samples, targets and parameters."""
    n, d = [(5, 3), (4, 6), (7, 2)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(n, 1)), rng.normal(size=(d, 1)), rng.normal(size=1)


def logistic_graph_probe(work, x, y, A, b):
    """The parameters' sizes, the probabilities, the loss, and the derivatives that arrive at the parameters."""
    import numpy as np

    work.clear_compgraph()
    samples, classes, weights, p, loss = work.logistic_regression_graph(x.shape[1])
    samples.value, classes.value = x, y
    sizes = {"A.value.shape": np.array(weights.A.value.shape), "b.value.shape": np.array(weights.b.value.shape)}
    weights.A.value, weights.b.value = A, b
    work.Forward()
    work.Backward(loss)
    return sizes | {"p": p.value, "loss": loss.value, "A.grad": weights.A.grad, "b.grad": weights.b.grad}


def logistic_graph_inputs(rng, number):
    """Samples, classes of both kinds, and parameters."""
    x, _, A, b = linear_graph_inputs(rng, number)
    return x, rng.permutation(np.arange(len(x)) % 2), A, b


L2 = {"like": "squared_error", "reduction": "none", "forward": "value"}

EXPRESSION_A = "A = exp(a)/sqrt(b)*log(a+b)"
EXPRESSION_B = "B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)"
EXPRESSION_C = "C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..3)"
# The residuals are 2, -3 and 5: no number is a message's local derivative with the wrong sign and its product with
# what arrives at the sender at once.
AT_C = {"w0": 1.0, "w1": 2.0, "x1": 1.0, "y1": 1.0, "x2": 3.0, "y2": 10.0, "x3": 4.0, "y3": 4.0}

EXERCISE = Exercise(
    "edf-1",
    "A framework for graphs of computations",
    (
        Task(
            "vector_derivative",
            10,
            (
                Test(
                    "VectorDerivativeProductTest",
                    vector_probe,
                    vector_inputs,
                    like="outer",
                    forward="W_hat",
                ),
            ),
            "A matrix in a derivative",
            ("vector_derivative_product",),
        ),
        Task(
            "line",
            10,
            (Test("LineDerivativesTest", line_probe, line_inputs),),
            "A line through points",
            ("LinearRegression",),
        ),
        Task(
            "logistic",
            10,
            (Test("LogisticDerivativesTest", logistic_probe, logistic_inputs),),
            "Logistic regression",
            ("LogisticRegression",),
        ),
        Task(
            "l2_loss",
            10,
            (
                Test("L2LossForwardTest", l2_forward_probe, l2_arrays, **L2),
                Test(
                    "L2LossBackwardTest", l2_backward_probe, l2_inputs, **L2, gradients=("sent to y_hat", ""), d_out=2
                ),
            ),
            "The node L2Loss",
            ("L2Loss",),
        ),
        Task(
            "prob_vector",
            10,
            (
                Test("SingleProbToProbVectorForwardTest", prob_vector_forward_probe, prob_vector_arrays),
                Test("SingleProbToProbVectorBackwardTest", prob_vector_backward_probe, prob_vector_inputs),
            ),
            "The node SingleProbToProbVector",
            ("SingleProbToProbVector",),
        ),
        Task(
            "graphs",
            20,
            (
                Test("LinearRegressionGraphTest", linear_graph_probe, linear_graph_inputs),
                Test("LogisticRegressionGraphTest", logistic_graph_probe, logistic_graph_inputs),
            ),
            "Two graphs",
            ("linear_regression_graph", "logistic_regression_graph"),
        ),
        Task(
            "expression_a",
            10,
            (Answer("ExpressionATest", "answer_a", EXPRESSION_A, {"a": 1.0, "b": 2.0}, backward=True),),
            "The expression A",
            ("answer_a",),
        ),
        Task(
            "expression_b",
            10,
            (Answer("ExpressionBTest", "answer_b", EXPRESSION_B, {"a": 1.0, "b": 2.0, "c": 3.0}, backward=True),),
            "The expression B",
            ("answer_b",),
        ),
        Task(
            "expression_c",
            10,
            (Answer("ExpressionCTest", "answer_c", EXPRESSION_C, AT_C, backward=True),),
            "The expression C",
            ("answer_c",),
        ),
    ),
    forbidden=(
        *("torch", "jax", "tensorflow", "autograd", "scipy", "sklearn"),
        *("chainrule.ops", "chainrule.courses", "chainrule.learning", "chainrule.grad", "chainrule.explain"),
    ),
)
