"""The sheet's data and the numbers that it prints, on the real houses where they are, else on made-up ones."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from chainrule.courses.i2dl import (
    BCE,
    MSE,
    Classifier,
    LinearModel,
    Solver,
    evaluation,
    housing_classification_data,
    housing_data,
)
from chainrule.data import Table
from real_data import needs_housing

MADE_UP = Table("houses", {"GrLivArea": np.arange(20.0) * 100, "SalePrice": np.arange(20.0) ** 2 * 1000})


def train(model, data, loss, learning_rate, epochs, **options):
    solver = Solver(model, data, loss, learning_rate, verbose=False, **options)
    solver.train(epochs)
    return solver


def small(model_type, seed=0):
    model = model_type(num_features=1)
    model.initialize_weights(rng=seed)
    return model


# -- the preparation -----------------------------------------------------------------------------------


def test_rows_are_split_60_20_20_and_scaled_on_the_training_rows():
    data = housing_data(MADE_UP)
    rows = np.random.RandomState(0).permutation(20)
    area = rows * 100.0
    expected = (area - area[:12].min()) / (area[:12].max() - area[:12].min())

    assert {"X_train": 12, "X_val": 4, "X_test": 4, "y_train": 12, "y_val": 4, "y_test": 4} == {
        name: len(array) for name, array in data.items()
    }
    assert pytest.approx(expected) == np.concatenate([data["X_train"], data["X_val"], data["X_test"]])[:, 0]
    assert (0, 1) == (data["y_train"].min(), data["y_train"].max())


def test_features_are_float32_and_targets_float64_columns():
    for data in (housing_data(MADE_UP), housing_classification_data(MADE_UP)):
        assert {("X", "float32", 2), ("y", "float64", 2)} == {
            (name[0], str(array.dtype), array.ndim) for name, array in data.items()
        }


def test_percentiles_are_those_of_all_prices_together():
    # 20 prices in order: 30 % lies between the 6th and the 7th, 70 % between the 14th and the 15th.
    data = housing_classification_data(MADE_UP)
    labels = np.concatenate([data[f"y_{part}"] for part in ("train", "val", "test")])

    assert (12, 6) == (labels.size, labels.sum())


def test_the_global_generator_is_left_alone():
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    housing_data(MADE_UP)

    assert expected == np.random.rand()


def test_a_table_without_the_columns_is_refused():
    with pytest.raises(ValueError, match="no column 'GrLivArea'"):
        housing_data(Table("cars", {"price": [1, 2, 3]}))


# -- accuracy and labels -------------------------------------------------------------------------------


def test_a_half_counts_as_yes():
    assert 0.75 == evaluation.test_accuracy([[0.5], [0.49], [1], [0]], [[1], [0], [0], [0]])


def test_accuracy_refuses_a_row_for_a_column():
    with pytest.raises(ValueError, match=r"y_pred has shape \(2,\); expected \(2, 1\)"):
        evaluation.test_accuracy([1, 0], [[1], [0]])


def test_accuracy_of_nothing_is_refused():
    with pytest.raises(ValueError, match="there are no samples"):
        evaluation.test_accuracy(np.ones((0, 1)), np.ones((0, 1)))


def test_binarize_counts_the_percentiles_themselves_and_drops_what_lies_between():
    X, y = evaluation.binarize([[0], [1], [2], [3], [4]], [[10], [20], [30], [40], [50]], 20, 40)

    assert [[0], [1], [3], [4]] == X.tolist()
    assert [[0], [0], [1], [1]] == y.tolist()


def test_binarize_refuses_a_row_of_prices_and_exchanged_percentiles():
    with pytest.raises(ValueError, match=r"y has shape \(2,\); expected \(2, 1\)"):
        evaluation.binarize([[1], [2]], [1, 2], 1, 2)
    with pytest.raises(ValueError, match="a_percentile is 2 and b_percentile 1; expected the lower one first"):
        evaluation.binarize([[1], [2]], [[1], [2]], 2, 1)


# -- the sheet's numbers -------------------------------------------------------------------------------


@needs_housing
def test_the_houses_are_shuffled_split_and_scaled_as_on_the_sheet():
    data = housing_data()
    with Path(os.environ["CHAINRULE_DATA"], "housing_train.csv").open() as file:
        houses = list(csv.DictReader(file))
    first = [houses[row] for row in (529, 491, 459, 279, 655)]
    areas = [(float(house["GrLivArea"]) - 334) / (5642 - 334) for house in first]
    prices = [(float(house["SalePrice"]) - 34_900) / (745_000 - 34_900) for house in first]

    for name in ("X", "y"):
        assert [(876, 1), (292, 1), (292, 1)] == [data[f"{name}_{part}"].shape for part in ("train", "val", "test")]
    assert pytest.approx(areas) == data["X_train"][:5, 0]
    assert pytest.approx(prices, abs=1e-15) == data["y_train"][:5, 0]


@needs_housing
def test_the_labels_are_those_of_the_sheet():
    data = housing_classification_data()
    parts = ("train", "val", "test")

    assert [(533, 1), (167, 1), (177, 1)] == [data[f"X_{part}"].shape for part in parts]
    assert [265, 99, 74] == [data[f"y_{part}"].sum() for part in parts]


@needs_housing
@pytest.mark.parametrize("edition", ["ss20", "ws22", "ss23"])
def test_one_step_gives_the_sheets_weights(edition):
    model = Classifier(num_features=1, edition=edition)
    model.initialize_weights([[0.1], [0.1]])
    Solver(model, housing_classification_data(), BCE(edition=edition), 0.5)._step()

    assert pytest.approx(np.array([[0.11574258], [0.0832162]]), abs=5e-9) == model.W


@needs_housing
def test_logistic_regression_gives_the_sheets_losses_and_accuracy():
    data, model = housing_classification_data(), small(Classifier)
    solver = train(model, data, BCE(), 0.1, 25_000, is_regression=False)
    losses = list(zip(solver.train_loss_history, solver.val_loss_history, strict=True))

    assert pytest.approx((0.5800, 0.5802), abs=1e-4) == losses[1000]
    assert pytest.approx((0.5133, 0.5160), abs=1e-4) == losses[2000]
    assert pytest.approx((0.3290, 0.3449), abs=1.5e-4) == losses[24_900]
    assert pytest.approx(0.915, abs=5e-4) == evaluation.test_accuracy(model.forward(data["X_test"]), data["y_test"])


@needs_housing
@pytest.mark.parametrize("weight", [1e-3, -1e-3])
def test_before_training_one_of_two_accuracies_is_there(weight):
    data, model = housing_classification_data(), Classifier(num_features=1)
    model.initialize_weights([[0.0], [weight]])
    expected = 0.418 if weight > 0 else 0.582

    assert pytest.approx(expected, abs=5e-4) == evaluation.test_accuracy(model.forward(data["X_test"]), data["y_test"])


@needs_housing
def test_linear_regression_gives_the_sheets_losses():
    # The last digits depend on the first weights: 0.012855 to 0.012895 over the seeds 0 to 7.
    solver = train(small(LinearModel), housing_data(), MSE(), 1e-3, 1001)

    assert pytest.approx(0.012885, abs=4e-5) == solver.train_loss_history[1000]
    assert pytest.approx(0.013159, abs=4e-5) == solver.val_loss_history[1000]
