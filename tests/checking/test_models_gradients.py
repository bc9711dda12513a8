"""Wrong gradients in whole models: found, put down to the right layer, and told with their factor."""

import re

import numpy as np
import pytest

from chainrule import Op, ops
from chainrule.courses import edf, i2dl, tum_ml
from chainrule.data import one_hot
from chainrule.learning import Affine, OpLayer, ReLU, Sequential
from checking.models_at_hand import X, Y, codes, finding, line, report


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_with(d_w, d_x=lambda x, w, d_out: d_out @ w.T, d_b=lambda x, w, d_out: d_out.sum(axis=0)):
    def affine_backward(saved, d_out):
        x, w = saved
        return d_x(x, w, d_out), d_w(x, w, d_out), d_b(x, w, d_out)

    return Op(affine_forward, affine_backward, "my_affine")


def right(x, w, d_out):
    return x.T @ d_out


def network(op, relu=None):
    middle = ReLU() if relu is None else OpLayer(relu)
    own = OpLayer(op, {"w": (32, 16), "b": (16,)})
    return Sequential([Affine(64, 32), middle, own, ReLU(), Affine(16, 10)])


def test_a_right_affine_of_ones_own_raises_nothing():
    assert set() == codes(network(affine_with(right)), X, Y, ops.softmax_cross_entropy)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x, w, d_out: 2 * x.T @ d_out, "twice"),
        (lambda x, w, d_out: -x.T @ d_out, "minus"),
        (lambda x, w, d_out: x.T @ d_out / 2, "half"),
        (lambda x, w, d_out: x.T @ d_out * len(x), "N times"),
        (lambda x, w, d_out: 0 * x.T @ d_out, "it is zero"),
        (lambda x, w, d_out: x.T @ np.ones_like(d_out), "differences of the loss give"),
        (lambda x, w, d_out: np.abs(x.T @ d_out), "differences of the loss give"),
    ],
)
def test_a_wrong_gradient_is_told_with_its_factor(wrong, words):
    model = network(affine_with(wrong))
    found = finding("PARAMETER_GRADIENT", model, X, Y, ops.softmax_cross_entropy)

    assert "w2" == found.part
    assert words in found.message
    assert "my_affine" in found.hint
    assert "layer 3" in found.hint


def test_only_the_layer_with_the_mistake_is_blamed_and_told_which_it_is():
    whole = report(network(affine_with(lambda x, w, d_out: 2 * x.T @ d_out)), X, Y, ops.softmax_cross_entropy)
    blamed = {part.subject: part.codes for part in whole.parts if not part.passed}

    assert {"3 my_affine": ("FACTOR_2", "PARAMETER_GRADIENT")} == blamed


def test_a_mistake_in_one_row_is_found():
    def wrong(x, w, d_out):
        d_w = x.T @ d_out
        return np.concatenate([0.9 * d_w[:1], d_w[1:]])

    assert "PARAMETER_GRADIENT" in codes(network(affine_with(wrong)), X, Y, ops.softmax_cross_entropy)


def test_a_wrong_gradient_for_x_is_put_down_to_the_op_and_not_to_the_layers_before_it():
    op = affine_with(right, d_x=lambda x, w, d_out: 2 * d_out @ w.T)
    found = finding("PARAMETER_GRADIENT", network(op), X, Y, ops.softmax_cross_entropy)

    assert "w1" == found.part
    assert "my_affine in layer 3 my_affine is wrong" in found.hint


def test_a_wrong_relu_is_put_down_to_relu():
    def backward(saved, d_out):
        return d_out

    relu = Op(lambda x: (np.maximum(x, 0), ()), backward, "my_relu")
    found = finding("PARAMETER_GRADIENT", network(affine_with(right), relu), X, Y, ops.softmax_cross_entropy)

    assert "my_relu" in found.hint


def test_a_layer_that_divides_by_n_beside_a_mean_loss_takes_the_mean_twice():
    def share(x, w, d_out):
        return x.T @ d_out / len(x)

    op = affine_with(share, d_b=lambda x, w, d_out: d_out.sum(axis=0) / len(d_out))
    found = finding("MEAN_IN_TWO_PLACES", network(op), X, Y, ops.softmax_cross_entropy)

    assert "w2, b2" == found.part
    assert "1/N" in found.message


def test_a_course_network_whose_layers_and_loss_both_divide_takes_the_mean_twice():
    x, y = line()
    network = i2dl.RegressionNet(1, 10, rng=0, edition="ss20", std=0.5)

    assert "MEAN_IN_TWO_PLACES" in codes(network, x, y, i2dl.MSE(edition="ss23"))
    assert set() == codes(network, x, y, i2dl.MSE(edition="ss20"))


def test_a_course_network_where_nobody_divides_is_n_times_too_large():
    x, y = line()
    found = finding(
        "PARAMETER_GRADIENT", i2dl.RegressionNet(1, 10, rng=0, edition="ss23", std=0.5), x, y, i2dl.MSE(edition="ss20")
    )

    assert "N times" in found.message


class Wrong(tum_ml.FeedforwardNeuralNet):
    """A learner's network that forgets the relu on the way back."""

    def step(self, X, Y):
        params = self.params
        hidden = self.relu.forward(self.affine1.forward(X, params["W1"], params["b1"]))
        loss = self.cross_entropy.forward(self.affine2.forward(hidden, params["W2"], params["b2"]), Y)
        d_logits, _ = self.cross_entropy.backward()
        d_hidden, d_W2, d_b2 = self.affine2.backward(d_logits)
        _, d_W1, d_b1 = self.affine1.backward(d_hidden)
        for name, gradient in {"W1": d_W1, "b1": d_b1, "W2": d_W2, "b2": d_b2}.items():
            params[name] -= self.learning_rate * gradient
        return loss


def test_a_network_with_a_step_that_forgets_relu_is_wrong_in_the_first_layer_only():
    network = Wrong(64, 16, 10, rng=np.random.default_rng(0))
    whole = report(network, X, one_hot(Y, 10))

    assert ["layer 1"] == [part.subject for part in whole.parts if not part.passed]


class Net:
    """A learner's network as i2dl has it, with a gradient left out or misshapen."""

    def __init__(self, grads):
        rng = np.random.default_rng(0)
        self.params = {"W1": rng.normal(0, 0.2, (64, 10)), "b1": np.zeros(10)}
        self.change = grads

    def forward(self, X):
        self.cache = X
        return X @ self.params["W1"] + self.params["b1"]

    def backward(self, dy):
        return self.change({"W1": self.cache.T @ dy, "b1": dy.sum(axis=0)})


def test_a_missing_gradient_is_named():
    loss = i2dl.CrossEntropyFromLogits()

    assert set() == codes(Net(lambda grads: grads), X, Y, loss)
    assert "b1" == finding("PARAMETER_HAS_NO_GRADIENT", Net(lambda grads: {"W1": grads["W1"]}), X, Y, loss).part


def test_a_gradient_of_another_shape_is_named():
    net = Net(lambda grads: {**grads, "W1": grads["W1"].T})
    found = finding("PARAMETER_GRADIENT_SHAPE", net, X, Y, i2dl.CrossEntropyFromLogits())

    assert "The gradient of W1 has shape (10, 64), and W1 has shape (64, 10)." == found.message


def test_the_entry_that_is_told_is_one_that_differs():
    def wrong(x, w, d_out):
        d_w = x.T @ d_out
        return np.where(np.abs(d_w) < np.abs(d_w).max(), 2 * d_w, d_w)  # the largest one is right

    found = finding("PARAMETER_GRADIENT", network(affine_with(wrong)), X, Y, ops.softmax_cross_entropy)
    yours, right = map(float, re.findall(r"(-?[\d.e-]+)(?:, and|\.$)", found.message))

    assert 2.0 == pytest.approx(yours / right, rel=1e-4)


def test_a_backward_that_raises_is_shown_with_its_line():
    def broken(x, w, d_out):
        return x.T @ d_out @ np.ones((99, 1))

    found = finding("MODEL_RAISED", network(affine_with(broken)), X, Y, ops.softmax_cross_entropy)

    assert "np.ones((99, 1))" in found.message


def test_a_small_error_is_found():
    op = affine_with(lambda x, w, d_out: 1.001 * x.T @ d_out)
    found = finding("PARAMETER_GRADIENT", network(op), X, Y, ops.softmax_cross_entropy)

    assert "1.001 times" in found.message
    assert "my_affine" in found.hint


def graph_of(activation):
    with edf.Graph() as graph:
        x, y = edf.Input(), edf.Input()
        hidden = activation(edf.Affine(edf.AffineParams(64, 16, rng=np.random.default_rng(0)), x))
        probabilities = edf.Softmax(edf.Affine(edf.AffineParams(16, 10, rng=np.random.default_rng(1)), hidden))
        edf.CrossEntropyLoss(probabilities, y)
    return graph


class Squashing(edf.CompNode):
    """A learner's node; its backward takes the input for the output."""

    def __init__(self, x):
        self.x = x
        edf.current_graph().CompNodes.append(self)

    def forward(self):
        self.value = 1 / (1 + np.exp(-self.x.value))

    def backward(self):
        self.x.addgrad(self.grad * self.x.value * (1 - self.x.value))


def test_a_wrong_node_of_a_graph_is_seen_in_the_parameters_before_it():
    whole = report(graph_of(Squashing), X.astype(np.float32), Y)

    assert {"A1", "b1"} == {one.part for one in whole.all_findings if one.code == "PARAMETER_GRADIENT"}
    assert set() == codes(graph_of(edf.Sigmoid), X.astype(np.float32), Y)
