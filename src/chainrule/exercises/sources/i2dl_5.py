"""I2DL, exercise 5: layers as pairs of functions, and a network of two of them that learns the prices of houses."""

# The cells of a notebook: imports stand where they are needed, and `test` is there in the learner's notebook.
# ruff: noqa: E402, F811, F821
# Learners write no types.
# mypy: ignore-errors

# %% [markdown]
# # A network of two layers
#
# A straight line fits the prices of houses only roughly. In this exercise you write two kinds of layers, put them
# together into a network whose curve may bend, and train it. NumPy is enough.
#
# **A layer is a pair of functions.**
#
# - `NAME_forward(...)` returns the layer's output and a *cache*: a tuple of all that the way back will need. What goes
#   into it is up to you.
# - `NAME_backward(dout, cache)` gets `dout`, the gradient of the loss with respect to that output, and returns the
#   gradients with respect to forward's arguments, each of its argument's shape.
#
# Nothing is remembered between the calls but the cache. So a layer can be used twice in a network, once for each cache.
#
# **Who divides by N?** Here the loss does not, it gives one number for each sample. The *affine layer* does: the
# gradients of its weights and of its bias, which all samples share, are *means* over the N samples. The gradient that
# it hands on to its inputs is no mean, since each sample has inputs of its own. (Later editions of the course put the
# 1/N into the loss, and the layers only add up. With a mean in both places, gradients would be N times too small.)
#
# **Leave arguments as they are.** A function makes new arrays for its results and writes neither into `dout` nor into
# the cache: asked twice, it answers the same.

# %% given
import numpy as np

# %% [markdown]
# ## 1. The affine layer
#
# Each of the M units weighs the D numbers of a sample and adds its own bias: `out[n, m]` is the sum over d of
# `x[n, d] * w[d, m]`, plus `b[m]`.
#
# A sample may come as a picture, so that `x` has the shape (N, d1, ..., dk). Then its d1 * ... * dk = D numbers are put
# into one row first. On the way back, `dx` has to get the picture's shape again.
#
# For each gradient, ask which outputs an entry has an influence on, and how strongly. `b[m]`, for example, is added to
# column m of the outputs in every sample. Sum over all these outputs `dout` times that strength, and find the product
# of two matrices that does it for all entries at once. The shapes leave little choice: (N, D), (D, M) and (N, M) fit
# together in one way for each result. Mind what was said about N above.


# %% task affine
def affine_forward(x, w, b):
    """Weigh the inputs and add a bias.

    Args:
        x: inputs, shape (N, d1, ..., dk); each sample is read as one row of D = d1 * ... * dk numbers.
        w: weights, shape (D, M).
        b: bias, shape (M,).

    Returns:
        out: shape (N, M).  cache: what `affine_backward` needs.
    """
    # BEGIN SOLUTION
    rows = x.reshape(len(x), -1)
    return rows @ w + b, (x, w)
    # END SOLUTION


def affine_backward(dout, cache):
    """The gradients dx, dw and db, in this order.

    Args:
        dout: gradient with respect to the output, shape (N, M).
        cache: from `affine_forward`.

    Returns:
        dx: shape of x.  dw: shape (D, M), a mean over the samples.  db: shape (M,), a mean over the samples.
    """
    # BEGIN SOLUTION
    x, w = cache
    rows = x.reshape(len(x), -1)
    dx = (dout @ w.T).reshape(x.shape)
    return dx, rows.T @ dout / len(x), np.mean(dout, axis=0)
    # END SOLUTION


# %% public
test("affine")

# %% [markdown]
# ## 2. The sigmoid layer
#
# Two affine layers in a row are no more than one affine layer (why?). Between them goes a function that bends, here
# `1 / (1 + exp(-x))`, for each entry by itself.
#
# On the way back an entry gets its own part of `dout`, times the slope of the sigmoid at that entry. No sums are
# needed. The slope can be written with the sigmoid's *output* alone; that makes it a good thing to put into the cache.


# %% task sigmoid
def sigmoid_forward(x):
    """Squeeze each entry to between 0 and 1.

    Args:
        x: inputs, any shape.

    Returns:
        out: the shape of x.  cache: what `sigmoid_backward` needs.
    """
    # BEGIN SOLUTION
    out = 1 / (1 + np.exp(-x))
    return out, out
    # END SOLUTION


def sigmoid_backward(dout, cache):
    """The gradient dx, shape of x.

    Args:
        dout: gradient with respect to the output, the same shape.
        cache: from `sigmoid_forward`.
    """
    # BEGIN SOLUTION
    out = cache
    return dout * out * (1 - out)
    # END SOLUTION


# %% public
test("sigmoid")

# %% [markdown]
# ## 3. The network
#
# `RegressionNet` is an affine layer, a sigmoid, and another affine layer with a single unit:
#
#     X (N, D)  ->  affine, W1 (D, H), b1 (H,)  ->  sigmoid  ->  affine, W2 (H, 1), b2 (1,)  ->  y (N, 1)
#
# `forward` calls the three forward functions in this order and keeps their caches. `backward` gets the gradient of the
# loss with respect to y. It calls the backward functions in the opposite order, each with the cache of its own layer,
# and hands on what comes out: the gradient of a layer's input is that of the output of the layer before.
#
# The gradients of the four parameters go into `self.grads`, under the parameters' names. The 1/N is in your
# `affine_backward` already, so nothing is divided here.


# %% task network
class RegressionNet:
    """Affine, sigmoid, affine: one number for each sample."""

    def __init__(self, input_size, hidden_size, std=1e-3, rng=None):
        """Start from weights with the standard deviation ``std``, and biases of 0."""
        rng = np.random.default_rng(rng)
        self.params = {
            "W1": std * rng.normal(size=(input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": std * rng.normal(size=(hidden_size, 1)),
            "b2": np.zeros(1),
        }
        self.grads = {}
        self.cache = None

    def forward(self, X):
        """The outputs, shape (N, 1).

        Args:
            X: samples, shape (N, D).
        """
        # BEGIN SOLUTION
        hidden, first = affine_forward(X, self.params["W1"], self.params["b1"])
        active, middle = sigmoid_forward(hidden)
        y, last = affine_forward(active, self.params["W2"], self.params["b2"])
        self.cache = first, middle, last
        return y
        # END SOLUTION

    def backward(self, dy):
        """Fill `self.grads`, and return it: "W1", "b1", "W2", "b2", each of its parameter's shape.

        Args:
            dy: gradient of the loss with respect to the outputs, shape (N, 1).
        """
        assert self.cache is not None, "run a forward pass before the backward pass"
        # BEGIN SOLUTION
        first, middle, last = self.cache
        d_active, dW2, db2 = affine_backward(dy, last)
        d_hidden = sigmoid_backward(d_active, middle)
        _, dW1, db1 = affine_backward(d_hidden, first)
        self.grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        return self.grads
        # END SOLUTION


# %% public
test("network")

# %% [markdown]
# ## 4. Houses
#
# The data are 1,460 houses that were sold in Ames, Iowa: living area in, price out, both scaled so that the training
# houses lie between 0 and 1. Get them once with `chainrule data fetch housing`. Without them, the cell below makes up
# houses and says so.
#
# When all tests pass, run the next two cells. They train a network of ten hidden units by gradient descent with the
# squared error, and draw the houses with the network's curve before and after training, the best straight line for
# comparison, and the losses. With the real houses the last training loss is 0.00655; the best line has 0.00678.
#
# Where does the curve leave the line, and does that look like houses, or like single outliers? Start once more with
# `std=0.001`: why do the losses fall so slowly at first, and what do ten hidden units have in common then?


# %% given
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


def housing_data():
    """X_train, y_train, X_val, y_val: areas and prices, shape (N, 1), scaled by the training houses."""
    area, price = area_and_price()
    rows = np.random.RandomState(0).permutation(len(area))
    ends = [int(0.6 * len(area)), int(0.8 * len(area))]
    parts = []
    for values in (area[rows], price[rows]):
        training = values[: ends[0]]
        scaled = (values - training.min()) / (training.max() - training.min())
        parts.append(np.split(scaled.reshape(-1, 1), ends))
    (X_train, X_val, _), (y_train, y_val, _) = parts
    return X_train, y_train, X_val, y_val


def train(net, X, y, X_val, y_val, learning_rate=0.1, epochs=5000, print_every=1000):
    """Take one step with all samples in each epoch, and return the mean losses, of training and validation."""
    losses, val_losses = [], []
    for epoch in range(epochs):
        val_losses.append(float(np.mean((net.forward(X_val) - y_val) ** 2)))
        y_out = net.forward(X)
        losses.append(float(np.mean((y_out - y) ** 2)))
        grads = net.backward(2 * (y_out - y))
        net.params = {name: values - learning_rate * grads[name] for name, values in net.params.items()}
        if epoch % print_every == 0:
            print(f"(Epoch {epoch} / {epochs}) train loss: {losses[-1]:f}; val loss: {val_losses[-1]:f}")
    return losses, val_losses


def houses_experiment(epochs=5000, std=1.0):
    """Train a network on the houses, and draw its curve and its losses."""
    import matplotlib.pyplot as plt

    X, y, X_val, y_val = housing_data()
    net = RegressionNet(1, 10, std=std, rng=3)
    grid = np.linspace(-0.05, 1.05, 200).reshape(-1, 1)
    before = net.forward(grid)
    losses, val_losses = train(net, X, y, X_val, y_val, epochs=epochs)
    line = np.polynomial.Polynomial.fit(X.ravel(), y.ravel(), 1)
    print(f"Last training loss: {losses[-1]:f}; of the best line: {np.mean((line(X) - y) ** 2):f}")
    figure, (fit, curves) = plt.subplots(2, 1, figsize=(7, 8), layout="constrained")
    fit.plot(X, y, ".", color="0.6", label="houses")
    fit.plot(grid, before, "--", label="before training")
    fit.plot(grid, net.forward(grid), "-", label="after training")
    fit.plot(grid, line(grid), ":", color="k", label="best line")
    fit.set(xlabel="living area, scaled", ylabel="price, scaled", ylim=(-1.0, 1.1))
    fit.legend()
    curves.plot(losses, label="training")
    curves.plot(val_losses, "--", label="validation")
    curves.set(xlabel="epoch", ylabel="mean loss", yscale="log")
    curves.legend()
    plt.show()
    return figure


# %% given
if __name__ == "__main__":
    try:
        houses_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when all tests pass.")

# %% teacher
import numpy as np

from chainrule.exercises import Exercise, Task, Test


def affine_forward_probe(work, x, w, b):
    """The output, and what became of the inputs."""
    out, _ = work.affine_forward(x, w, b)
    return {"out": out, "x afterwards": x}


def affine_backward_probe(work, x, w, b, dout):
    """The three gradients; whether they are the same when asked again; what became of dout."""
    _, cache = work.affine_forward(x, w, b)
    work.affine_forward(-2 * x, w + 1, b)
    dx, dw, db = work.affine_backward(dout, cache)
    first = np.array(dw)
    again = work.affine_backward(dout, cache)[1]
    change = np.abs(again - first).max()
    return {"dx": dx, "dw": dw, "db": db, "change of dw when asked again": change, "dout afterwards": dout}


def affine_pictures_probe(work, x, w, b, dout):
    """The same numbers as pictures and as rows: what differs, and the shape in which dx comes back."""
    out, cache = work.affine_forward(x, w, b)
    dx, dw, db = work.affine_backward(dout, cache)
    rows_out, cache = work.affine_forward(x.reshape(len(x), -1), w, b)
    _, rows_dw, rows_db = work.affine_backward(dout, cache)
    return {
        "difference of out for pictures and for rows": np.abs(out - rows_out).max(),
        "dx": dx,
        "difference of dw for pictures and for rows": np.abs(dw - rows_dw).max(),
        "difference of db for pictures and for rows": np.abs(db - rows_db).max(),
    }


def affine_arrays(rng, number):
    """Rows, weights and a bias; more numbers than samples, and fewer."""
    n, d, m = [(5, 3, 7), (4, 6, 2), (7, 2, 3)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)


def affine_inputs(rng, number):
    """With what comes back."""
    x, w, b = affine_arrays(rng, number)
    return x, w, b, rng.normal(size=(len(x), len(b)))


def picture_inputs(rng, number):
    """Samples of two and three axes."""
    shape, m = [((5, 2, 3), 4), ((4, 3, 2, 2), 5), ((6, 1, 3), 2)][number % 3]
    d = int(np.prod(shape[1:]))
    return rng.normal(size=shape), rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(shape[0], m))


def sigmoid_forward_probe(work, x):
    """The output, and what became of the inputs."""
    out, _ = work.sigmoid_forward(x)
    return {"out": np.array(out), "x afterwards": x}


def sigmoid_backward_probe(work, x, dout):
    """The gradient; whether it is the same when asked again; what became of dout."""
    _, cache = work.sigmoid_forward(x)
    work.sigmoid_forward(1 - 2 * x)
    dx = work.sigmoid_backward(dout, cache)
    first = np.array(dx)
    again = work.sigmoid_backward(dout, cache)
    return {"dx": first, "change of dx when asked again": np.abs(again - first).max(), "dout afterwards": dout}


def sigmoid_arrays(rng, number):
    """Numbers on both sides, 0 and large ones among them."""
    x = 2 * rng.normal(size=[(4, 5), (7,), (2, 3, 4)][number % 3])
    x.flat[0], x.flat[1], x.flat[2] = 0.0, 100.0, -100.0
    return (x,)


def sigmoid_inputs(rng, number):
    """With what comes back."""
    (x,) = sigmoid_arrays(rng, number)
    return x, rng.normal(size=x.shape)


def network_forward_probe(work, X, W1, b1, W2, b2):
    """The outputs."""
    net = work.RegressionNet(X.shape[1], len(b1))
    net.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return {"y": net.forward(X)}


def network_backward_probe(work, X, W1, b1, W2, b2, dy):
    """The gradients of the parameters, from `grads`; and whether backward returns the same."""
    net = work.RegressionNet(X.shape[1], len(b1))
    net.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    net.forward(X)
    returned, grads = net.backward(dy), net.grads
    same = returned and np.array(all(np.array_equal(returned.get(name), grads[name]) for name in grads))
    return {"dW1": grads["W1"], "db1": grads["b1"], "dW2": grads["W2"], "db2": grads["b2"], "backward": same}


def network_arrays(rng, number):
    """Samples, and the parameters of both layers."""
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 4)][number % 3]
    shapes = [(n, d), (d, h), (h,), (h, 1), (1,)]
    return tuple(rng.normal(size=shape) for shape in shapes)


def network_inputs(rng, number):
    """With what comes back."""
    arrays = network_arrays(rng, number)
    return *arrays, rng.normal(size=(len(arrays[0]), 1))


ALL = "Congratulations you have passed all the unit tests!!! Tests passed: {passed}/{total}"

EXERCISE = Exercise(
    "i2dl-5",
    "Layers as pairs of functions, and a network of two",
    (
        Task(
            "affine",
            40,
            (
                Test(
                    "AffineForwardTest",
                    affine_forward_probe,
                    affine_arrays,
                    like="affine",
                    reduction="layer mean",
                    forward="out",
                ),
                Test(
                    "AffineBackwardTest",
                    affine_backward_probe,
                    affine_inputs,
                    like="affine",
                    reduction="layer mean",
                    gradients=("dx", "dw", "db"),
                    d_out=3,
                ),
                Test(
                    "AffinePicturesTest",
                    affine_pictures_probe,
                    picture_inputs,
                    gradients=("dx", "", ""),
                    d_out=3,
                ),
            ),
            "The affine layer",
            ("affine_forward", "affine_backward"),
            ALL,
        ),
        Task(
            "sigmoid",
            20,
            (
                Test("SigmoidForwardTest", sigmoid_forward_probe, sigmoid_arrays, like="sigmoid", forward="out"),
                Test(
                    "SigmoidBackwardTest",
                    sigmoid_backward_probe,
                    sigmoid_inputs,
                    like="sigmoid",
                    gradients=("dx",),
                    d_out=1,
                ),
            ),
            "The sigmoid layer",
            ("sigmoid_forward", "sigmoid_backward"),
            ALL,
        ),
        Task(
            "network",
            40,
            (
                Test("RegressionNetForwardTest", network_forward_probe, network_arrays, forward="y"),
                Test(
                    "RegressionNetBackwardTest",
                    network_backward_probe,
                    network_inputs,
                    gradients=("", "dW1", "db1", "dW2", "db2"),
                    d_out=5,
                ),
            ),
            "The network",
            ("RegressionNet",),
            ALL,
        ),
    ),
    forbidden=("chainrule.courses", "chainrule.ops", "torch", "jax", "tensorflow", "autograd", "sklearn", "scipy"),
)
