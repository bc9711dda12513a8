"""I2DL's exercise 4: its solution against hand-worked numbers, differences, scikit-learn and the sheet's numbers."""

import re

import numpy as np
import pytest
from sklearn.metrics import log_loss
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

from real_data import needs_housing

NAMES = (
    "L1ForwardTest L1BackwardTestZero L1BackwardTestNormal MSEForwardTest MSEBackwardTest BCEForwardTest "
    "BCEBackwardTest Sigmoid_Of_Zero Sigmoid_Of_Zero_Array Sigmoid_Of_100 Sigmoid_Of_Array_of_100 "
    "ClassifierForwardTest ClassifierBackwardTest OptimizerStepTest SolverStepTest"
)
SOURCE = source_of("i2dl_4")
SOLVED = SOURCE.solved
TESTS = array_tests_of(SOURCE)


# -- the solution --------------------------------------------------------------------------------------------


def test_the_losses_are_right_by_hand():
    y_out, y_truth = np.array([[1.0], [5.0], [2.0]]), np.array([[2.0], [2.0], [2.0]])
    l1, d_l1 = SOLVED.L1()(y_out, y_truth)
    mse, d_mse = SOLVED.MSE()(y_out, y_truth)

    np.testing.assert_array_equal([[1], [3], [0]], l1)
    np.testing.assert_array_equal([[-1], [1], [0]], d_l1)
    np.testing.assert_array_equal([[1], [9], [0]], mse)
    np.testing.assert_array_equal([[-2], [6], [0]], d_mse)


def test_bce_is_right_by_hand_for_targets_outside_of_0_and_1():
    bce, d_bce = SOLVED.BCE()(np.array([[0.5], [0.25], [0.5]]), np.array([[1], [0], [3]]))

    # -(3 log 1/2 - 2 log 1/2) = log 2, and -3 / (1/2) + (1 - 3) / (1/2) = -10
    np.testing.assert_allclose([[np.log(2)], [np.log(4 / 3)], [np.log(2)]], bce, rtol=1e-15)
    np.testing.assert_allclose([[-2], [4 / 3], [-10]], d_bce, rtol=1e-15)


def test_the_mean_of_bce_is_scikit_learns():
    y_out, y_truth = cases_of(TESTS["BCEForwardTest"])[0]

    assert log_loss(y_truth.ravel(), y_out.ravel()) == pytest.approx(SOLVED.BCE().forward(y_out, y_truth).mean())


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("L1BackwardTestNormal", lambda y, t: np.abs(y - t)),
        ("MSEBackwardTest", lambda y, t: (y - t) ** 2),
        ("BCEBackwardTest", lambda y, t: -t * np.log(y) - (1 - t) * np.log1p(-y)),
    ],
)
def test_a_losss_gradient_is_its_central_difference(name, loss):
    for y_out, y_truth in cases_of(TESTS[name]):
        y_out = y_out.astype(float)
        slopes = central_difference(lambda y, t=y_truth, loss=loss: float(loss(y, t).sum()), y_out)

        np.testing.assert_allclose(slopes, probed(TESTS[name], SOLVED, (y_out, y_truth))["gradient"], atol=1e-6)


def test_the_sigmoid_is_right_by_hand():
    model = SOLVED.Classifier(num_features=1)

    assert model.sigmoid(0.0) == 0.5
    assert model.sigmoid(100.0) == pytest.approx(1, abs=1e-40)
    np.testing.assert_allclose([[0.75, 0.25]], model.sigmoid(np.log([[3.0, 1 / 3]])), rtol=1e-15)


def test_the_classifier_is_right_by_hand():
    model = SOLVED.Classifier(num_features=1)
    model.initialize_weights([[0.0], [np.log(3)]])
    y, dW = model(np.array([[4.0], [-2.0]]))

    np.testing.assert_allclose([[0.75], [0.75]], y, rtol=1e-15)
    np.testing.assert_allclose([[0.75, 0.1875], [-0.375, 0.1875]], dW, rtol=1e-15)


def test_the_classifiers_gradient_of_each_sample_is_its_central_difference():
    for X, W in cases_of(TESTS["ClassifierBackwardTest"]):
        dW = probed(TESTS["ClassifierBackwardTest"], SOLVED, (X, W))["dW"]
        for sample, row in zip(X, dW, strict=True):
            slopes = central_difference(lambda w, x=sample: 1 / (1 + np.exp(-(x @ w[:-1, 0] + w[-1, 0]))), W)

            np.testing.assert_allclose(slopes[:, 0], row, atol=1e-8)


def test_in_evaluation_mode_there_is_no_gradient():
    model = SOLVED.Classifier(num_features=1)
    model.initialize_weights()
    model.eval()

    assert model(np.ones((3, 1)))[1] is None


def test_a_step_of_the_optimizer_is_right_by_hand():
    results = probed(TESTS["OptimizerStepTest"], SOLVED, (np.ones((2, 1)), np.array([[4.0], [-2.0]]), np.array(0.25)))

    np.testing.assert_array_equal([[-1], [0.5]], results["change of W"])


def test_a_step_of_the_solver_is_the_mean_loss_derived():
    """Logistic regression: the mean of (y - t) x."""
    rng = np.random.default_rng(3)
    X, t, W = rng.normal(size=(6, 2)), np.array([[0], [1], [1], [0], [1], [0]]), rng.normal(size=(3, 1))
    model = SOLVED.Classifier()
    model.initialize_weights(W)
    SOLVED.Solver(model, {"X_train": X, "y_train": t, "X_val": X, "y_val": t}, SOLVED.BCE(), 0.5)._step()

    def mean_loss(w):
        return log_loss(t.ravel(), 1 / (1 + np.exp(-(X @ w[:-1] + w[-1]).ravel())))

    np.testing.assert_allclose(W - 0.5 * central_difference(mean_loss, W), model.W, atol=1e-8)


def test_the_solver_logs_as_the_sheet_does_and_ends_with_the_best_weights(capsys):
    data = {"X_train": np.array([[0.0], [1.0]]), "y_train": np.array([[1.0], [3.0]])}
    data |= {"X_val": np.array([[3.0]]), "y_val": np.array([[7.0]])}
    model = SOLVED.LinearModel(num_features=1)
    model.initialize_weights([[0.0], [0.0]])
    solver = SOLVED.Solver(model, data, SOLVED.MSE(), learning_rate=0.5, print_every=100)
    solver.train(epochs=101)
    lines = capsys.readouterr().out.splitlines()

    np.testing.assert_allclose([[2], [1]], model.W, atol=1e-3)
    assert solver.best_val_loss == min(solver.val_loss_history)
    assert all(
        re.fullmatch(rf"\(Epoch {epoch} / 101\) train loss: \d\.\d{{6}}; val_loss: \d\.\d{{6}}", line)
        for epoch, line in zip((0, 100), lines, strict=True)
    )


# -- the houses ----------------------------------------------------------------------------------------------


@needs_housing
def test_the_houses_are_the_sheets():
    data, labelled = SOLVED.housing_data(), SOLVED.housing_data(labels=True)

    assert [876, 292, 292] == [len(data[f"X_{part}"]) for part in ("train", "val", "test")]
    assert [533, 167, 177] == [len(labelled[f"X_{part}"]) for part in ("train", "val", "test")]
    assert [265, 99, 74] == [int(labelled[f"y_{part}"].sum()) for part in ("train", "val", "test")]
    assert (np.float32, np.float64) == (data["X_train"].dtype, data["y_train"].dtype)


@needs_housing
def test_one_step_and_the_first_thousands_are_the_sheets():
    data, model = SOLVED.housing_data(labels=True), SOLVED.Classifier(num_features=1)
    model.initialize_weights(np.full((2, 1), 0.1))
    SOLVED.Solver(model, data, SOLVED.BCE(), learning_rate=0.5)._step()

    np.testing.assert_allclose([[0.11574258], [0.0832162]], model.W, atol=5e-9)
    model.initialize_weights(np.full((2, 1), 1e-4))
    solver = SOLVED.Solver(model, data, SOLVED.BCE(), learning_rate=0.1, verbose=False)
    solver.train(2001)
    losses = [(solver.train_loss_history[epoch], solver.val_loss_history[epoch]) for epoch in (1000, 2000)]
    np.testing.assert_allclose([(0.5800, 0.5802), (0.5133, 0.5160)], losses, atol=1e-4)


@pytest.mark.parametrize("experiment", ["regression_experiment", "classification_experiment"])
def test_without_the_data_houses_are_made_up_and_it_is_said(experiment, monkeypatch, tmp_path, capsys):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    monkeypatch.setattr(plt, "show", lambda: None)
    figure = getattr(SOLVED, experiment)(epochs=3)
    fit, losses = figure.axes

    assert ["houses", "before training", "after training"] == fit.get_legend_handles_labels()[1]
    assert [3, 3] == [len(line.get_xdata()) for line in losses.get_lines()]
    assert "These houses are made up" in capsys.readouterr().out
    plt.close(figure)


# -- the tests -----------------------------------------------------------------------------------------------


def test_the_names_are_the_courses():
    assert NAMES.split() == list(TESTS)


def test_the_congratulations_are_the_courses():
    tasks = {task.name: task for task in SOURCE.exercise.tasks}

    assert "Congratulations you have passed all the unit tests!!! Tests passed: 2/2" == tasks[
        "bce"
    ].congratulation.format(passed=2, total=len(tasks["bce"].tests))
    assert "Method sigmoid() correctly implemented. Tests passed: 4/4" == tasks["sigmoid"].congratulation.format(
        passed=4, total=len(tasks["sigmoid"].tests)
    )


def test_the_traps_are_in():
    targets = np.concatenate([y_truth.ravel() for _, y_truth in cases_of(TESTS["BCEBackwardTest"])])
    whole = [y_out.dtype.kind for y_out, _ in cases_of(TESTS["MSEForwardTest"])]
    sides = [set(np.sign(y_out - y_truth).ravel()) for y_out, y_truth in cases_of(TESTS["L1BackwardTestNormal"])]

    assert {0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0} == set(targets)
    assert {"f", "i"} == set(whole)
    assert [{-1, 1}] * 3 == sides
    assert all((y_out == y_truth).all() for y_out, y_truth in cases_of(TESTS["L1BackwardTestZero"]))


@pytest.mark.parametrize(
    ("right", "wrong", "test", "said"),
    [
        ("np.abs(y_out - y_truth)", "y_out - y_truth", "L1ForwardTest", "the difference, not its absolute value"),
        (
            "np.abs(y_out - y_truth)",
            "np.mean(np.abs(y_out - y_truth))",
            "L1ForwardTest",
            "loss is one number, the mean of what is asked",
        ),
        (
            "np.sign(y_out - y_truth)",
            "np.where(y_out >= y_truth, 1, -1)",
            "L1BackwardTestZero",
            "gradient where both are equal is 1 in every entry",
        ),
        (
            "np.sign(y_out - y_truth)",
            "(y_out - y_truth) / np.abs(y_out - y_truth)",
            "L1BackwardTestZero",
            "gradient where both are equal has nan in 5 of 5 entries",
        ),
        ("np.sign(y_out - y_truth)", "y_out - y_truth", "L1BackwardTestNormal", "without the sign function"),
        ("2.0 * (y_out - y_truth)", "y_out - y_truth", "MSEBackwardTest", "gradient is half of what it should be"),
        (
            "2.0 * (y_out - y_truth)",
            "2.0 * (y_out - y_truth) / len(y_out)",
            "MSEBackwardTest",
            "gradient is only 1/N = 1/6 of what it should be: each sample's loss is returned here",
        ),
        (
            "-(y_truth * np.log(y_out) + (1 - y_truth) * np.log(1 - y_out))",
            "-y_truth * np.log(y_out) + (1 - y_truth) * np.log(1 - y_out)",
            "BCEForwardTest",
            "the minus counts for the first term alone",
        ),
        (
            "(1 - y_truth) / (1 - y_out) - y_truth / y_out",
            "y_out - y_truth",
            "BCEBackwardTest",
            "gradient is p - y, the gradient for the logit",
        ),
        (
            "(1 - y_truth) / (1 - y_out) - y_truth / y_out",
            "-y_truth / y_out",
            "BCEBackwardTest",
            "gradient lacks the term (1 - y) / (1 - p)",
        ),
        ("np.exp(-x)", "np.exp(x)", "Sigmoid_Of_Array_of_100", "falls where it should rise"),
        ("1 / (1 + np.exp(-x))", "np.tanh(x)", "Sigmoid_Of_Array_of_100", "sigmoid(x) is tanh"),
        (
            "y * (1 - y) * self.cache",
            "self.cache",
            "ClassifierBackwardTest",
            "Each row of dW is what it should be times a factor of its own",
        ),
        (
            "y * (1 - y) * self.cache",
            "np.sum(y * (1 - y) * self.cache, axis=0)",
            "ClassifierBackwardTest",
            "the sum of what is asked",
        ),
        ("self.model.W - self.lr", "self.model.W + self.lr", "OptimizerStepTest", "change of W has the wrong sign"),
        (
            "self.model.W = self.model.W - self.lr * dw",
            "self.model.W -= self.lr * dw",
            "OptimizerStepTest",
            "change of the old array differs",
        ),
        (
            "np.mean(d_losses * d_outputs, axis=0)",
            "np.sum(d_losses * d_outputs, axis=0)",
            "SolverStepTest",
            "dw is N = 7 times too large",
        ),
        (".reshape(-1, 1))\n", ")\n", "SolverStepTest", "dw has lost an axis of size 1"),
    ],
)
def test_a_typical_mistake_is_named(right, wrong, test, said):
    text = SOURCE.solution_text
    work = mistaken(SOURCE, right, wrong) if text.count(right) == 1 else work_of(text.replace(right, wrong, 1))

    assert said in findings(SOURCE, test, work)[0].message


def test_a_logarithm_with_a_tiny_number_added_is_right():
    right = "-(y_truth * np.log(y_out) + (1 - y_truth) * np.log(1 - y_out))"
    wrong = "-(y_truth * np.log(y_out + 1e-8) + (1 - y_truth) * np.log(1 - y_out + 1e-8))"

    assert () == findings(SOURCE, "BCEForwardTest", mistaken(SOURCE, right, wrong))


def test_a_step_is_judged_by_itself():
    """What a learner's losses and models do wrong costs no points here."""
    work = mistaken(SOURCE, "2.0 * (y_out - y_truth)", "0 * y_out")
    work.BCE.backward = work.Classifier.backward = work.Optimizer.step = None

    assert () == findings(SOURCE, "SolverStepTest", work)


# -- what a learner gets -------------------------------------------------------------------------------------


def test_the_stubs_parse_hold_no_solution_and_raise():
    text = learners_text(SOURCE)
    work = work_of(text)
    x, model = np.ones((2, 1)), work.Classifier(num_features=1)
    model.initialize_weights()
    data = {"X_train": x, "y_train": x, "X_val": x, "y_val": x}
    losses = [work.L1(), work.MSE(), work.BCE()]

    assert [] == [line for line in solution_lines(SOURCE) if line in {each.strip() for each in text.splitlines()}]
    calls = [loss.forward for loss in losses] + [loss.backward for loss in losses]
    with_x = [work.sigmoid, model.sigmoid, model.forward, work.Optimizer(model).step]
    for call in (*((one, x, x) for one in calls), *((one, x) for one in with_x)):
        with pytest.raises(NotImplementedError):
            call[0](*call[1:])
    model.cache = x
    with pytest.raises(NotImplementedError):
        model.backward(x)
    with pytest.raises(NotImplementedError):
        work.Solver(model, data, work.BCE(), 0.1)._step()
