"""TUM machine learning 9: layers with a cache, the sheet's numbers, its two identities, and none of its faults."""

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.courses import tum_ml
from differences import differences

RNG = np.random.default_rng(9)
LOSSES = "2.3026 0.2275 0.1599 0.1306 0.1130 0.1009 0.0918 0.0846 0.0788 0.0738 0.0696"


# -- layers --------------------------------------------------------------------------------------------------


def test_affine_gives_sums_over_the_batch():
    inputs, weight, bias = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)
    d_out = RNG.normal(size=(5, 2))
    layer = tum_ml.Affine()
    layer.forward(inputs, weight, bias)
    gradients = layer.backward(d_out)
    expected = (
        differences(lambda x: np.sum(d_out * (x @ weight + bias)), inputs),
        differences(lambda w: np.sum(d_out * (inputs @ w + bias)), weight),
        differences(lambda b: np.sum(d_out * (inputs @ weight + b)), bias),
    )

    for gradient, wanted in zip(gradients, expected, strict=True):
        assert_allclose(gradient, wanted, rtol=1e-7, atol=1e-9)


def test_relu_keeps_what_is_positive():
    layer = tum_ml.ReLU()

    assert_array_equal([[0.0, 0.0, 3.0]], layer.forward([[-2.0, 0.0, 3.0]]))
    assert_array_equal([[0.0, 0.0, 7.0]], layer.backward(np.array([[5.0, 6.0, 7.0]])))


def test_cross_entropy_is_a_mean_that_pays_its_own_share():
    logits, labels = RNG.normal(size=(6, 4)), np.eye(4)[[0, 1, 2, 3, 0, 1]]
    layer = tum_ml.CategoricalCrossEntropy()
    loss = layer.forward(logits, labels)
    d_logits, d_labels = layer.backward()

    assert isinstance(loss, float)
    assert_allclose(loss, -np.mean(np.sum(labels * scipy.special.log_softmax(logits, axis=1), axis=1)))
    assert_allclose(d_logits, (scipy.special.softmax(logits, axis=1) - labels) / 6, rtol=1e-12)
    assert_allclose(layer.backward(3.0)[0], 3 * d_logits)
    assert d_labels is None


@pytest.mark.parametrize("layer", [tum_ml.Affine, tum_ml.ReLU, tum_ml.CategoricalCrossEntropy])
def test_backward_before_forward_says_what_to_run(layer):
    with pytest.raises(
        RuntimeError, match=f"{layer.__name__}.backward has no cache. Run {layer.__name__}.forward first"
    ):
        layer().backward(np.ones((1, 1)))


# -- the faults of the original -------------------------------------------------------------------------------


def test_cross_entropy_of_large_logits_is_exact():
    layer = tum_ml.CategoricalCrossEntropy()
    loss = layer.forward([[800.0, -800.0]], [[0.0, 1.0]])

    assert 1600 == loss
    assert_array_equal([[1.0, -1.0]], layer.backward()[0])


def test_cross_entropys_backward_can_run_twice():
    layer = tum_ml.CategoricalCrossEntropy()
    layer.forward(RNG.normal(size=(3, 2)), np.eye(2)[[0, 1, 1]])

    assert_array_equal(layer.backward()[0], layer.backward()[0])


def test_relus_backward_leaves_d_out_alone():
    layer, d_out = tum_ml.ReLU(), np.ones((1, 2))
    layer.forward([[-1.0, 1.0]])
    layer.backward(d_out)

    assert_array_equal([[1.0, 1.0]], d_out)


def test_changing_the_inputs_after_forward_changes_no_gradient():
    inputs, weight, bias = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 2)), np.zeros(2)
    layer = tum_ml.Affine()
    layer.forward(inputs, weight, bias)
    before = layer.backward(np.ones((5, 2)))
    inputs[:], weight[:] = 100, 100

    for first, second in zip(before, layer.backward(np.ones((5, 2))), strict=True):
        assert_array_equal(first, second)


def test_a_step_leaves_the_old_parameters_alone():
    model = tum_ml.LogisticRegression(2, 3)
    before = model.params["W"]
    model.step(RNG.normal(size=(4, 2)), np.eye(3)[[0, 1, 2, 0]])

    assert_array_equal(np.zeros((2, 3)), before)


def test_building_a_network_does_not_seed_the_global_generator():
    np.random.seed(5)
    first = tum_ml.FeedforwardNeuralNet(4, 3, 2).params["W1"]
    second = tum_ml.FeedforwardNeuralNet(4, 3, 2).params["W1"]
    np.random.seed(5)

    assert (first != second).all()
    assert_array_equal(first, np.random.uniform(-np.sqrt(6 / 7), np.sqrt(6 / 7), (4, 3)))


def test_loading_the_digits_leaves_the_global_generator_alone():
    np.random.seed(5)
    tum_ml.digits_data()
    after = np.random.uniform()
    np.random.seed(5)

    assert after == np.random.uniform()


# -- the sheet's numbers ---------------------------------------------------------------------------------------


def test_softmax_regression_prints_the_sheets_numbers(capsys):
    X_train, X_test, Y_train, Y_test = tum_ml.digits_data()
    model = tum_ml.LogisticRegression(64, 10)
    tum_ml.train(model, X_train, Y_train)
    tum_ml.test_accuracy(model, X_test, Y_test)
    printed = capsys.readouterr().out.splitlines()

    assert printed[0] == "Epoch    0, loss = 2.3026"
    assert LOSSES.split() == [line.split("= ")[1] for line in printed[:-1]]
    assert printed[-1] == "test set accuracy = 0.953"


def test_a_network_has_the_shape_of_the_sheets_run():
    """The sheet's random state is unknown: 11.4709 ... 0.0994, accuracy 0.940."""
    X_train, X_test, Y_train, Y_test = tum_ml.digits_data()
    accuracies = []
    for seed in range(3):
        model = tum_ml.FeedforwardNeuralNet(64, 32, 10, rng=np.random.default_rng(seed))
        losses = [model.step(X_train, Y_train) for _ in range(501)]
        accuracies.append(np.mean(model.predict(X_test).argmax(axis=1) == Y_test.argmax(axis=1)))

        assert 4 < losses[0] < 30
        assert 0.04 < losses[-1] < 0.16
    assert 0.93 <= np.median(accuracies) <= 0.96


def test_the_split_is_numpys_global_seeds():
    from sklearn.model_selection import train_test_split

    from chainrule.data import digits

    np.random.seed(123)
    X_train, X_test = train_test_split(digits().x, test_size=0.25)

    assert_array_equal(X_train, tum_ml.digits_data()[0])
    assert_array_equal(X_test, tum_ml.digits_data()[1])


# -- identities --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [-50.0, 0.0, 3.0, 50.0])
def test_logsumexp_and_softmax_do_not_see_a_shift(a):
    x = RNG.normal(0, 3, (20, 5))

    assert_allclose(tum_ml.logsumexp(x, a), scipy.special.logsumexp(x, axis=1), rtol=1e-12)
    assert_allclose(tum_ml.softmax(x, a), scipy.special.softmax(x, axis=1), rtol=1e-12)


def test_without_a_shift_nothing_overflows():
    x = np.array([[-1000.0, 1000.0], [1000.0, 1000.0]])

    assert_allclose(tum_ml.logsumexp(x), scipy.special.logsumexp(x, axis=1))
    assert_array_equal([[0.0, 1.0], [0.5, 0.5]], tum_ml.softmax(x))
