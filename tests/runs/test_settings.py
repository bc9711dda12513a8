"""Settings are checked when they are made, and complete once they have seen the data."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import get_args

import pytest

import chainrule.ops as ops
from chainrule.data import Preparation
from chainrule.data.columns import NumericColumn
from chainrule.data.targets import ClassTarget, NumberTarget
from chainrule.learning import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from chainrule.runs import settings as names
from chainrule.runs.settings import DataSettings, TrainingSettings, from_json, parse_hidden

COLUMN = NumericColumn("area", 0.0, 1.0)
NUMBERS = Preparation((COLUMN,), NumberTarget("price", 0.0, 1.0))
TWO = Preparation((COLUMN,), ClassTarget("sold", ("no", "yes")))
THREE = Preparation((COLUMN,), ClassTarget("kind", (1, 2, 3)))


def test_the_names_are_those_of_the_library():
    assert tuple(ACTIVATIONS) == get_args(names.ActivationName)
    assert tuple(OPTIMIZERS) == get_args(names.OptimizerName)
    assert tuple(SCHEDULES) == get_args(names.ScheduleName)
    assert all(hasattr(ops, loss) for loss in get_args(names.LossName))


@pytest.mark.parametrize(
    ("preparation", "loss"),
    [
        (NUMBERS, "squared_error"),
        (TWO, "binary_cross_entropy_with_logits"),
        (THREE, "softmax_cross_entropy"),
    ],
)
def test_the_target_decides_the_loss(preparation, loss):
    assert loss == TrainingSettings().completed(preparation).loss


def test_what_is_given_stays():
    given = TrainingSettings(model="network", hidden=(3, 2), optimizer="adamw", learning_rate=0.5, epochs=7)

    completed = given.completed(THREE)

    kept = {name: value for name, value in asdict(given).items() if value is not None}
    assert kept == {name: asdict(completed)[name] for name in kept}


@pytest.mark.parametrize(
    ("given", "preparation", "message"),
    [
        ({"model": "logistic"}, NUMBERS, "model logistic is not for regression.*Use linear"),
        ({"model": "linear"}, TWO, "model linear is not for classification.*Use logistic"),
        ({"loss": "squared_error"}, TWO, "loss squared_error is not for a target of 2 classes"),
        ({"loss": "binary_cross_entropy_with_logits"}, THREE, "choose one of softmax_cross_entropy"),
    ],
)
def test_what_does_not_fit_the_target_is_refused(given, preparation, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**given).completed(preparation)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "adm"}, "optimizer is 'adm'; expected one of .*Did you mean 'adam'"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; expected a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1'"),
        ({"clip": float("inf")}, "clip is inf"),
        ({"momentum": 1.0}, "momentum is 1.0; expected a number at least 0.0 and below 1.0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"dropout": 1.0}, "dropout is 1.0; expected a number at least 0.0 and below 1.0"),
        ({"dropout": -0.2}, "dropout is -0.2"),
        ({"dropout": "0.2"}, "dropout is '0.2'"),
        ({"model": "logistic", "dropout": 0.2}, "dropout is for model network; logistic has no hidden layer"),
        ({"epochs": 0}, "epochs is 0; expected a whole number from 1"),
        ({"batch": -1}, "batch is -1"),
        ({"seed": True}, "seed is True"),
        ({"patience": 2.5}, "patience is 2.5"),
        ({"hidden": (4, 0)}, "hidden is 0"),
        ({"hidden": 4}, "hidden is 4; expected units of each layer"),
        ({"model": "logistic", "hidden": (4,)}, "hidden is for model network"),
        ({"model": "linear", "activation": "relu"}, "activation is for model network"),
        ({"optimizer": "adam", "momentum": 0.9}, "momentum is for sgd and rmsprop"),
    ],
)
def test_training_settings_out_of_range_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "price"}, "target is for tables; the digits bring their own columns"),
        ({"drop": ("pixel_0_0",)}, "drop is for tables"),
        ({"validation": 0.0}, "validation is 0.0; expected a number above 0.0 and below 1.0"),
        ({"test": float("nan")}, "test is nan"),
        ({"scaling": "log"}, "scaling is 'log'; expected one of"),
        ({"data": None}, "data is None; expected str"),
        ({"data": "a.csv", "drop": "price"}, "drop is 'price'; expected names of columns"),
    ],
)
def test_data_settings_out_of_range_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        DataSettings(**given)


@pytest.mark.parametrize("text", ["", "a", "4,", "0", "-3", "4.5", "³", "1" * 30])
def test_hidden_sizes_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r"hidden is .* expected units of each layer, such as 32 or 64,32"):
        parse_hidden(text)


@pytest.mark.parametrize(
    "record", [DataSettings("a.csv", "price", drop=("x",)), TrainingSettings(hidden=(4, 3)).completed(THREE)]
)
def test_settings_come_back_from_json(record):
    assert record == from_json(type(record), json.loads(json.dumps(record.to_json())))


def test_settings_from_before_there_was_dropout_have_none():
    record = TrainingSettings(hidden=(4, 3)).completed(THREE).to_json()
    assert 0.0 == record.pop("dropout")

    assert TrainingSettings(hidden=(4, 3)).completed(THREE) == from_json(TrainingSettings, record)


def test_settings_that_lack_another_name_or_have_one_more_are_refused():
    record = TrainingSettings().completed(THREE).to_json()
    for wrong in ({**record, "wings": 2}, {name: value for name, value in record.items() if name != "clip"}):
        with pytest.raises(ValueError, match="expected an object with the names"):
            from_json(TrainingSettings, wrong)
    with pytest.raises(ValueError, match="expected an object with the names"):
        from_json(DataSettings, {**DataSettings().to_json(), "dropout": 0.0})


@pytest.mark.parametrize("record", [None, [], {}, {"data": "digits"}])
def test_json_without_the_names_is_refused(record):
    with pytest.raises(ValueError, match="expected an object with the names"):
        from_json(DataSettings, record)
