"""Training: layers, determinism, what is kept."""

from __future__ import annotations

import numpy as np
import pytest
from run_tables import flowers, houses, write_table
from scipy.special import expit, softmax

from chainrule.learning import ACTIVATIONS, SGD, Cosine, Dropout, RMSprop, Step, WarmUp
from chainrule.runs import DataSettings, TrainingSettings, train
from chainrule.runs.predictions import encode, predict
from chainrule.runs.training import make_optimizer, make_schedule


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return DataSettings(str(write_table(tmp_path_factory.mktemp("t") / "flowers.csv", flowers())), "colour")


def trained(data, **settings):
    return train(TrainingSettings(**{"epochs": 3, **settings}), data.prepare(0), progress=False)


def test_layers_are_those_that_were_asked_for(table):
    model = trained(table, hidden=(5, 4), activation="tanh").model

    shapes = {name: array.shape for name, array in model.parameters.items()}
    assert {"w1": (2, 5), "b1": (5,), "w2": (5, 4), "b2": (4,), "w3": (4, 3), "b3": (3,)} == shapes


def test_the_same_seed_gives_the_same_model(table):
    first, second, other = trained(table), trained(table), trained(table, seed=1)

    for name, array in first.model.parameters.items():
        assert array.tobytes() == second.model.parameters[name].tobytes()
        assert array.tobytes() != other.model.parameters[name].tobytes()


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "warmup"])
def test_every_optimizer_and_schedule_trains(table, optimizer, schedule):
    history = trained(table, optimizer=optimizer, schedule=schedule, hidden=(4,)).history

    assert history.column("train_loss")[0] > history.column("train_loss")[-1]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "softplus"])
def test_every_activation_trains(table, activation):
    result = trained(table, activation=activation, hidden=(3,), epochs=1)

    assert ACTIVATIONS[activation]() == result.model.layers[1]
    assert np.isfinite(result.history.column("validation_loss")).all()


def test_dropout_stands_after_each_hidden_layer(table):
    result, without = trained(table, hidden=(5, 4), dropout=0.2), trained(table, hidden=(5, 4))

    assert Dropout(0.2) == result.model.layers[2] == result.model.layers[5]
    assert 7 == len(result.model.layers)
    assert "uniform(key, 2, (32, 4)) < 0.8" in result.step_source
    assert "uniform" not in without.step_source
    assert result.history.column("train_loss") != without.history.column("train_loss")


def test_dropout_leaves_out_the_same_on_every_engine(table):
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    numpy, *others = (trained(table, dropout=0.5, engine=engine) for engine in ("numpy", "eager", "xla"))

    for other in others:
        for column in ("train_loss", "validation_loss"):
            expected, actual = numpy.history.column(column), other.history.column(column)
            np.testing.assert_allclose(expected, actual, rtol=0, atol=1e-10)


def test_the_xla_engine_agrees(table):
    pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    numpy, xla = trained(table, hidden=(4,)), trained(table, hidden=(4,), engine="xla")

    assert numpy.step_source == xla.step_source
    for name, array in numpy.model.parameters.items():
        np.testing.assert_allclose(array, xla.model.parameters[name], rtol=1e-10, atol=1e-12)


def test_engines_agree(table):
    numpy, eager = trained(table, hidden=(4,)), trained(table, hidden=(4,), engine="eager")

    assert "" == eager.step_source
    for name, array in numpy.model.parameters.items():
        np.testing.assert_allclose(array, eager.model.parameters[name], rtol=1e-12, atol=1e-14)


def test_float32_stays_float32(table):
    result = trained(table, dtype="float32", batch=0, clip=1.0)

    assert {np.dtype(np.float32)} == {array.dtype for array in result.model.parameters.values()}


def test_patience_stops_early(table):
    result = trained(table, epochs=300, patience=2, learning_rate=1.0)

    assert result.best_epoch is not None
    assert result.best_epoch + 3 == len(result.history) < 300


def test_a_linear_model_finds_the_least_squares_solution(tmp_path):
    data = DataSettings(str(write_table(tmp_path / "houses.csv", houses(200))), "price")
    part = data.prepare(0).split.train
    design = np.column_stack([part.x, np.ones(len(part))])

    model = trained(data, model="linear", epochs=400, schedule="cosine").model

    expected = design @ np.linalg.lstsq(design, part.y, rcond=None)[0]
    np.testing.assert_allclose(expected, model(part.x)[:, 0], atol=0.02)


def test_a_loss_that_overflows_is_an_error(tmp_path):
    data = DataSettings(str(write_table(tmp_path / "houses.csv", houses())), "price")

    with pytest.raises(FloatingPointError, match=r"epoch .* batch"):
        trained(data, model="linear", optimizer="sgd", learning_rate=1e8, epochs=100)


def test_settings_reach_the_optimizer_and_the_schedule():
    sgd = TrainingSettings(optimizer="sgd", learning_rate=0.5, momentum=0.9, weight_decay=0.01)
    rmsprop = TrainingSettings(optimizer="rmsprop", learning_rate=0.1)

    assert SGD(0.5, momentum=0.9, weight_decay=0.01) == make_optimizer(sgd)
    assert RMSprop(0.1) == make_optimizer(rmsprop)
    assert Step(every=4) == make_schedule(TrainingSettings(schedule="step", epochs=10))
    assert WarmUp(epochs=2, then=Cosine()) == make_schedule(TrainingSettings(schedule="warmup", epochs=20))


def test_targets_are_encoded_for_the_output():
    assert [[0, 1], [1, 0]] == encode(np.array([1, 0]), 2, np.float64).tolist()
    assert [[1.0], [0.0]] == encode(np.array([1, 0]), 1, np.float32).tolist()


@pytest.mark.parametrize("loss", ["binary_cross_entropy_with_logits", "softmax_cross_entropy"])
def test_probabilities_are_those_of_scipy(tmp_path, loss):
    columns = flowers(labels=("no", "yes"))
    data = DataSettings(str(write_table(tmp_path / "flowers.csv", columns)), "colour")
    result = trained(data, loss=loss, hidden=(3,))
    x = result.prepared.split.test.x

    output = result.model(x)
    found = predict(result.model, result.prepared.preparation, x)

    second = expit(output[:, 0]) if output.shape[1] == 1 else softmax(output, axis=1)[:, 1]
    np.testing.assert_allclose(second, found.probabilities[:, 1], rtol=1e-12)
    np.testing.assert_array_equal(np.where(second > 0.5, "yes", "no"), found.values)


def test_an_output_that_is_not_finite_is_an_error(table):
    result = trained(table)
    model = result.model
    model.parameters = {**model.parameters, "b1": np.full(model.parameters["b1"].shape, np.inf)}

    with pytest.raises(FloatingPointError, match="row index 0 is not a finite number"):
        predict(model, result.prepared.preparation, result.prepared.split.test.x)
