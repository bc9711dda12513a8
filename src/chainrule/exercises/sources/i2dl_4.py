"""I2DL, exercise 4: losses, a classifier, an optimizer and a solver, tried on the prices of houses."""

# The cells of a notebook: imports stand where they are needed, and `test` is there in the learner's notebook.
# ruff: noqa: E402, F811, F821
# Learners write no types.
# mypy: ignore-errors

# %% [markdown]
# # From a house's size to its price
#
# In this exercise you build everything that gradient descent needs, piece by piece: three losses, a model that answers
# yes or no, an optimizer and a solver. In the end they decide which houses of a town are expensive. NumPy is enough.
#
# **How the parts fit together.** A model turns the samples `X`, shape (N, D), into outputs `y_out`, shape (N, 1), and a
# loss compares these with the truth. Then the chain rule is applied once: how the loss changes with the outputs, times
# how the outputs change with the weights. That tells the optimizer where to go.
#
# **Nothing is averaged before the end.** A loss gives one number *for each entry*, and a model gives one gradient *for
# each sample*. The mean over the N samples is taken in one place alone, by the solver. (Later editions of the course
# take it elsewhere; here a loss that divides by N is a mistake.)
#
# Each task is followed by a cell that runs its tests. Leave everything as it was given to you: a method makes a new
# array for its result, and never writes into one of its arguments.

# %% given
import numpy as np


class Loss:
    """How far outputs are from the truth; calling it gives the losses and their gradients."""

    def __call__(self, y_out, y_truth):
        return self.forward(y_out, y_truth), self.backward(y_out, y_truth)


class Network:
    """A model; calling it gives the outputs, and in training mode their gradients as well, else None."""

    def __init__(self, model_name):
        self.model_name = model_name
        self.return_grad = True
        self.cache = None

    def __call__(self, X):
        y = self.forward(X)
        return y, self.backward(y) if self.return_grad else None

    def train(self):
        """Gradients are wanted."""
        self.return_grad = True

    def eval(self):
        """Only outputs are wanted."""
        self.return_grad = False


# %% [markdown]
# ## 1. L1: the distance
#
# The simplest loss is how far an output is from the truth, whichever side it is on: `|y_out - y_truth|`.
#
# For the gradient, draw this function of `y_out` and look at how steep it is to the left of the truth and to its right.
# Exactly *at* the truth there is a corner; take 0 there, for a perfect output needs no change.
#
# Both methods return an array of the shape of `y_out`. Neither adds up anything. Arrays of whole numbers have to work,
# too.


# %% task l1
class L1(Loss):
    """The distance of each output from its truth."""

    def forward(self, y_out, y_truth):
        """One loss for each entry.

        Args:
            y_out: outputs, shape (N, 1), or any other.
            y_truth: targets, the same shape.
        """
        # BEGIN SOLUTION
        return np.abs(y_out - y_truth)
        # END SOLUTION

    def backward(self, y_out, y_truth):
        """The derivative of each entry's loss with respect to its output; 0 where both are equal."""
        # BEGIN SOLUTION
        return np.sign(y_out - y_truth)
        # END SOLUTION


# %% public
test("l1")

# %% [markdown]
# ## 2. MSE: the squared distance
#
# Squares make small errors smaller and large ones larger. The M in the name, the mean, is left to the solver: here each
# entry keeps its own loss, the square of its distance, without a factor in front.
#
# Where the L1 gradient only knows a side, this one also knows how far away the truth is. Derive it with respect to
# `y_out`; two outputs as far from the truth on opposite sides must get opposite gradients.


# %% task mse
class MSE(Loss):
    """The squared distance of each output from its truth."""

    def forward(self, y_out, y_truth):
        """One loss for each entry.

        Args:
            y_out: outputs, shape (N, 1), or any other.
            y_truth: targets, the same shape.
        """
        # BEGIN SOLUTION
        return (y_out - y_truth) ** 2
        # END SOLUTION

    def backward(self, y_out, y_truth):
        """The derivative of each entry's loss with respect to its output."""
        # BEGIN SOLUTION
        return 2.0 * (y_out - y_truth)
        # END SOLUTION


# %% public
test("mse")

# %% [markdown]
# ## 3. BCE: the surprise at a yes or no
#
# Now an output y is a probability, above 0 and below 1, and the truth t is 1 for "yes" or 0 for "no". Binary
# cross-entropy is the surprise: the negative logarithm of the probability that was given to what happened. With
# probability y for "yes" and 1 - y for "no", both cases fit in one line:
#
#     BCE(y, t) = -( t log y  +  (1 - t) log(1 - y) )
#
# Read t as a weight that switches one of the two terms off. Nothing forces it to be 0 or 1, though: the formula is
# defined for every t, and the tests use targets such as 2, 3 and 4 as well. So compute the whole line, and do not
# decide by `if`, round or clip the targets.
#
# For the gradient, derive both terms by y and mind the inner derivative of 1 - y. A check: for t = 1 it has to be
# negative everywhere (more "yes" is better), and for t = 0 positive.


# %% task bce
class BCE(Loss):
    """Binary cross-entropy of each output."""

    def forward(self, y_out, y_truth):
        """One loss for each entry.

        Args:
            y_out: probabilities, above 0 and below 1, shape (N, 1), or any other.
            y_truth: targets, the same shape.
        """
        # BEGIN SOLUTION
        return -(y_truth * np.log(y_out) + (1 - y_truth) * np.log(1 - y_out))
        # END SOLUTION

    def backward(self, y_out, y_truth):
        """The derivative of each entry's loss with respect to its output."""
        # BEGIN SOLUTION
        return (1 - y_truth) / (1 - y_out) - y_truth / y_out
        # END SOLUTION


# %% public
test("bce")

# %% [markdown]
# ## 4. The sigmoid
#
# A weighted sum can be any number; a probability cannot. The sigmoid squeezes the one into the other:
#
#     sigmoid(x) = 1 / (1 + exp(-x))
#
# It is 1/2 at 0, close to 1 at 100 and close to 0 at -100. `x` may be one number or an array of any shape; what comes
# back has the same shape. In the next task it becomes a method of the classifier.


# %% task sigmoid
def sigmoid(x):
    """Each entry squeezed to between 0 and 1; a number or an array of any shape."""
    # BEGIN SOLUTION
    return 1 / (1 + np.exp(-x))
    # END SOLUTION


# %% public
test("sigmoid")

# %% [markdown]
# ## 5. Two models
#
# `LinearModel` is given as an example: it weighs the D features of a sample and adds a bias. The bias is no variable of
# its own. Every sample gets one more feature that is always 1, as its *last* column, and what belongs to it is the
# *last* row of `W`, which so has shape (D + 1, 1).
#
# Its `backward` answers, for each sample by itself: how does this sample's output change with each weight? One row a
# sample, shape (N, D + 1).
#
# Your `Classifier` is the same sum with a sigmoid around it. In `forward`, cache what `backward` will need. In
# `backward`, the chain rule puts one more factor into each row: the slope of the sigmoid. Show on paper that this slope
# can be written with the sigmoid's *result* alone; that is why `backward` is handed the outputs `y`, and no exponential
# has to be computed again.


# %% given
def initial_weights(num_features, weights=None):
    """A copy of the weights, shape (D + 1, 1), or small random ones."""
    if weights is None:
        return 0.001 * np.random.default_rng().normal(size=(num_features + 1, 1))
    assert np.shape(weights) == (num_features + 1, 1), f"W has shape {np.shape(weights)}, not {(num_features + 1, 1)}"
    return np.array(weights, dtype=float)


class LinearModel(Network):
    """Linear regression: the outputs are weighted sums."""

    def __init__(self, num_features=2):
        super().__init__("linear_model")
        self.num_features = num_features
        self.W = None

    def initialize_weights(self, weights=None):
        """Start from these weights, shape (D + 1, 1), or from small random ones."""
        self.W = initial_weights(self.num_features, weights)

    def forward(self, X):
        """The outputs, shape (N, 1), for samples X, shape (N, D)."""
        assert self.W is not None, "weight matrix W is not initialized"
        with_ones = np.concatenate([X, np.ones((X.shape[0], 1))], axis=1)
        self.cache = with_ones
        return with_ones.dot(self.W)

    def backward(self, y):
        """The gradient of each sample's output with respect to W, shape (N, D + 1)."""
        assert self.cache is not None, "run a forward pass before the backward pass"
        return self.cache


# %% task classifier
class Classifier(Network):
    """Logistic regression: the outputs are probabilities of "yes"."""

    def __init__(self, num_features=2):
        super().__init__("classifier")
        self.num_features = num_features
        self.W = None

    def initialize_weights(self, weights=None):
        """Start from these weights, shape (D + 1, 1), or from small random ones."""
        self.W = initial_weights(self.num_features, weights)

    def sigmoid(self, x):
        """Your sigmoid from above."""
        return sigmoid(x)

    def forward(self, X):
        """The probability of "yes" of each sample, shape (N, 1).

        Args:
            X: samples, shape (N, D), without the column of ones.
        """
        assert self.W is not None, "weight matrix W is not initialized"
        # BEGIN SOLUTION
        self.cache = np.hstack([X, np.ones((len(X), 1))])
        return self.sigmoid(self.cache @ self.W)
        # END SOLUTION

    def backward(self, y):
        """The gradient of each sample's output with respect to W, shape (N, D + 1).

        Args:
            y: what the last forward pass gave, shape (N, 1).
        """
        assert self.cache is not None, "run a forward pass before the backward pass"
        # BEGIN SOLUTION
        return y * (1 - y) * self.cache
        # END SOLUTION


# %% public
test("classifier")

# %% [markdown]
# ## 6. The optimizer
#
# Gradient descent: the gradient `dw` points to where the loss rises fastest, so the weights go the other way, and the
# learning rate `self.lr` says how far. The weights are `self.model.W`; `dw` has their shape, (D + 1, 1).
#
# Give the model a *new* array. Who has kept the old weights, as the solver does with the best so far, must still find
# the old numbers in them.


# %% task optimizer
class Optimizer:
    """Gradient descent for a model with one matrix of weights."""

    def __init__(self, model, learning_rate=5e-5):
        self.model = model
        self.lr = learning_rate

    def step(self, dw):
        """Move the weights of the model one step downhill.

        Args:
            dw: gradient of the loss with respect to the weights, shape (D + 1, 1).
        """
        # BEGIN SOLUTION
        self.model.W = self.model.W - self.lr * dw
        # END SOLUTION


# %% public
test("optimizer")

# %% [markdown]
# ## 7. The solver
#
# The solver takes the same step again and again, notes the losses, and remembers the weights that did best on the
# validation data. Only the step is missing. With all training samples at once:
#
# 1. Call `self.model` with `self.X_train`: that gives the outputs (N, 1), and their gradients (N, D + 1), one a row.
# 2. Call `self.loss_func` with the outputs and `self.y_train`: losses (N, 1), and their gradients (N, 1).
# 3. Chain rule: multiply the two gradients of each sample. The loss to be made small is the *mean* over the samples, so
#    take the mean of these N rows. Bring it into the shape of `W`, (D + 1, 1).
# 4. Hand that to `self.opt.step`.


# %% task solver
class Solver:
    """Trains a model with all samples at once, and gives it its best weights in the end."""

    def __init__(self, model, data, loss_func, learning_rate, is_regression=True, verbose=True, print_every=100):
        self.model = model
        self.loss_func = loss_func
        self.opt = Optimizer(model, learning_rate)
        self.is_regression = is_regression
        self.verbose = verbose
        self.print_every = print_every
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        self.train_loss_history = []
        self.val_loss_history = []
        self.best_val_loss = None
        self.best_W = None

    def _step(self):
        """Give the model new weights, by one step with all training samples."""
        # BEGIN SOLUTION
        y_out, d_outputs = self.model(self.X_train)
        _, d_losses = self.loss_func(y_out, self.y_train)
        self.opt.step(np.mean(d_losses * d_outputs, axis=0).reshape(-1, 1))
        # END SOLUTION

    def check_loss(self, validation=True):
        """The mean loss of the validation data, or else of the training data."""
        X, y = (self.X_val, self.y_val) if validation else (self.X_train, self.y_train)
        return float(np.mean(self.loss_func.forward(self.model.forward(X), y)))

    def train(self, epochs=1000):
        """Take so many steps, and put the best weights into the model."""
        for epoch in range(epochs):
            self._step()
            train_loss, val_loss = self.check_loss(validation=False), self.check_loss()
            self.train_loss_history.append(train_loss)
            self.val_loss_history.append(val_loss)
            if self.verbose and epoch % self.print_every == 0:
                print(f"(Epoch {epoch} / {epochs}) train loss: {train_loss:f}; val_loss: {val_loss:f}")
            if self.best_val_loss is None or val_loss < self.best_val_loss:
                self.best_val_loss, self.best_W = val_loss, self.model.W
        self.model.W = self.best_W


# %% public
test("solver")

# %% [markdown]
# ## 8. Houses
#
# The data are 1,460 houses that were sold in Ames, Iowa. The feature is the living area, the target is the price, both
# scaled so that the training houses lie between 0 and 1. For the classifier, the 30 % cheapest houses are a "no", the
# 30 % most expensive ones a "yes", and the rest is left out.
#
# Get the data once with `chainrule data fetch housing`. Without them, the cells below make up houses and say so.
#
# When all tests pass, run the next two cells. The first fits a line to the prices with your `MSE`, the second lets your
# `Classifier` find the expensive houses. For each you see the data with what the model says about every area, dashed
# before training and solid after it, and below it how the losses fell.
#
# With the real houses: starting from weights of 0.1, one step of the classifier with learning rate 0.5 leads to
# `W` = 0.11574258 and 0.0832162. Untrained, the classifier is right for 58.2 % or 41.8 % of the test houses, which
# depends on chance alone. Its losses are about 0.580 in epoch 1000 and 0.33 after 25,000, and then it is right for
# 91.5 %.
#
# Think about what you see: Why is the loss close to log 2 = 0.693 at first? Why does the curve cross 1/2 where it does?
# What would the line from linear regression say about a house without any living area?


# %% given
def housing_data(labels=False):
    """X_train, y_train, and the same for val and test: areas and prices, or labels instead of prices."""
    area, price = area_and_price()
    rows = np.random.RandomState(0).permutation(len(area))
    ends = [int(0.6 * len(area)), int(0.8 * len(area))]
    parts = []
    for values in (area[rows], price[rows]):
        training = values[: ends[0]]
        scaled = (values - training.min()) / (training.max() - training.min())
        parts.append(np.split(scaled.reshape(-1, 1), ends))
    low, high = np.percentile(np.concatenate(parts[1]), [30, 70])
    data = {}
    for name, X, y in zip(("train", "val", "test"), *parts, strict=True):
        if labels:
            kept = ((y <= low) | (y >= high))[:, 0]
            X, y = X[kept], (y[kept] >= high) * 1.0
        data[f"X_{name}"], data[f"y_{name}"] = X.astype(np.float32), y
    return data


def area_and_price():
    """Living area and price of the houses; of made-up ones where the file is not here."""
    try:
        from chainrule.data import housing

        table = housing()
        return table.numbers("GrLivArea"), table.numbers("SalePrice")
    except (ImportError, OSError) as error:
        print(f"These houses are made up, as the real ones are not here: {error}")
        rng = np.random.RandomState(1)
        area = np.clip(rng.lognormal(7.27, 0.33, size=1460), 334, 5642)
        return area, np.clip(area * rng.lognormal(4.75, 0.25, size=1460), 34900, 745000)


def test_accuracy(y_pred, y_true):
    """The share of samples whose prediction, 1 where the probability is at least 1/2, is the label."""
    return float(np.mean((y_pred >= 0.5) == y_true))


test_accuracy.__test__ = False  # a measure, and no test for pytest


def plot_training(data, before, solver, ylabel):
    """Draw the training data with the model's curve before and after training, and the losses of all epochs."""
    import matplotlib.pyplot as plt

    figure, (fit, losses) = plt.subplots(2, 1, figsize=(7, 8), layout="constrained")
    grid = np.linspace(-0.05, 1.05, 200).reshape(-1, 1)
    fit.plot(data["X_train"], data["y_train"], ".", color="0.6", label="houses")
    fit.plot(grid, before(grid), "--", label="before training")
    fit.plot(grid, solver.model.forward(grid), "-", label="after training")
    fit.set(xlabel="living area, scaled", ylabel=ylabel)
    fit.legend()
    losses.plot(solver.train_loss_history, label="training")
    losses.plot(solver.val_loss_history, "--", label="validation")
    losses.set(xlabel="epoch", ylabel="mean loss", yscale="log")
    losses.legend()
    plt.show()
    return figure


def regression_experiment(epochs=25000):
    """Fit a line to the prices."""
    data = housing_data()
    model, start = LinearModel(num_features=1), LinearModel(num_features=1)
    model.initialize_weights()
    start.initialize_weights(model.W)
    solver = Solver(model, data, MSE(), learning_rate=1e-3, print_every=5000)
    solver.train(epochs)
    return plot_training(data, start.forward, solver, "price, scaled")


def classification_experiment(epochs=25000):
    """Find the expensive houses."""
    data = housing_data(labels=True)
    model, start = Classifier(num_features=1), Classifier(num_features=1)
    model.initialize_weights([[0.1], [0.1]])
    Solver(model, data, BCE(), learning_rate=0.5)._step()
    print("W after one step from 0.1, 0.1:", model.W.ravel())
    model.initialize_weights()
    start.initialize_weights(model.W)
    print(f"Test accuracy before training: {test_accuracy(model.forward(data['X_test']), data['y_test']):.1%}")
    solver = Solver(model, data, BCE(), learning_rate=0.1, is_regression=False, print_every=5000)
    solver.train(epochs)
    print(f"Test accuracy after training: {test_accuracy(model.forward(data['X_test']), data['y_test']):.1%}")
    return plot_training(data, start.forward, solver, "probability of expensive")


# %% given
if __name__ == "__main__":
    try:
        regression_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when all tests pass.")

# %% given
if __name__ == "__main__":
    try:
        classification_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when all tests pass.")

# %% teacher
import numpy as np

from chainrule.exercises import Exercise, Task, Test


def l1_forward_probe(work, y_out, y_truth):
    """The losses, and what became of the outputs."""
    loss = work.L1().forward(y_out, y_truth)
    return {"loss": loss, "y_out afterwards": y_out}


def l1_backward_probe(work, y_out, y_truth):
    """The gradient, and what became of the outputs."""
    gradient = work.L1().backward(y_out, y_truth)
    return {"gradient": gradient, "y_out afterwards": y_out}


def l1_zero_probe(work, y_out, y_truth):
    """The gradient where both are equal."""
    return {"gradient where both are equal": work.L1().backward(y_out, y_truth)}


def mse_forward_probe(work, y_out, y_truth):
    """The losses, and what became of the outputs."""
    loss = work.MSE().forward(y_out, y_truth)
    return {"loss": loss, "y_out afterwards": y_out}


def mse_backward_probe(work, y_out, y_truth):
    """The gradient, and what became of the outputs."""
    gradient = work.MSE().backward(y_out, y_truth)
    return {"gradient": gradient, "y_out afterwards": y_out}


def bce_forward_probe(work, y_out, y_truth):
    """The losses, and what became of the outputs."""
    loss = work.BCE().forward(y_out, y_truth)
    return {"loss": loss, "y_out afterwards": y_out}


def bce_backward_probe(work, y_out, y_truth):
    """The gradient, and what became of the outputs."""
    gradient = work.BCE().backward(y_out, y_truth)
    return {"gradient": gradient, "y_out afterwards": y_out}


def loss_inputs(rng, number):
    """Outputs on both sides of the truth, no two equal; in case 2 whole numbers."""
    shape = [(6, 1), (4, 1), (9, 1)][number % 3]
    y_truth = np.round(rng.normal(size=shape), 2)
    away = rng.uniform(0.3, 2.5, size=shape) * np.resize([1.0, -1.0, -1.0], shape)
    if number % 3 == 2:
        return np.round(5 * y_truth + 4 * away).astype(int), np.round(5 * y_truth).astype(int)
    return y_truth + away, y_truth


def equal_inputs(rng, number):
    """Outputs that are exactly the truth; zeros among them, and in case 2 whole numbers."""
    shape = [(5, 1), (3, 1), (8, 2)][number % 3]
    y_truth = rng.normal(size=shape)
    y_truth[0, 0] = 0.0
    if number % 3 == 2:
        y_truth = np.round(5 * y_truth).astype(int)
    return y_truth.copy(), y_truth


def bce_inputs(rng, number):
    """Probabilities that are not certain; both classes, then a weight between them, then targets above 1."""
    shape = [(6, 1), (4, 1), (9, 1)][number % 3]
    y_out = rng.uniform(0.1, 0.9, size=shape)
    targets = [[0, 1, 1], [0.25, 1.0, 0.0, 0.5], [2, 3, 4, 0, 1]][number % 3]
    return y_out, np.resize(targets, shape)


def sigmoid_number_probe(work, x):
    """Of one number."""
    return {"sigmoid(x)": work.Classifier(num_features=1).sigmoid(float(x))}


def sigmoid_probe(work, x):
    """Of an array, and what became of it."""
    out = work.Classifier(num_features=1).sigmoid(x)
    return {"sigmoid(x)": out, "x afterwards": x}


def zero_inputs(rng, number):
    """The number 0."""
    return (np.array(0.0),)


def zeros_inputs(rng, number):
    """Zeros of several shapes."""
    return (np.zeros([(3,), (4, 2), (2, 3, 5)][number % 3]),)


def hundred_inputs(rng, number):
    """100, and then a number near it."""
    return (np.array(100.0 + number * rng.uniform(-1, 1)),)


def hundreds_inputs(rng, number):
    """A hundred numbers, 100 and -100 among them; a line of them, and then rows."""
    x = 2 * rng.normal(size=[(100,), (20, 5), (10, 2, 5)][number % 3])
    x.flat[0], x.flat[-1], x.flat[3] = 100.0, -100.0, 0.0
    return (x,)


def classifier_forward_probe(work, X, W):
    """The outputs."""
    model = work.Classifier(num_features=X.shape[1])
    model.initialize_weights(W)
    return {"y": model.forward(X), "X afterwards": X, "W afterwards": model.W}


def classifier_backward_probe(work, X, W):
    """The gradient of each sample's output, asked twice."""
    model = work.Classifier(num_features=X.shape[1])
    model.initialize_weights(W)
    y = model.forward(X)
    dW = model.backward(y)
    first = np.array(dW)
    return {"dW": first, "change of dW when asked again": np.abs(model.backward(y) - first).max()}


def classifier_inputs(rng, number):
    """Samples and weights with a bias that matters."""
    n, d = [(6, 2), (3, 5), (8, 1)][number % 3]
    W = rng.normal(size=(d + 1, 1))
    W[-1] += np.sign(W[-1])
    return rng.normal(size=(n, d)), W


def optimizer_probe(work, W, dw, lr):
    """How far one step goes, and what became of the weights before."""

    class Model:
        """Has weights, and nothing else."""

    model = Model()
    model.W = before = W.copy()
    optimizer = work.Optimizer(model, learning_rate=float(lr))
    optimizer.step(dw)
    return {"change of W": model.W - W, "change of the old array": before - W}


def optimizer_inputs(rng, number):
    """Weights, their gradient, and a learning rate."""
    d = [2, 5, 1][number % 3]
    return rng.normal(size=(d + 1, 1)), rng.normal(size=(d + 1, 1)), np.array([0.5, 0.03, 0.2][number % 3])


def solver_probe(work, X_train, y_train, X_val, y_val, slopes):
    """What the optimizer is handed, by a solver with a made-up model and a made-up loss."""

    class Model:
        """Curves, not lines, so that nothing can be guessed from a real model."""

        return_grad = True
        W = np.zeros((len(slopes), 1))

        def __call__(self, X):
            y = self.forward(X)
            return y, self.backward(y) if self.return_grad else None

        def forward(self, X):
            self.X = X
            return np.cos(X @ slopes[:-1]) + slopes[-1]

        def backward(self, y):
            return np.concatenate([y**2 * self.X, 1 + y], axis=1)

    class Curve:
        """A loss that tells its arguments apart."""

        def __call__(self, y_out, y_truth):
            return self.forward(y_out, y_truth), self.backward(y_out, y_truth)

        def forward(self, y_out, y_truth):
            return y_out**3 - 5 * y_truth * y_out

        def backward(self, y_out, y_truth):
            return 3 * y_out**2 - 5 * y_truth

    class Recorder:
        """Takes no step, and remembers what it was handed."""

        steps = ()

        def step(self, dw):
            self.steps = (*self.steps, np.array(dw))

    data = {"X_train": X_train, "y_train": y_train, "X_val": X_val, "y_val": y_val}
    solver = work.Solver(Model(), data, Curve(), 0.1, verbose=False)
    solver.opt = Recorder()
    solver._step()
    taken = solver.opt.steps
    return {"dw": taken[-1] if taken else None, "number of steps": np.array(len(taken))}


def solver_inputs(rng, number):
    """Samples to train and to validate with, and numbers for the made-up model."""
    n, d, m = [(7, 2, 3), (5, 4, 6), (9, 1, 4)][number % 3]
    shapes = [(n, d), (n, 1), (m, d), (m, 1), (d + 1, 1)]
    return tuple(rng.normal(size=shape) for shape in shapes)


METHOD = "Method sigmoid() correctly implemented. Tests passed: {passed}/{total}"
ALL = "Congratulations you have passed all the unit tests!!! Tests passed: {passed}/{total}"
UNREDUCED = {"reduction": "none", "gradients": ("gradient", "")}
FORWARD = {"reduction": "none", "forward": "loss"}

EXERCISE = Exercise(
    "i2dl-4",
    "Losses, a classifier, an optimizer and a solver",
    (
        Task(
            "l1",
            15,
            (
                Test("L1ForwardTest", l1_forward_probe, loss_inputs, like="absolute_error", **FORWARD),
                Test("L1BackwardTestZero", l1_zero_probe, equal_inputs),
                Test("L1BackwardTestNormal", l1_backward_probe, loss_inputs, like="absolute_error", **UNREDUCED),
            ),
            "The L1 loss",
            ("L1",),
            ALL,
        ),
        Task(
            "mse",
            10,
            (
                Test("MSEForwardTest", mse_forward_probe, loss_inputs, like="squared_error", **FORWARD),
                Test("MSEBackwardTest", mse_backward_probe, loss_inputs, like="squared_error", **UNREDUCED),
            ),
            "The squared error",
            ("MSE",),
            ALL,
        ),
        # A logarithm of y + 1e-8, which many write, is as good.
        Task(
            "bce",
            20,
            (
                Test(
                    "BCEForwardTest",
                    bce_forward_probe,
                    bce_inputs,
                    like="binary_cross_entropy",
                    tolerance=1e-6,
                    **FORWARD,
                ),
                Test(
                    "BCEBackwardTest",
                    bce_backward_probe,
                    bce_inputs,
                    like="binary_cross_entropy",
                    tolerance=1e-6,
                    **UNREDUCED,
                ),
            ),
            "Binary cross-entropy",
            ("BCE",),
            ALL,
        ),
        Task(
            "sigmoid",
            10,
            (
                Test("Sigmoid_Of_Zero", sigmoid_number_probe, zero_inputs, cases=1),
                Test("Sigmoid_Of_Zero_Array", sigmoid_probe, zeros_inputs),
                Test("Sigmoid_Of_100", sigmoid_number_probe, hundred_inputs, like="sigmoid", forward="sigmoid(x)"),
                Test("Sigmoid_Of_Array_of_100", sigmoid_probe, hundreds_inputs, like="sigmoid", forward="sigmoid(x)"),
            ),
            "The sigmoid",
            ("sigmoid",),
            METHOD,
        ),
        Task(
            "classifier",
            20,
            (
                Test("ClassifierForwardTest", classifier_forward_probe, classifier_inputs, forward="y"),
                Test("ClassifierBackwardTest", classifier_backward_probe, classifier_inputs, forward="dW"),
            ),
            "The classifier",
            ("Classifier",),
            ALL,
        ),
        Task(
            "optimizer",
            10,
            (Test("OptimizerStepTest", optimizer_probe, optimizer_inputs),),
            "The optimizer",
            ("Optimizer",),
            ALL,
        ),
        Task(
            "solver", 15, (Test("SolverStepTest", solver_probe, solver_inputs),), "The solver's step", ("Solver",), ALL
        ),
    ),
    forbidden=("chainrule.courses", "chainrule.ops", "torch", "jax", "tensorflow", "autograd", "sklearn", "scipy"),
)
