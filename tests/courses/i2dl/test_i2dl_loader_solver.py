"""Exercise 5's solver and data loader."""

import re

import numpy as np
import pytest
from i2dl_helpers import RNG

from chainrule.courses.i2dl.exercise_05 import (
    MSE,
    SGD,
    Adam,
    ClassificationNet,
    CrossEntropyFromLogits,
    DataLoader,
    RegressionNet,
    Relu,
    SGDMomentum,
    Solver,
    Tanh,
)
from chainrule.data import digits

X = RNG.normal(size=(10, 3))
Y = X @ [[1.0], [-1.0], [0.5]]


def make_solver(train=None, validation=None, *, edition="ss20", learning_rate=0.1, optimizer=SGD, **options):
    model = RegressionNet(3, 4, std=0.5, rng=0, edition=edition)
    train = DataLoader((X, Y), batch_size=5) if train is None else train
    validation = DataLoader((X, Y), batch_size=10) if validation is None else validation
    options = {"verbose": False} | options
    return Solver(model, train, validation, MSE(edition=edition), learning_rate, optimizer, **options)


# -- batches -----------------------------------------------------------------------------------------


def test_batches_come_in_order_and_the_last_may_be_smaller():
    loader = DataLoader((np.arange(5), np.arange(5) * 10), batch_size=2)

    assert [([0, 1], [0, 10]), ([2, 3], [20, 30]), ([4], [40])] == [
        (batch["X"].tolist(), batch["y"].tolist()) for batch in loader
    ]
    assert 3 == len(loader)


def test_the_last_batch_can_be_dropped():
    loader = DataLoader((np.arange(5), np.arange(5)), batch_size=2, drop_last=True)

    assert [[0, 1], [2, 3]] == [batch["X"].tolist() for batch in loader]
    assert 2 == len(loader)


def test_shuffled_batches_hold_every_row_once_and_differ_from_epoch_to_epoch():
    loader = DataLoader((np.arange(50), np.arange(50)), batch_size=50, shuffle=True, rng=0)
    (first,), (second,) = list(loader), list(loader)
    (again,) = DataLoader((np.arange(50), np.arange(50)), batch_size=50, shuffle=True, rng=0)

    assert first["X"].tolist() == first["y"].tolist() == again["X"].tolist() != second["X"].tolist()
    assert list(range(50)) == sorted(first["X"]) == sorted(second["X"])


def test_a_loader_takes_a_dict_or_a_dataset():
    dataset = digits()

    assert [1] == [batch["y"][0] for batch in DataLoader({"X": [[0.0]], "y": [1]})]
    assert dataset.x.shape == next(iter(DataLoader(dataset, batch_size=len(dataset.x))))["X"].shape


def test_a_loader_is_not_changed_by_what_is_done_with_its_batches_or_its_source():
    source = np.zeros((2, 1))
    loader = DataLoader((source, [0, 1]), batch_size=2)
    source[:] = 1
    for batch in loader:
        batch["X"][:] = 2

    assert [[0], [0]] == next(iter(loader))["X"].tolist()


@pytest.mark.parametrize(
    ("dataset", "options", "message"),
    [
        ((X, Y[:9]), {}, "expected as many rows in both"),
        ((X,), {}, re.escape("the dataset is a tuple; expected a pair (X, y), or a dict with 'X' and 'y'")),
        ({"x": X}, {}, "the dataset is a dict with 'x'; expected"),
        ((X, Y), {"batch_size": 0}, "batch_size is 0; expected at least 1"),
    ],
)
def test_what_is_no_dataset_is_refused(dataset, options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(dataset, **options)


# -- training ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", ["ss20", "ws22", "ss23"])
def test_a_step_goes_against_the_gradient_of_the_mean_loss_in_every_edition(edition):
    expected = make_solver(edition="ss23")
    solver = make_solver(edition=edition)
    solver.train(5)
    expected.train(5)

    assert pytest.approx(expected.train_loss_history, abs=1e-12) == solver.train_loss_history
    assert solver.train_loss_history[-1] < solver.train_loss_history[0]


@pytest.mark.parametrize(
    "batches",
    [
        [(X[:5], Y[:5]), (X[5:], Y[5:])],
        [{"image": X[:5], "label": Y[:5]}, {"image": X[5:], "label": Y[5:]}],
        [{"features": X[:5], "target": Y[:5]}, {"features": X[5:], "target": Y[5:], "index": 1}],
    ],
)
def test_batches_may_be_pairs_or_dicts(batches):
    solver, expected = make_solver(batches), make_solver()
    solver.train(2)
    expected.train(2)

    assert expected.train_loss_history == solver.train_loss_history


def test_an_epochs_loss_is_the_mean_over_its_samples():
    solver = make_solver(DataLoader((X, Y), batch_size=7), DataLoader((X, Y), batch_size=3), learning_rate=0.0)
    solver.train(1)
    expected = np.mean((solver.model.forward(X) - Y) ** 2)

    assert pytest.approx(expected) == solver.train_loss_history[0]
    assert pytest.approx(expected) == solver.val_loss_history[0]
    assert 2 == len(solver.train_batch_loss)


def test_the_log_counts_epochs_from_1(capsys):
    solver = make_solver(verbose=True, print_every=2)
    solver.train(epochs=3)
    losses = list(zip(solver.train_loss_history, solver.val_loss_history, strict=True))
    lines = [f"(Epoch {n} / 3) train loss: {losses[n - 1][0]:f}; val loss: {losses[n - 1][1]:f}" for n in (1, 3)]

    assert lines == capsys.readouterr().out.splitlines()


def test_training_stops_when_patience_is_over_and_puts_the_best_parameters_back():
    # The validation targets are those of the start, so the first epoch is the best one.
    start = RegressionNet(3, 4, std=0.5, rng=0)
    solver = make_solver(validation=[(X, start.forward(X))])
    solver.train(epochs=50, patience=3)
    best = int(np.argmin(solver.val_loss_history))

    assert best + 1 + 3 == len(solver.val_loss_history) < 50
    assert solver.val_loss_history[best] == solver.best_val_loss
    assert pytest.approx(solver.best_val_loss) == np.mean((solver.model.forward(X) - start.forward(X)) ** 2)


def test_patience_counts_from_the_last_better_loss(monkeypatch):
    losses = iter([5, 6, 4, 7, 7, 3, 8, 8, 8, 1])
    solver = make_solver()
    monkeypatch.setattr(solver, "_mean_loss", lambda name, validation: float(next(losses)) if validation else 0.0)
    solver.train(epochs=10, patience=3)

    assert [5, 6, 4, 7, 7, 3, 8, 8, 8] == solver.val_loss_history
    assert 3 == solver.best_val_loss


def test_a_learners_optimizer_that_writes_in_place_does_not_lose_the_best_parameters():
    class Away(SGD):
        def step(self):
            for array in self.model.params.values():
                array += 1

    # Two batches an epoch add 2, and the validation data are what the model says then.
    after_one_epoch = RegressionNet(3, 4, std=0.5, rng=0)
    after_one_epoch.params = {name: array + 2 for name, array in after_one_epoch.params.items()}
    solver = make_solver(validation=[(X, after_one_epoch.forward(X))], optimizer=Away)
    solver.train(3)

    assert pytest.approx(0, abs=1e-20) == solver.best_val_loss
    for name, expected in after_one_epoch.params.items():
        assert pytest.approx(expected) == solver.model.params[name]


def test_the_learning_rate_decays_after_every_epoch():
    solver = make_solver(lr_decay=0.5)
    solver.train(3)

    assert pytest.approx(0.1 / 8) == solver.opt.lr


def test_large_weights_cost():
    def loss_with(reg):
        model = ClassificationNet(Relu(), input_size=3, hidden_size=4, std=0.5, num_classes=2, reg=reg, rng=0)
        loader = DataLoader((X, np.arange(10) % 2), batch_size=10)
        solver = Solver(model, loader, loader, verbose=False, learning_rate=0.0)
        solver.train(1)
        return solver.train_loss_history[0], sum(np.sum(model.params[name] ** 2) for name in ("W1", "W2"))

    plain, squares = loss_with(0)

    assert pytest.approx(plain + 0.3 * squares) == loss_with(0.3)[0]


def test_the_defaults_are_cross_entropy_and_adam():
    loader = DataLoader((X, np.arange(10) % 2))
    solver = Solver(ClassificationNet(Relu(), input_size=3, num_classes=2), loader, loader)

    assert (CrossEntropyFromLogits, Adam) == (type(solver.loss_func), type(solver.opt))
    assert 1e-3 == solver.opt.lr


@pytest.mark.parametrize("optimizer", [SGD, SGDMomentum, Adam])
def test_the_digits_are_learned(optimizer):
    dataset = digits()
    model = ClassificationNet(Tanh(), input_size=64, hidden_size=32, std=0.1, reg=1e-5, rng=0)
    train = DataLoader((dataset.x[:1400] / dataset.x.max(), dataset.y[:1400]), batch_size=100, shuffle=True, rng=0)
    validation = DataLoader((dataset.x[1400:] / dataset.x.max(), dataset.y[1400:]), batch_size=100)
    rate = {SGD: 0.5, SGDMomentum: 0.1, Adam: 0.01}[optimizer]
    Solver(model, train, validation, CrossEntropyFromLogits(), rate, optimizer, verbose=False).train(20)
    correct = [np.mean(model.forward(batch["X"]).argmax(axis=1) == batch["y"]) for batch in validation]

    assert np.mean(correct) > 0.9


# -- what is refused -----------------------------------------------------------------------------------


def test_batches_that_can_be_read_only_once_are_refused():
    with pytest.raises(TypeError, match="train_dataloader can be looped over only once"):
        make_solver(iter([(X, Y)]))


def test_a_loader_without_batches_is_refused():
    with pytest.raises(ValueError, match="train_dataloader gives no batches"):
        make_solver(DataLoader((X, Y), batch_size=20, drop_last=True)).train(1)


@pytest.mark.parametrize("batch", [X, {"X": X}, (X, Y, Y), "XY!"])
def test_what_is_no_batch_is_refused(batch):
    with pytest.raises(ValueError, match=r"a batch of train_dataloader is .*; expected a pair \(X, y\)"):
        make_solver([batch]).train(1)


@pytest.mark.parametrize(("name", "value"), [("print_every", 0), ("patience", 0)])
def test_numbers_below_1_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is 0; expected at least 1"):
        make_solver(print_every=0) if name == "print_every" else make_solver().train(1, patience=value)
