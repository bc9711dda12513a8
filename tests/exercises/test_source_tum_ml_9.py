"""TUM's exercise 9: its solution against hand-worked numbers, differences, SciPy and the sheet's printed losses."""

import numpy as np
import pytest
import scipy.special
from solved_sources import (
    array_tests_of,
    cases_of,
    central_difference,
    findings,
    learners_text,
    mistaken,
    probed,
    solution_lines,
    source_of,
    work_of,
)

SHEETS_LOSSES = "2.3026 0.2275 0.1599 0.1306 0.1130 0.1009 0.0918 0.0846 0.0788 0.0738 0.0696"
SOURCE = source_of("tum_ml_9")
SOLVED = SOURCE.solved
TESTS = array_tests_of(SOURCE)


# -- the solution --------------------------------------------------------------------------------------------


def test_affine_is_right_by_hand():
    layer = SOLVED.Affine()
    inputs, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])

    np.testing.assert_array_equal([[11, 22, 30], [13, 24, 32]], layer.forward(inputs, weight, np.array([10, 20, 30])))
    d_inputs, d_weight, d_bias = layer.backward(np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]))
    np.testing.assert_array_equal([[3, -1], [0, 2]], d_inputs)
    np.testing.assert_array_equal([[1, 6, 1], [2, 8, 2]], d_weight)
    np.testing.assert_array_equal([1, 2, 1], d_bias)


def test_relu_is_right_by_hand_and_flat_at_zero():
    layer = SOLVED.ReLU()

    np.testing.assert_array_equal([[0, 0, 3]], layer.forward(np.array([[-2.0, 0.0, 3.0]])))
    np.testing.assert_array_equal([[0, 0, 7]], layer.backward(np.array([[5.0, 6.0, 7.0]])))


@pytest.mark.parametrize("name", ["SoftmaxTest", "LargeLogitsTest"])
def test_softmax_and_its_relatives_are_scipys(name):
    for (x,) in cases_of(TESTS[name]):
        np.testing.assert_allclose(scipy.special.logsumexp(x, axis=1), SOLVED.logsumexp(x), rtol=1e-13)
        np.testing.assert_allclose(scipy.special.softmax(x, axis=1), SOLVED.softmax(x), rtol=1e-12)
        np.testing.assert_allclose(scipy.special.log_softmax(x, axis=1), SOLVED.log_softmax(x), rtol=1e-12, atol=1e-12)


def test_both_identities_hold():
    x = np.random.default_rng(0).normal(0, 3, (20, 5))

    np.testing.assert_allclose(SOLVED.logsumexp(x), 7.5 + SOLVED.logsumexp(x - 7.5), rtol=1e-13)
    np.testing.assert_allclose(SOLVED.softmax(x), SOLVED.softmax(x - 7.5), rtol=1e-12)


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    assert SOLVED.CategoricalCrossEntropy().forward(np.zeros((6, 10)), np.eye(10)[:6]) == pytest.approx(np.log(10))


def scalar(function, upstream):
    return lambda array: float(np.sum(upstream * function(array)))


def test_affine_gradients_are_central_differences():
    for inputs, weight, bias, d_out in cases_of(TESTS["AffineBackwardTest"]):
        results = probed(TESTS["AffineBackwardTest"], SOLVED, (inputs, weight, bias, d_out))
        slopes = (
            central_difference(scalar(lambda x, w=weight, b=bias: x @ w + b, d_out), inputs),
            central_difference(scalar(lambda w, x=inputs, b=bias: x @ w + b, d_out), weight),
            central_difference(scalar(lambda b, x=inputs, w=weight: x @ w + b, d_out), bias),
        )
        for name, slope in zip(("d_inputs", "d_weight", "d_bias"), slopes, strict=True):
            np.testing.assert_allclose(slope, results[name], atol=1e-8)


def entropy(logits, labels):
    return float(-np.mean(np.sum(labels * scipy.special.log_softmax(logits, axis=1), axis=1)))


def test_the_cross_entropy_and_its_gradient_are_right():
    for logits, labels, d_out in cases_of(TESTS["CrossEntropyBackwardTest"]):
        results = probed(TESTS["CrossEntropyBackwardTest"], SOLVED, (logits, labels, d_out))

        assert entropy(logits, labels) == pytest.approx(float(results["loss"]), rel=1e-13)
        slopes = d_out * central_difference(lambda z, y=labels: entropy(z, y), logits)
        np.testing.assert_allclose(slopes, results["d_logits"], atol=1e-8)


def network_loss(X, Y, W1, b1, W2, b2):
    return entropy(np.maximum(X @ W1 + b1, 0) @ W2 + b2, Y)


@pytest.mark.parametrize("name", ["LogisticRegressionStepTest", "NetworkStepTest"])
def test_a_step_moves_each_parameter_against_its_central_difference(name):
    for X, Y, *params in cases_of(TESTS[name]):
        results = probed(TESTS[name], SOLVED, (X, Y, *params))
        loss = network_loss if len(params) == 4 else lambda X, Y, W, b: entropy(X @ W + b, Y)

        assert loss(X, Y, *params) == pytest.approx(float(results.pop("loss")), rel=1e-12)
        for place, moved in enumerate(results.values()):
            slopes = central_difference(
                lambda one, place=place, X=X, Y=Y, params=params, loss=loss: loss(
                    X, Y, *params[:place], one, *params[place + 1 :]
                ),
                params[place],
            )
            np.testing.assert_allclose(slopes, moved, atol=1e-7)


def test_the_sheets_losses_come_out_digit_for_digit(capsys):
    X_train, X_test, Y_train, Y_test = SOLVED.digits_data()
    model = SOLVED.LogisticRegression(64, 10)
    losses = SOLVED.train(model, X_train, Y_train)
    SOLVED.test_accuracy(model, X_test, Y_test)
    printed = capsys.readouterr().out.splitlines()

    assert SHEETS_LOSSES == " ".join(f"{loss:.4f}" for loss in losses[::50])
    assert "Epoch    0, loss = 2.3026" == printed[0]
    assert "test set accuracy = 0.953" == printed[-1]


def test_the_plot_shows_the_losses_of_both_models(monkeypatch, capsys):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: None)
    figure = SOLVED.digits_experiment(epochs=3)
    axes = figure.axes[0]

    assert "log" == axes.get_yscale()
    assert [3, 3] == [len(line.get_xdata()) for line in axes.get_lines()]
    assert "softmax regression" in capsys.readouterr().out
    plt.close(figure)


# -- the tests -----------------------------------------------------------------------------------------------


def test_the_traps_are_in():
    (inputs, _), *_ = cases_of(TESTS["ReLUBackwardTest"])
    (large,), *_ = cases_of(TESTS["LargeLogitsTest"])

    assert (inputs == 0).sum() == 2
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(large)).any()
    assert np.ptp(large.max(axis=1)) > 1000  # one shift for all rows is not enough
    for X, Y in cases_of(TESTS["LogisticRegressionOnDigitsTest"]):
        assert (64, 10) == (X.shape[1], Y.shape[1])
        assert (X == 0).all(axis=0).any()


@pytest.mark.parametrize(
    ("right", "wrong", "test", "said"),
    [
        (
            "np.sum(d_out, axis=0)",
            "np.mean(d_out, axis=0)",
            "AffineBackwardTest",
            "d_bias is only 1/N = 1/5 of what it should be: the mean is taken in the loss",
        ),
        (
            "np.sum(d_out, axis=0)",
            "d_out",
            "AffineBackwardTest",
            "d_bias has one row for each sample: (N, 7) = (5, 7) instead of (7,)",
        ),
        (
            "return inputs @ weight + bias",
            "return inputs @ weight",
            "AffineForwardTest",
            "outputs: the bias is missing",
        ),
        (
            "return d_out * (inputs > 0)",
            "return d_out * (inputs >= 0)",
            "ReLUBackwardTest",
            "Only entries of d_inputs where the input is exactly 0 differ",
        ),
        (
            "return d_out * (inputs > 0)",
            "return (inputs > 0) * 1.0",
            "ReLUBackwardTwiceTest",
            "d_inputs does not change when d_out changes: the incoming gradient is ignored",
        ),
        (
            "return d_out * (inputs > 0)",
            "d_out[inputs <= 0] = 0; return d_out",
            "ReLUBackwardTwiceTest",
            "d_out after backward differs only where the input is negative or 0",
        ),
        (
            "exponentials / np.sum(exponentials, axis=1, keepdims=True)",
            "exponentials / np.sum(exponentials, axis=0)",
            "SoftmaxTest",
            "softmax sums over axis 0; it should be axis -1",
        ),
        (
            "np.exp(x - np.max(x, axis=1, keepdims=True))",
            "np.exp(x - np.max(x))",
            "LargeLogitsTest",
            "softmax has nan in",
        ),
        (
            "return x - logsumexp(x)[:, np.newaxis]",
            "return np.log(softmax(x))",
            "LargeLogitsTest",
            "log_softmax has infinite in",
        ),
        (
            "labels * log_softmax(logits)) / len(logits)",
            "labels * log_softmax(logits))",
            "CrossEntropyForwardTest",
            "loss is N = 5 times too large",
        ),
        (
            "return d_out * (probabilities - labels)",
            "return d_out * (labels - probabilities)",
            "CrossEntropyBackwardTest",
            "d_logits has the wrong sign",
        ),
        (
            "return d_out * (probabilities - labels)",
            "return (probabilities - labels)",
            "CrossEntropyBackwardTest",
            "d_logits does not change when d_out changes",
        ),
        (
            "return d_out * (probabilities - labels)",
            "probabilities -= labels; return d_out * probabilities",
            "CrossEntropyBackwardTwiceTest",
            "d_logits differs only at the true class of a sample",
        ),
        (
            "- self.learning_rate * d_W",
            "+ self.learning_rate * d_W",
            "LogisticRegressionStepTest",
            "derivative for W has the wrong sign",
        ),
        (
            "- self.learning_rate * derivative",
            "- self.learning_rate * derivative / len(X)",
            "NetworkStepTest",
            "derivative for W1 is only 1/N = 1/6 of what it should be",
        ),
    ],
)
def test_a_typical_mistake_is_named(right, wrong, test, said):
    assert said in findings(SOURCE, test, mistaken(SOURCE, right, wrong))[0].message


# -- what a learner gets -------------------------------------------------------------------------------------


def test_the_stubs_parse_hold_no_solution_and_raise():
    text = learners_text(SOURCE)
    work = work_of(text)
    layer = work.Affine()

    assert [] == [line for line in solution_lines(SOURCE) if line in {each.strip() for each in text.splitlines()}]
    calls = [
        lambda: layer.forward(np.ones((2, 3)), np.ones((3, 1)), np.ones(1)),
        lambda: layer.backward(np.ones((2, 1))),
        lambda: work.ReLU().forward(np.ones(2)),
        lambda: work.ReLU().backward(np.ones(2)),
        lambda: work.logsumexp(np.ones((1, 2))),
        lambda: work.softmax(np.ones((1, 2))),
        lambda: work.log_softmax(np.ones((1, 2))),
        lambda: work.CategoricalCrossEntropy().forward(np.ones((1, 2)), np.ones((1, 2))),
        lambda: work.CategoricalCrossEntropy().backward(),
        lambda: work.LogisticRegression(2, 2).predict(np.ones((1, 2))),
        lambda: work.LogisticRegression(2, 2).step(np.ones((1, 2)), np.ones((1, 2))),
        lambda: work.FeedforwardNeuralNet(2, 2, 2).predict(np.ones((1, 2))),
        lambda: work.FeedforwardNeuralNet(2, 2, 2).step(np.ones((1, 2)), np.ones((1, 2))),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError):
            call()
