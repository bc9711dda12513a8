"""Editions: somebody divides by the number of samples, and only one."""

import numpy as np
import pytest
from i2dl_helpers import LABELS, PRICES, PROBLEMS, make_solver

from chainrule.courses.i2dl import (
    BCE,
    EDITIONS,
    L1,
    MSE,
    SGD,
    Adam,
    ClassificationNet,
    Classifier,
    CrossEntropyFromLogits,
    DataLoader,
    LinearModel,
    Network,
    RegressionNet,
    Relu,
    Solver,
    affine_backward,
    affine_forward,
    exercise_04,
    exercise_05,
)


@pytest.mark.parametrize(
    "make",
    [
        lambda edition: LinearModel(edition=edition),
        lambda edition: Classifier(edition=edition),
        lambda edition: Network(edition=edition),
        lambda edition: L1(edition=edition),
        lambda edition: BCE(edition=edition),
        lambda edition: RegressionNet(1, 1, edition=edition),
        lambda edition: ClassificationNet(Relu(), edition=edition),
        lambda edition: affine_backward([[1]], affine_forward([[1]], [[1]], [1])[1], edition=edition),
    ],
)
def test_an_unknown_edition_is_refused(make):
    for edition in EDITIONS:
        make(edition)

    with pytest.raises(ValueError, match="edition is 'ss24'; expected one of ss20, ws22, ss23"):
        make("ss24")


def test_the_sheets_own_edition_is_the_default():
    editions = {thing.edition for thing in (LinearModel(), Classifier(), L1(), MSE(), BCE(), RegressionNet(1, 1))}

    assert {"ss20"} == editions
    assert CrossEntropyFromLogits().edition == ClassificationNet(Relu()).edition == "ss23"


@pytest.mark.parametrize("of_model", EDITIONS)
@pytest.mark.parametrize("of_loss", EDITIONS)
def test_a_solver_refuses_a_model_and_a_loss_of_different_editions(of_model, of_loss):
    data = {"X_train": [[1]], "y_train": [[1]], "X_val": [[1]], "y_val": [[1]]}
    arguments = LinearModel(1, edition=of_model), data, MSE(edition=of_loss), 0.1
    if of_model == of_loss:
        assert of_model == Solver(*arguments).edition
    else:
        with pytest.raises(ValueError, match=f"LinearModel has edition '{of_model}' and MSE '{of_loss}'.*the same"):
            Solver(*arguments)


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_an_optimizer_refuses_a_network_and_a_loss_of_different_editions(optimizer):
    with pytest.raises(ValueError, match=f"{optimizer.__name__}: RegressionNet has edition 'ss20' and MSE 'ss23'"):
        optimizer(RegressionNet(1, 1), MSE(edition="ss23"))


def test_the_later_solver_refuses_them_too():
    loader = DataLoader(([[1.0]], [0]))
    with pytest.raises(ValueError, match="RegressionNet has edition 'ss20' and CrossEntropyFromLogits 'ss23'"):
        exercise_05.Solver(RegressionNet(1, 1), loader, loader)


def test_a_learners_model_and_loss_go_with_each_others_edition():
    class Line:
        W = np.zeros((1, 1))

        def forward(self, X):
            return X @ self.W

        def backward(self, dout):
            return X.T @ dout

    X, y = np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]])
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    solver = Solver(Line(), data, MSE(edition="ss23"), 0.1)
    solver._step()

    # mean(-2 * 1 * 1, -2 * 2 * 2) = -5
    assert "ss23" == solver.edition
    assert pytest.approx(np.array([[0.5]])) == solver.model.W


@pytest.mark.parametrize(("model_type", "loss_type", "y"), PROBLEMS)
def test_all_editions_take_the_same_steps(model_type, loss_type, y):
    weights = []
    for edition in EDITIONS:
        solver = make_solver(model_type, loss_type, y, edition=edition)
        for _ in range(3):
            solver._step()
        weights.append(solver.model.W)

    assert pytest.approx(weights[0], abs=1e-14) == weights[1]
    assert pytest.approx(weights[0], abs=1e-14) == weights[2]


@pytest.mark.parametrize(("model_type", "loss_type", "y"), [(LinearModel, MSE, PRICES), (Classifier, BCE, LABELS)])
def test_all_editions_log_the_same_losses(model_type, loss_type, y):
    histories = []
    for edition in EDITIONS:
        solver = make_solver(model_type, loss_type, y, edition=edition)
        solver.train(5)
        histories.append(solver.val_loss_history)

    assert histories[0] == histories[1] == histories[2]


def test_each_exercise_has_its_own_solver():
    assert exercise_04.Solver is Solver
    assert exercise_05.Solver is not Solver
