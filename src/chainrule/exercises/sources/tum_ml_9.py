"""TUM machine learning, exercise 9: layers with a cache, softmax regression and a two-layer network on the digits."""

# The cells of a notebook: imports stand where they are needed, and `test` is there in the learner's notebook. Learners
# seed the global generator, so that is what their weights are drawn from.
# ruff: noqa: E402, F811, F821, NPY002
# Learners write no types.
# mypy: ignore-errors

# %% [markdown]
# # Softmax regression and a two-layer network
#
# In this exercise you write three layers, each with a forward and a backward pass, and stack them into two classifiers
# of handwritten digits. Nothing is needed but NumPy.
#
# A layer is an object that is called twice in each step of training:
#
# - `forward(...)` computes the layer's output, and puts into `self.cache` whatever the way back will need.
# - `backward(d_out)` gets the derivative of the loss with respect to that output, an array of the output's shape, and
#   returns the derivatives with respect to forward's arguments, each of its argument's shape.
#
# Samples are rows: N samples, D features, H units, K classes.
#
# **Who divides by N?** The loss is a mean over the samples, so the loss divides by N. The layers do not: the derivative
# that reaches them has its 1/N already, and they only add up what each sample contributes.
#
# **Two promises.** Asked twice in a row, `backward` gives the same answer twice. And no method writes into an array
# that it was given: make a new array instead.
#
# Sizes are a good check of every line you write. If `weight` is (D, H), then so is `d_weight`, and of the products of
# `inputs`, (N, D), and `d_out`, (N, H), there is one that has this size.

# %% given
import numpy as np

# %% [markdown]
# ## 1. The affine layer
#
# Each unit h weighs the features of a sample and adds its own bias:
#
#     outputs[n, h] = sum over d of inputs[n, d] * weight[d, h]  +  bias[h]
#
# For the way back, take one entry of an argument and ask which outputs it has an influence on. The entry
# `weight[d, h]` acts on column h of the outputs, once in every sample, with the factor `inputs[n, d]`; `bias[h]` acts
# on that column as well; `inputs[n, d]` acts on the whole row n. What an entry gets is the sum over all the outputs
# that it acts on. Write these sums down, then find the matrix products that compute them all at once. No loops are
# needed.


# %% task affine
class Affine:
    """A layer that weighs its inputs and adds a bias."""

    def __init__(self):
        self.cache = None

    def forward(self, inputs, weight, bias):
        """The outputs, shape (N, H).

        Args:
            inputs: one sample a row, shape (N, D).
            weight: shape (D, H).
            bias: shape (H,).
        """
        # BEGIN SOLUTION
        self.cache = inputs, weight
        return inputs @ weight + bias
        # END SOLUTION

    def backward(self, d_out):
        """The derivatives d_inputs (N, D), d_weight (D, H) and d_bias (H,), in this order.

        Args:
            d_out: derivative of the loss with respect to the outputs, shape (N, H).
        """
        # BEGIN SOLUTION
        inputs, weight = self.cache
        return d_out @ weight.T, inputs.T @ d_out, np.sum(d_out, axis=0)
        # END SOLUTION


# %% public
test("affine")

# %% [markdown]
# ## 2. ReLU
#
# The rectifier keeps what is positive and puts 0 in the place of everything else. It works on each entry by itself, so
# on the way back an entry gets its own part of `d_out` where it was let through, and nothing where it was not.
#
# At 0 the function has a corner, and no derivative. Take 0 there.


# %% task relu
class ReLU:
    """A layer without parameters: the larger one of each entry and 0."""

    def __init__(self):
        self.cache = None

    def forward(self, inputs):
        """The rectified inputs, an array of their shape."""
        # BEGIN SOLUTION
        self.cache = inputs
        return np.maximum(inputs, 0)
        # END SOLUTION

    def backward(self, d_out):
        """The derivative d_inputs, an array of the inputs' shape; ``d_out`` stays as it is."""
        # BEGIN SOLUTION
        inputs = self.cache
        return d_out * (inputs > 0)
        # END SOLUTION


# %% public
test("relu")

# %% [markdown]
# ## 3. Softmax without overflow
#
# A row of K numbers, the logits, becomes a row of probabilities by
#
#     softmax(x)_k = exp(x_k) / sum over j of exp(x_j)
#
# As it stands, this fails for large logits: `np.exp(1000)` is infinite. Two identities help. Show with pen and paper
# that they hold for every number a, and choose an a for each row such that no exponential can overflow and at least one
# of them is exactly 1:
#
#     logsumexp(x) = log(sum over j of exp(x_j)) = a + logsumexp(x - a)
#     softmax(x)   = softmax(x - a)
#
# The logarithm of softmax is needed most often. It must not be taken of a probability that has been rounded to 0, so
# write it as a difference that has a logsumexp in it.
#
# All three work row by row.


# %% task softmax
def logsumexp(x):
    """The logarithm of the sum of a row's exponentials, for each row: x has shape (N, K), the result (N,)."""
    # BEGIN SOLUTION
    a = np.max(x, axis=1, keepdims=True)
    return a[:, 0] + np.log(np.sum(np.exp(x - a), axis=1))
    # END SOLUTION


def softmax(x):
    """The probabilities of each row: x and the result have shape (N, K)."""
    # BEGIN SOLUTION
    exponentials = np.exp(x - np.max(x, axis=1, keepdims=True))
    return exponentials / np.sum(exponentials, axis=1, keepdims=True)
    # END SOLUTION


def log_softmax(x):
    """The logarithms of these probabilities, finite for all finite x: x and the result have shape (N, K)."""
    # BEGIN SOLUTION
    return x - logsumexp(x)[:, np.newaxis]
    # END SOLUTION


# %% public
test("softmax")

# %% [markdown]
# ## 4. The loss
#
# Labels are one-hot: row n has a 1 in the column of its class and 0 elsewhere. The loss is the mean surprise at the
# right class,
#
#     loss = -(1/N) * sum over n and k of labels[n, k] * log(softmax(logits)[n, k])
#
# For the derivative of one sample, write the logarithm of softmax as a difference as above and differentiate that. Most
# terms vanish, and what remains is short enough to be said in one sentence. Labels are data, so there is no derivative
# for them: return `None` in its place.
#
# A layer may stand before something else than the end, so `d_out` may be any number.


# %% task cross_entropy
class CategoricalCrossEntropy:
    """The mean cross-entropy of logits and one-hot labels."""

    def __init__(self):
        self.cache = None

    def forward(self, logits, labels):
        """The loss, one number.

        Args:
            logits: shape (N, K).
            labels: one-hot rows, shape (N, K).
        """
        # BEGIN SOLUTION
        self.cache = softmax(logits), labels
        return -np.sum(labels * log_softmax(logits)) / len(logits)
        # END SOLUTION

    def backward(self, d_out=1.0):
        """The derivative d_logits, shape (N, K), and None for the labels.

        Args:
            d_out: derivative of what follows with respect to the loss, one number.
        """
        # BEGIN SOLUTION
        probabilities, labels = self.cache
        return d_out * (probabilities - labels) / len(labels), None
        # END SOLUTION


# %% public
test("cross_entropy")

# %% [markdown]
# ## 5. Softmax regression
#
# One affine layer and the loss already make a classifier. `predict` gives the probabilities of the classes. `step` goes
# through the layers, first forward with all samples, then back in the opposite order, moves each parameter against its
# derivative,
#
#     parameter = parameter - learning_rate * derivative
#
# and returns the loss that it found before it moved.


# %% task logistic_regression
class LogisticRegression:
    """Softmax regression. Its parameters start at zero.

    Args:
        num_features: D.
        num_classes: K.
        learning_rate: of gradient descent.
    """

    def __init__(self, num_features, num_classes, learning_rate=1e-2):
        self.learning_rate = learning_rate
        self.params = {"W": np.zeros((num_features, num_classes)), "b": np.zeros(num_classes)}
        self.affine = Affine()
        self.cross_entropy = CategoricalCrossEntropy()

    def predict(self, X):
        """The probabilities of the classes, shape (N, K), of samples X, shape (N, D)."""
        # BEGIN SOLUTION
        return softmax(self.affine.forward(X, self.params["W"], self.params["b"]))
        # END SOLUTION

    def step(self, X, Y):
        """Take one step with samples X, shape (N, D), and one-hot labels Y, (N, K); return the loss before it."""
        # BEGIN SOLUTION
        logits = self.affine.forward(X, self.params["W"], self.params["b"])
        loss = self.cross_entropy.forward(logits, Y)
        d_logits, _ = self.cross_entropy.backward()
        _, d_W, d_b = self.affine.backward(d_logits)
        self.params["W"] = self.params["W"] - self.learning_rate * d_W
        self.params["b"] = self.params["b"] - self.learning_rate * d_b
        return loss
        # END SOLUTION


# %% public
test("logistic_regression")

# %% [markdown]
# ## 6. A network with one hidden layer
#
# Affine, ReLU, affine, and then the same loss. If all weights started at zero, every hidden unit would stay like every
# other one, so they start at random, uniform between -r and r with r = sqrt(6 / (number of inputs + number of
# outputs)). This is called Xavier's or Glorot's rule and keeps the signals of all layers at about one size.
#
# There are two affine layers here, and each has its own cache: use both objects.


# %% task network
class FeedforwardNeuralNet:
    """A network with one hidden layer of rectified units.

    Args:
        input_size: D.
        hidden_size: H.
        output_size: K.
        learning_rate: of gradient descent.
    """

    def __init__(self, input_size, hidden_size, output_size, learning_rate=1e-2):
        self.learning_rate = learning_rate
        r1 = np.sqrt(6 / (input_size + hidden_size))
        r2 = np.sqrt(6 / (hidden_size + output_size))
        self.params = {
            "W1": np.random.uniform(-r1, r1, (input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": np.random.uniform(-r2, r2, (hidden_size, output_size)),
            "b2": np.zeros(output_size),
        }
        self.affine1, self.relu, self.affine2 = Affine(), ReLU(), Affine()
        self.cross_entropy = CategoricalCrossEntropy()

    def predict(self, X):
        """The probabilities of the classes, shape (N, K), of samples X, shape (N, D)."""
        # BEGIN SOLUTION
        hidden = self.relu.forward(self.affine1.forward(X, self.params["W1"], self.params["b1"]))
        return softmax(self.affine2.forward(hidden, self.params["W2"], self.params["b2"]))
        # END SOLUTION

    def step(self, X, Y):
        """Take one step with samples X, shape (N, D), and one-hot labels Y, (N, K); return the loss before it."""
        # BEGIN SOLUTION
        hidden = self.relu.forward(self.affine1.forward(X, self.params["W1"], self.params["b1"]))
        logits = self.affine2.forward(hidden, self.params["W2"], self.params["b2"])
        loss = self.cross_entropy.forward(logits, Y)
        d_logits, _ = self.cross_entropy.backward()
        d_hidden, d_W2, d_b2 = self.affine2.backward(d_logits)
        _, d_W1, d_b1 = self.affine1.backward(self.relu.backward(d_hidden))
        for name, derivative in {"W1": d_W1, "b1": d_b1, "W2": d_W2, "b2": d_b2}.items():
            self.params[name] = self.params[name] - self.learning_rate * derivative
        return loss
        # END SOLUTION


# %% public
test("network")

# %% [markdown]
# ## 7. The digits
#
# scikit-learn comes with 1,797 digits of 8 by 8 pixels. Three quarters of them are for training. Every epoch is one
# step with all of them.
#
# With zero weights every class has probability 1/10, so the first loss of softmax regression has to be log 10 = 2.3026.
# After that nothing is left to chance: the loss is 0.2275 in epoch 50 and 0.0696 in epoch 500, and 0.953 of the test
# digits are read rightly. The network starts at random; between 0.93 and 0.96 is usual.
#
# Run the next two cells when all tests pass. Which of the two losses begins higher, and why? Which model has the
# smaller loss in the end, and does it also read more of the test digits?


# %% given
def digits_data():
    """X_train, X_test, Y_train, Y_test: the digits, split in the same way each time, with one-hot labels."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    return train_test_split(
        digits.data, np.eye(10)[digits.target], test_size=0.25, random_state=np.random.RandomState(123)
    )


def train(model, X, Y, epochs=501, report_every=50):
    """Take one step with all samples in each epoch, and return all losses."""
    losses = []
    for epoch in range(epochs):
        losses.append(float(model.step(X, Y)))
        if epoch % report_every == 0:
            print(f"Epoch {epoch:4}, loss = {losses[-1]:.4f}")
    return losses


def test_accuracy(model, X, Y):
    """The share of samples whose most probable class is the right one."""
    accuracy = float(np.mean(np.argmax(model.predict(X), axis=1) == np.argmax(Y, axis=1)))
    print(f"test set accuracy = {accuracy:.3f}")
    return accuracy


def plot_losses(runs):
    """Draw the losses of several runs, given by name, on a logarithmic axis."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, losses in runs.items():
        axes.semilogy(losses, label=f"{name}: {losses[-1]:.4f} in the end")
    axes.set(xlabel="epoch", ylabel="mean cross-entropy", title="Losses of the training digits")
    axes.grid(alpha=0.3)
    axes.legend()
    plt.show()
    return figure


def digits_experiment(epochs=501):
    """Train both models, print how well they read the test digits, and draw their losses."""
    X_train, X_test, Y_train, Y_test = digits_data()
    models = {"softmax regression": LogisticRegression(64, 10), "two layers": FeedforwardNeuralNet(64, 32, 10)}
    runs = {}
    for name, model in models.items():
        print(name)
        runs[name] = train(model, X_train, Y_train, epochs)
        test_accuracy(model, X_test, Y_test)
    return plot_losses(runs)


# %% given
if __name__ == "__main__":
    try:
        digits_experiment()
    except NotImplementedError:
        print("Something is not written yet. Run this again when all tests pass.")

# %% teacher
import functools

import numpy as np

from chainrule.exercises import Exercise, Task, Test


def affine_forward_probe(work, inputs, weight, bias):
    """What forward gives."""
    return {"outputs": work.Affine().forward(inputs, weight, bias)}


def affine_backward_probe(work, inputs, weight, bias, d_out):
    """The three derivatives."""
    layer = work.Affine()
    outputs = layer.forward(inputs, weight, bias)
    d_inputs, d_weight, d_bias = layer.backward(d_out)
    return {"outputs": outputs, "d_inputs": d_inputs, "d_weight": d_weight, "d_bias": d_bias}


def affine_twice_probe(work, inputs, weight, bias, d_out):
    """Asked twice, of two layers in turn: nothing may be overwritten or shared."""
    layer, other = work.Affine(), work.Affine()
    outputs = layer.forward(inputs, weight, bias)
    other.forward(-2 * inputs, weight + 1, bias)
    layer.backward(d_out)
    d_inputs, d_weight, d_bias = layer.backward(d_out)
    derivatives = {"d_inputs": d_inputs, "d_weight": d_weight, "d_bias": d_bias}
    return {"outputs": outputs, **derivatives, "d_out after backward": d_out}


def affine_arrays(rng, number):
    """Inputs, weight and bias; more features than samples, and fewer."""
    n, d, h = [(5, 3, 7), (4, 6, 2), (7, 2, 3)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)


def affine_inputs(rng, number):
    """With what comes back."""
    inputs, weight, bias = affine_arrays(rng, number)
    return inputs, weight, bias, rng.normal(size=(len(inputs), len(bias)))


def relu_forward_probe(work, inputs):
    """What forward gives."""
    return {"outputs": work.ReLU().forward(inputs)}


def relu_backward_probe(work, inputs, d_out):
    """The derivative."""
    layer = work.ReLU()
    outputs = layer.forward(inputs)
    return {"outputs": outputs, "d_inputs": layer.backward(d_out)}


def relu_twice_probe(work, inputs, d_out):
    """Asked twice, and what became of the arrays that were given."""
    layer = work.ReLU()
    outputs = layer.forward(inputs)
    layer.backward(d_out)
    results = {"outputs": outputs, "d_inputs": layer.backward(d_out)}
    return {**results, "inputs after backward": inputs, "d_out after backward": d_out}


def relu_arrays(rng, number):
    """Some entries are exactly 0, which is where the slope is a choice."""
    inputs = rng.normal(size=[(4, 5), (7, 3), (2, 6)][number % 3])
    inputs[0, 0] = 0.0
    inputs[-1, -1] = -0.0
    return (inputs,)


def relu_inputs(rng, number):
    """With what comes back."""
    (inputs,) = relu_arrays(rng, number)
    return inputs, rng.normal(size=inputs.shape)


def logsumexp_probe(work, x):
    """One number a row."""
    return {"logsumexp": work.logsumexp(x)}


def softmax_probe(work, x):
    """Probabilities."""
    return {"softmax": work.softmax(x)}


def log_softmax_probe(work, x):
    """Their logarithms."""
    return {"log_softmax": work.log_softmax(x)}


def large_logits_probe(work, x):
    """All three where exponentials overflow."""
    return {"logsumexp": work.logsumexp(x), "softmax": work.softmax(x), "log_softmax": work.log_softmax(x)}


def softmax_inputs(rng, number):
    """Logits of moderate size."""
    return (rng.normal(0, 2, size=[(4, 3), (3, 6), (2, 5)][number % 3]),)


def large_logits_inputs(rng, number):
    """Rows far up and far down: what is taken off has to be each row's own."""
    x = rng.normal(0, 2, size=[(4, 3), (3, 6), (5, 5)][number % 3])
    x[0] += 1000
    x[1] -= 1000
    x[2, 1] += 800
    return (x,)


def cross_entropy_forward_probe(work, logits, labels):
    """The loss."""
    return {"loss": work.CategoricalCrossEntropy().forward(logits, labels)}


def cross_entropy_backward_probe(work, logits, labels, d_out):
    """The derivative; whoever returns it without None has it as well."""
    layer = work.CategoricalCrossEntropy()
    loss = layer.forward(logits, labels)
    given = layer.backward(d_out)
    return {"loss": loss, "d_logits": given[0] if isinstance(given, tuple) else given}


def cross_entropy_twice_probe(work, logits, labels):
    """Asked twice, at logits of any size, without an argument, and what became of the labels."""
    layer = work.CategoricalCrossEntropy()
    loss = layer.forward(logits, labels)
    layer.backward()
    given = layer.backward()
    d_logits = given[0] if isinstance(given, tuple) else given
    return {"loss": loss, "d_logits": d_logits, "labels after backward": labels, "logits after backward": logits}


def cross_entropy_arrays(rng, number):
    """Logits, and labels of random classes."""
    n, k = [(5, 3), (4, 6), (7, 4)][number % 3]
    return rng.normal(0, 2, size=(n, k)), np.eye(k)[rng.integers(0, k, n)]


def cross_entropy_inputs(rng, number):
    """With what comes back, one number."""
    return *cross_entropy_arrays(rng, number), np.array(rng.uniform(0.5, 2.0))


def large_cross_entropy_inputs(rng, number):
    """A sample that is wrong beyond doubt, and one that is right."""
    n, k = [(5, 3), (4, 6), (6, 4)][number % 3]
    logits, classes = rng.normal(0, 2, size=(n, k)), rng.integers(0, k, n)
    logits[0, (classes[0] + 1) % k] += 800
    logits[1, classes[1]] += 800
    logits[2] -= 1000
    return logits, np.eye(k)[classes]


def predict_probe(work, X, W, b):
    """Probabilities with given parameters."""
    model = work.LogisticRegression(W.shape[0], W.shape[1])
    model.params["W"], model.params["b"] = W, b
    return {"probabilities": model.predict(X)}


def regression_step_probe(work, X, Y, W, b):
    """The loss, and by which derivatives the parameters were moved."""
    rate = 0.125
    model = work.LogisticRegression(W.shape[0], W.shape[1], learning_rate=rate)
    model.params["W"], model.params["b"] = W.copy(), b.copy()
    loss = model.step(X, Y)
    d_W, d_b = (W - model.params["W"]) / rate, (b - model.params["b"]) / rate
    return {"loss": loss, "derivative for W": d_W, "derivative for b": d_b}


def digits_probe(work, X, Y):
    """The first loss, from zero, and what some steps make of it."""
    model = work.LogisticRegression(X.shape[1], Y.shape[1])
    losses = [model.step(X, Y) for _ in range(12)]
    return {"loss of step 1": losses[0], "loss of step 12": losses[-1], "probabilities": model.predict(X)}


def predict_inputs(rng, number):
    """Samples and parameters."""
    n, d, k = [(5, 3, 4), (4, 6, 3), (7, 2, 5)][number % 3]
    return rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)


def regression_inputs(rng, number):
    """Samples, labels and parameters."""
    X, W, b = predict_inputs(rng, number)
    return X, np.eye(len(b))[rng.integers(0, len(b), len(X))], W, b


@functools.cache
def all_digits():
    """Read once: a class is graded in milliseconds a submission."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.data, digits.target


def digits_inputs(rng, number):
    """Some of the digits: pixels from 0 to 16, many of them 0 in all samples."""
    data, target = all_digits()
    rows = rng.permutation(len(target))[: (40, 65, 30)[number % 3]]
    return data[rows], np.eye(10)[target[rows]]


def network_predict_probe(work, X, W1, b1, W2, b2):
    """Probabilities with given parameters."""
    model = work.FeedforwardNeuralNet(W1.shape[0], W1.shape[1], W2.shape[1])
    model.params["W1"], model.params["b1"], model.params["W2"], model.params["b2"] = W1, b1, W2, b2
    return {"probabilities": model.predict(X)}


def network_step_probe(work, X, Y, W1, b1, W2, b2):
    """The loss, and by which derivatives the parameters were moved."""
    rate = 0.125
    model = work.FeedforwardNeuralNet(W1.shape[0], W1.shape[1], W2.shape[1], learning_rate=rate)
    given = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    for name, value in given.items():
        model.params[name] = value.copy()
    results = {"loss": model.step(X, Y)}
    for name, value in given.items():
        results["derivative for " + name] = (value - model.params[name]) / rate
    return results


def network_training_probe(work, X, Y, W1, b1, W2, b2):
    """The losses of some steps: what one step leaves behind must not disturb the next."""
    model = work.FeedforwardNeuralNet(W1.shape[0], W1.shape[1], W2.shape[1], learning_rate=0.1)
    model.params["W1"], model.params["b1"], model.params["W2"], model.params["b2"] = W1, b1, W2, b2
    losses = [model.step(X, Y) for _ in range(8)]
    return {"loss of step 1": losses[0], "loss of step 8": losses[-1]}


def network_predict_inputs(rng, number):
    """Samples and parameters."""
    n, d, h, k = [(6, 4, 5, 3), (5, 3, 7, 4), (8, 5, 4, 2)][number % 3]
    W1, b1 = rng.normal(size=(d, h)), rng.normal(size=h)
    return rng.normal(size=(n, d)), W1, b1, rng.normal(size=(h, k)), rng.normal(size=k)


def network_inputs(rng, number):
    """Samples, labels and parameters."""
    X, *params = network_predict_inputs(rng, number)
    classes = len(params[-1])
    return X, np.eye(classes)[rng.integers(0, classes, len(X))], *params


AFFINE = {"like": "affine", "forward": "outputs"}
AFFINE_BACK = {**AFFINE, "gradients": ("d_inputs", "d_weight", "d_bias"), "d_out": 3}
RELU = {"like": "relu", "forward": "outputs"}
RELU_BACK = {**RELU, "gradients": ("d_inputs",), "d_out": 1}
ENTROPY = {"like": "softmax_cross_entropy", "reduction": "mean", "forward": "loss"}
ENTROPY_BACK = {**ENTROPY, "gradients": ("d_logits", "")}

EXERCISE = Exercise(
    "tum-ml-9",
    "Softmax regression and a two-layer network",
    (
        Task(
            "affine",
            20,
            (
                Test("AffineForwardTest", affine_forward_probe, affine_arrays, **AFFINE),
                Test("AffineBackwardTest", affine_backward_probe, affine_inputs, **AFFINE_BACK),
                Test("AffineBackwardTwiceTest", affine_twice_probe, affine_inputs, **AFFINE_BACK),
            ),
            "The affine layer",
            ("Affine",),
        ),
        Task(
            "relu",
            10,
            (
                Test("ReLUForwardTest", relu_forward_probe, relu_arrays, **RELU),
                Test("ReLUBackwardTest", relu_backward_probe, relu_inputs, **RELU_BACK),
                Test("ReLUBackwardTwiceTest", relu_twice_probe, relu_inputs, **RELU_BACK),
            ),
            "ReLU",
            ("ReLU",),
        ),
        Task(
            "softmax",
            20,
            (
                Test("LogSumExpTest", logsumexp_probe, softmax_inputs, forward="logsumexp"),
                Test("SoftmaxTest", softmax_probe, softmax_inputs, like="softmax", forward="softmax"),
                Test("LogSoftmaxTest", log_softmax_probe, softmax_inputs, like="log_softmax", forward="log_softmax"),
                Test("LargeLogitsTest", large_logits_probe, large_logits_inputs),
            ),
            "Softmax without overflow",
            ("logsumexp", "softmax", "log_softmax"),
        ),
        Task(
            "cross_entropy",
            20,
            (
                Test("CrossEntropyForwardTest", cross_entropy_forward_probe, cross_entropy_arrays, **ENTROPY),
                Test(
                    "CrossEntropyBackwardTest",
                    cross_entropy_backward_probe,
                    cross_entropy_inputs,
                    **ENTROPY_BACK,
                    d_out=2,
                ),
                Test("CrossEntropyOfLargeLogitsTest", cross_entropy_twice_probe, large_cross_entropy_inputs),
                Test("CrossEntropyBackwardTwiceTest", cross_entropy_twice_probe, cross_entropy_arrays, **ENTROPY_BACK),
            ),
            "The loss",
            ("CategoricalCrossEntropy",),
        ),
        Task(
            "logistic_regression",
            15,
            (
                Test("LogisticRegressionPredictTest", predict_probe, predict_inputs),
                Test("LogisticRegressionStepTest", regression_step_probe, regression_inputs),
                Test("LogisticRegressionOnDigitsTest", digits_probe, digits_inputs),
            ),
            "Softmax regression",
            ("LogisticRegression",),
        ),
        Task(
            "network",
            15,
            (
                Test("NetworkPredictTest", network_predict_probe, network_predict_inputs),
                Test("NetworkStepTest", network_step_probe, network_inputs),
                Test("NetworkTrainingTest", network_training_probe, network_inputs),
            ),
            "A network with one hidden layer",
            ("FeedforwardNeuralNet",),
        ),
    ),
    forbidden=(
        *("torch", "jax", "tensorflow", "autograd", "scipy", "sklearn.linear_model", "sklearn.neural_network"),
        *("chainrule.ops", "chainrule.courses", "chainrule.learning", "chainrule.grad"),
    ),
)
