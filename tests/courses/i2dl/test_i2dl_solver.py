"""Exercise 4's solver: one step by hand, its log, its best weights; compiled and plain epochs agree."""

import re

import numpy as np
import pytest
from i2dl_helpers import LABELS, PRICES, PROBLEMS, WEIGHTS, X, central_difference, data, make_solver
from sklearn.linear_model import LinearRegression, LogisticRegression

from chainrule.courses.i2dl import BCE, MSE, Classifier, LinearModel, Optimizer, Solver

LINE = {"X_train": [[0], [1]], "y_train": [[1], [3]], "X_val": [[3]], "y_val": [[7]]}


class PlainSolver(Solver):
    """A learner's: with a step of its own, so that nothing is compiled."""

    def _step(self):
        super()._step()


def line_solver(weights=((0.0,), (0.0,)), solver_type=Solver, **options):
    """A line through two points, 2 x + 1."""
    model = LinearModel(num_features=1)
    model.initialize_weights(weights)
    return solver_type(model, LINE, MSE(), **({"learning_rate": 0.5, "verbose": False} | options))


# -- one step ----------------------------------------------------------------------------------------


def test_one_step_by_hand():
    # Outputs 0 and 0 for 1 and 3: the losses' gradients are -2 and -6, dW = mean(-2 * 0, -6 * 1), db = mean(-2, -6).
    solver = line_solver()
    solver._step()

    assert [[1.5], [2.0]] == solver.model.W.tolist()


@pytest.mark.parametrize(("model_type", "loss_type", "y"), PROBLEMS)
@pytest.mark.parametrize("edition", ["ss20", "ws22", "ss23"])
def test_a_step_goes_against_the_gradient_of_the_mean_loss(model_type, loss_type, y, edition):
    solver = make_solver(model_type, loss_type, y, edition=edition)

    def loss_at(W):
        solver.model.W = W
        return solver.check_loss(validation=False)

    start = np.array(WEIGHTS)
    expected = start - 0.1 * central_difference(loss_at, start)
    solver.model.W = start
    solver._step()

    assert pytest.approx(expected, abs=1e-9) == solver.model.W


def test_check_loss_looks_at_the_validation_data_unless_told():
    solver = line_solver()

    assert 49.0 == solver.check_loss()
    assert 5.0 == solver.check_loss(validation=False)


# -- training ----------------------------------------------------------------------------------------


def test_linear_regression_finds_the_least_squares():
    solver = make_solver()
    solver.train(epochs=3000)
    expected = LinearRegression().fit(X[:15], PRICES[:15])
    loss = np.mean((expected.predict(X[:15]) - PRICES[:15]) ** 2)

    assert pytest.approx(loss, abs=1e-9) == solver.train_loss_history[-1]


def test_logistic_regression_finds_scikit_learns_minimum():
    flipped = np.where(np.arange(20)[:, None] % 5, LABELS, 1 - LABELS)  # not separable: the minimum is finite
    solver = make_solver(Classifier, BCE, flipped, learning_rate=1.0)
    solver.train(epochs=3000)
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(X[:15], flipped[:15, 0])
    p = expected.predict_proba(X[:15])[:, 1:]
    loss = -np.mean(flipped[:15] * np.log(p) + (1 - flipped[:15]) * np.log(1 - p))

    assert pytest.approx(loss, abs=1e-7) == solver.train_loss_history[-1]


@pytest.mark.parametrize(("model_type", "loss_type", "y"), PROBLEMS)
@pytest.mark.parametrize("edition", ["ss20", "ws22", "ss23"])
def test_compiled_and_plain_epochs_agree(model_type, loss_type, y, edition):
    fast = make_solver(model_type, loss_type, y, edition=edition)
    plain = make_solver(model_type, loss_type, y, edition=edition, solver_type=PlainSolver)
    fast.train(50)
    plain.train(50)

    assert pytest.approx(plain.train_loss_history, abs=1e-12) == fast.train_loss_history
    assert pytest.approx(plain.val_loss_history, abs=1e-12) == fast.val_loss_history
    assert pytest.approx(plain.best_W, abs=1e-12) == fast.best_W
    assert pytest.approx(plain.best_val_loss, abs=1e-12) == fast.best_val_loss


def test_histories_hold_a_float_for_each_epoch_taken_after_its_step():
    solver = line_solver()
    solver.train(3)
    after_one_step = np.mean([(2 - 1) ** 2, (3.5 - 3) ** 2])

    assert (3, 3) == (len(solver.train_loss_history), len(solver.val_loss_history))
    assert {float} == {type(loss) for loss in solver.train_loss_history + solver.val_loss_history}
    assert pytest.approx(after_one_step) == solver.train_loss_history[0]
    assert pytest.approx((1.5 * 3 + 2 - 7) ** 2) == solver.val_loss_history[0]


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_training_goes_on_where_it_stopped(solver_type):
    at_once, in_parts = (line_solver(solver_type=solver_type, learning_rate=0.05) for _ in range(2))
    at_once.train(20)
    in_parts.train(10)
    in_parts.train(10)

    assert pytest.approx(at_once.train_loss_history) == in_parts.train_loss_history


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_the_model_gets_the_weights_of_the_best_validation_loss(solver_type):
    # The validation target fits W = 0.5 on the way to W = 1, where the training data lead.
    points = {"X_train": [[1]], "y_train": [[1]], "X_val": [[1]], "y_val": [[0.5]]}
    model = LinearModel(num_features=1)
    model.initialize_weights([[0], [0]])
    solver = solver_type(model, points, MSE(), learning_rate=0.05, verbose=False)
    solver.train(100)
    best = int(np.argmin(solver.val_loss_history))

    assert 0 < best < 10
    assert solver.val_loss_history[best] == solver.best_val_loss
    assert solver.best_W.tolist() == model.W.tolist()
    assert model.W is not solver.best_W
    assert pytest.approx(solver.best_val_loss) == solver.check_loss()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_a_diverging_run_keeps_the_best_finite_weights(solver_type):
    solver = line_solver(solver_type=solver_type, learning_rate=100.0)
    solver.train(1000)

    assert not np.isfinite(solver.train_loss_history[-1])
    assert np.isfinite(solver.best_val_loss)
    assert np.isfinite(solver.model.W).all()


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_an_interrupted_run_leaves_the_best_weights(solver_type, monkeypatch):
    solver = line_solver(solver_type=solver_type, learning_rate=0.01)
    remember = solver._remember

    def interrupt(train_loss, val_loss):
        remember(train_loss, val_loss)
        if len(solver.train_loss_history) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(solver, "_remember", interrupt)
    with pytest.raises(KeyboardInterrupt):
        solver.train(100)

    assert solver.best_W.tolist() == solver.model.W.tolist()


def test_float32_inputs_train_in_float64():
    solver = make_solver()
    solver.X_train, solver.X_val = solver.X_train.astype(np.float32), solver.X_val.astype(np.float32)
    solver.train(2)

    assert np.float64 == solver.model.W.dtype


def test_the_optimizers_present_learning_rate_counts():
    solver, expected = line_solver(learning_rate=0.5), line_solver(learning_rate=0.01)
    solver.opt.lr = 0.01
    solver.train(5)
    expected.train(5)

    assert expected.train_loss_history == solver.train_loss_history


# -- the log -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
def test_the_log_is_the_sheets(solver_type, capsys):
    line_solver([[2], [1]], solver_type, verbose=True, print_every=2, learning_rate=0.1).train(epochs=5)
    lines = [f"(Epoch {epoch} / 5) train loss: 0.000000; val_loss: 0.000000" for epoch in (0, 2, 4)]

    assert lines == capsys.readouterr().out.splitlines()


def test_the_log_shows_six_decimals(capsys):
    line_solver(verbose=True).train(epochs=1)

    assert "(Epoch 0 / 1) train loss: 0.625000; val_loss: 0.250000\n" == capsys.readouterr().out


def test_nothing_is_printed_unless_verbose(capsys):
    line_solver().train(200)

    assert "" == capsys.readouterr().out


# -- a learner's own ---------------------------------------------------------------------------------


def test_a_learners_own_model_loss_and_optimizer_are_called():
    calls = []

    class Model(LinearModel):
        def backward(self, y):
            calls.append("model")
            return super().backward(y)

    class Distance(MSE):
        def backward(self, y_out, y_truth):
            calls.append("loss")
            return super().backward(y_out, y_truth)

    class Slow(Optimizer):
        def step(self, dw):
            calls.append("optimizer")
            super().step(dw)

    solver = make_solver(Model, Distance)
    solver.opt = Slow(solver.model, 0.1)
    expected = make_solver()
    solver.train(4)
    expected.train(4)

    assert {"model", "loss", "optimizer"} == set(calls)
    assert 4 == calls.count("optimizer")
    assert pytest.approx(expected.train_loss_history, abs=1e-12) == solver.train_loss_history


def test_a_learners_optimizer_that_writes_in_place_does_not_lose_the_best_weights():
    class InPlace(Optimizer):
        def step(self, dw):
            self.model.W -= self.lr * dw

    # One step of rate 1 turns W = 1 into -1 and back: the first epoch is the best, for a target of -1.
    model = LinearModel(num_features=1)
    model.initialize_weights([[1], [0]])
    points = {"X_train": [[1], [-1]], "y_train": [[0], [0]], "X_val": [[1]], "y_val": [[-1]]}
    solver = Solver(model, points, MSE(), learning_rate=0.1, verbose=False)
    solver.opt = InPlace(model, 1.0)
    solver.train(4)

    assert [0, 4, 0, 4] == solver.val_loss_history
    assert [[-1], [0]] == solver.best_W.tolist() == model.W.tolist()


def test_an_optimizer_of_another_model_trains_that_model():
    solver, other = line_solver(), LinearModel(num_features=1)
    other.initialize_weights([[0], [0]])
    solver.opt = Optimizer(other, 0.5)
    solver.train(1)

    assert [[0], [0]] == solver.model.W.tolist() != other.W.tolist()
    assert [49.0] == solver.val_loss_history


def test_a_learners_optimizer_alone_is_called():
    class Backwards(Optimizer):
        def step(self, dw):
            super().step(-dw)

    solver = line_solver(learning_rate=0.1)
    solver.opt = Backwards(solver.model, 0.1)
    solver.train(3)

    assert solver.train_loss_history[0] < solver.train_loss_history[1] < solver.train_loss_history[2]


def test_a_nan_is_never_the_best_loss():
    class FirstNan(MSE):
        calls = 0

        def forward(self, y_out, y_truth):
            self.calls += 1
            return super().forward(y_out, y_truth) * (np.nan if self.calls <= 3 else 1)

    solver = make_solver(loss_type=FirstNan)
    solver.train(3)

    assert np.isnan(solver.val_loss_history[0])
    assert min(solver.val_loss_history[1:]) == solver.best_val_loss


def test_a_step_set_on_the_solver_is_called(monkeypatch):
    solver, calls = make_solver(), []
    monkeypatch.setattr(solver, "_step", lambda: calls.append("step"))
    solver.train(2)

    assert ["step", "step"] == calls
    assert WEIGHTS == solver.model.W.tolist()


@pytest.mark.parametrize("which", ["model", "loss_func", "opt"])
def test_a_method_set_on_an_object_is_called(which, monkeypatch):
    solver, calls = make_solver(), []
    owner = getattr(solver, which)
    name = {"model": "forward", "loss_func": "forward", "opt": "step"}[which]
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: calls.append(name) or original(*arguments))
    solver.train(2)

    assert calls.count(name) >= 2


def test_a_learners_classifier_goes_through_its_own_methods():
    class Halves(Classifier):
        def forward(self, X):
            return super().forward(X) * 0 + 0.5

    solver = make_solver(Halves, BCE, LABELS)
    solver.train(1)

    assert pytest.approx(np.log(2)) == solver.train_loss_history[0]


def test_a_learners_output_of_another_shape_is_refused():
    class Row(LinearModel):
        def forward(self, X):
            return super().forward(X)[:, 0]

    with pytest.raises(ValueError, match=r"the output of Row has shape \(15,\); expected \(15, 1\)"):
        make_solver(Row).train(1)


# -- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X_train", "y_train", "X_val", "y_val"])
def test_missing_data_are_named(name):
    given = data(PRICES)
    del given[name]

    with pytest.raises(ValueError, match=f"data has no '{name}'; expected the keys X_train, y_train, X_val and y_val"):
        Solver(LinearModel(), given, MSE(), 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_train": PRICES[:15, 0]}, r"y_train has shape \(15,\); expected \(N, 1\)"),
        ({"y_val": PRICES[15:].T}, r"y_val has shape \(1, 5\); expected \(N, 1\)"),
        ({"X_train": X[:15, 0]}, r"X_train has shape \(15,\); expected \(N, D\)"),
        ({"X_val": X[:0], "y_val": PRICES[:0]}, "with at least one row"),
        ({"X_val": X[15:, :1]}, r"X_val has shape \(5, 1\); expected \(5, 2\)"),
        ({"y_train": PRICES[:9]}, "X_train has 15 rows and y_train 9"),
        ({"y_train": [["dear"]] * 15}, "y_train has dtype .*; expected real numbers"),
    ],
)
def test_data_of_another_shape_are_refused(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Solver(LinearModel(), data(PRICES) | change, MSE(), 0.1)


@pytest.mark.parametrize("solver_type", [Solver, PlainSolver])
@pytest.mark.parametrize(("model_type", "loss_type", "y"), PROBLEMS[2:4])
def test_training_needs_weights(solver_type, model_type, loss_type, y):
    with pytest.raises(RuntimeError, match=re.escape("weight matrix W is not initialized; call initialize_weights()")):
        solver_type(model_type(), data(y), loss_type(), 0.1, verbose=False).train(1)


def test_a_model_for_other_features_is_refused():
    model = LinearModel(num_features=5)
    model.initialize_weights()

    with pytest.raises(ValueError, match=r"LinearModel: X has shape \(1, 2\); expected \(N, 5\)"):
        Solver(model, data(PRICES), MSE(), 0.1).train(1)


def test_print_every_0_is_refused():
    with pytest.raises(ValueError, match="print_every is 0; expected at least 1"):
        make_solver(print_every=0)
