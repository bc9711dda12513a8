"""Layers: what they compute, what they start from, how they are written down."""

import json

import numpy as np
import pytest

from chainrule import Op
from chainrule.learning.initializers import Normal, he_normal
from chainrule.learning.layers import (
    ACTIVATIONS,
    LAYERS,
    Affine,
    Dropout,
    LeakyReLU,
    OpLayer,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
    layer_from_configuration,
)

X = np.array([-1.0, 0.0, 2.0])


def scale_forward(x, a, *, power=1):
    return x * a**power, (x, a, power)


def scale_backward(saved, d_out):
    x, a, power = saved
    return d_out * a**power, (d_out * x).sum(axis=0) * power * a ** (power - 1)


scale = Op(scale_forward, scale_backward)


def rng():
    return np.random.default_rng(0)


# sigmoid(2), tanh(2) and log(1 + e^x) from a table of logarithms and exponentials.
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), [0, 0, 2]),
        (LeakyReLU(), [-0.01, 0, 2]),
        (LeakyReLU(slope=0.5), [-0.5, 0, 2]),
        (Sigmoid(), [0.26894142, 0.5, 0.88079708]),
        (Tanh(), [-0.76159416, 0, 0.96402758]),
        (Softplus(), [0.31326169, 0.69314718, 2.12692801]),
    ],
)
def test_activations_by_hand(layer, expected):
    assert pytest.approx(expected, abs=1e-8) == layer(X).tolist()
    assert {} == layer.initialize(rng(), np.float64)


def test_affine_by_hand():
    w, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -0.5])

    # 1*1 + 2*3 + .5;  1*2 + 2*4 - .5
    assert [[7.5, 9.5]] == Affine(2, 2)(np.array([[1.0, 2.0]]), w=w, b=b).tolist()


def test_affine_starts_from_its_initializers():
    start = Affine(400, 2, weights="he_normal", bias=Normal(0.5)).initialize(rng(), np.float32)

    assert {"w": (400, 2), "b": (2,)} == {name: array.shape for name, array in start.items()}
    assert {np.dtype(np.float32)} == {array.dtype for array in start.values()}
    assert abs(start["w"].std() - 0.0707) < 0.004
    assert start["b"].all()


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Affine(0, 3), ValueError, "Affine: inputs is 0; expected at least 1"),
        (lambda: Affine(3, -1), ValueError, "Affine: outputs is -1; expected at least 1"),
        (lambda: Affine("3", 3), TypeError, "Affine: inputs is '3'; expected a whole number"),
        (lambda: Affine(3.0, 3), TypeError, r"Affine: inputs is 3\.0; expected a whole number"),
        (lambda: Affine(3, 3, weights="xavier"), ValueError, "unknown initializer 'xavier'"),
        (lambda: Dropout(1), ValueError, "Dropout: rate is 1; expected less than 1"),
        (lambda: Dropout(-0.1), ValueError, r"Dropout: rate is -0\.1; expected at least 0"),
        (lambda: Dropout(float("nan")), ValueError, "Dropout: rate is nan; expected a finite number"),
        (lambda: Dropout("half"), TypeError, "Dropout: rate is 'half'; expected a number"),
        (lambda: LeakyReLU(slope=-1), ValueError, "LeakyReLU: slope is -1; expected at least 0"),
        (
            lambda: OpLayer(scale_forward),
            TypeError,
            r"OpLayer: expected an Op, got .*Op\(forward, backward\)",
        ),
        (lambda: OpLayer(scale, {"b": (3,)}), ValueError, r"OpLayer: scale takes \['a'\] .* got \['b'\]"),
    ],
)
def test_senseless_settings_are_refused(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


@pytest.mark.parametrize(
    "layer",
    [
        Affine(3, 2),
        Affine(np.int64(3), 2, weights=he_normal, bias=Normal(0.1)),
        ReLU(),
        LeakyReLU(0.3),
        Dropout(0.3),
        Sigmoid(),
        Tanh(),
        Softplus(),
    ],
)
def test_layers_survive_being_written_down(layer):
    assert layer == layer_from_configuration(json.loads(json.dumps(layer.configuration())))


def test_configuration_is_plain():
    expected = {"layer": "Affine", "inputs": 3, "outputs": 2, "weights": "glorot_uniform", "bias": "zeros"}

    assert expected == Affine(3, 2).configuration()


AFFINE = Affine(3, 2).configuration()


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        (None, "expected the configuration of one layer"),
        ("ReLU", "expected the configuration of one layer"),
        ({}, "expected the configuration of one layer"),
        ({"layer": "os.system"}, r"unknown layer 'os\.system'; choose one of Affine, ReLU"),
        ({"layer": ["ReLU"]}, "unknown layer"),
        ({"layer": "ReLU", "slope": 1}, "ReLU: expected the settings none, got slope"),
        ({"layer": "Affine", "inputs": 3}, "Affine: expected the settings bias, inputs, outputs, weights"),
        ({**AFFINE, "inputs": "3"}, "Affine: inputs is '3'; expected a whole number"),
        ({**AFFINE, "inputs": True}, "Affine: inputs is True; expected a whole number"),
        ({**AFFINE, "outputs": -2}, "Affine: outputs is -2"),
        ({**AFFINE, "weights": "evil"}, "unknown initializer 'evil'"),
        ({**AFFINE, "weights": 3}, "unknown initializer 3"),
        ({**AFFINE, "weights": {"import": "os"}}, "expected a plain value or one initializer, got"),
        ({**AFFINE, "weights": {"initializer": "Normal", "std": "big"}}, "Normal: std is 'big'"),
        ({**AFFINE, "weights": {"layer": "ReLU"}}, "expected a plain value or one initializer, got"),
    ],
)
def test_foreign_configurations_are_refused(configuration, message):
    with pytest.raises(ValueError, match=message):
        layer_from_configuration(configuration)


def test_own_initializer_trains_but_is_not_written_down():
    layer = Affine(3, 2, weights=lambda rng, shape, dtype: np.ones(shape, dtype))

    assert layer.initialize(rng(), np.float64)["w"].all()
    with pytest.raises(ValueError, match=r"Affine: weights is .*dataclasses\.replace"):
        layer.configuration()


def test_op_layer_applies_its_op():
    layer = OpLayer(scale, {"a": [1.0, 2.0]}, {"power": 2})

    assert [[3.0, 20.0]] == layer(np.array([[3.0, 5.0]]), **layer.initialize(rng(), np.float64)).tolist()
    assert "OpLayer(scale, a (2,), power=2)" == repr(layer)


def test_op_layer_draws_matrices_and_zeroes_the_rest():
    from chainrule.ops import affine

    start = OpLayer(affine, {"w": (3, 2), "b": (2,)}).initialize(rng(), np.float32)

    assert np.array_equal(Affine(3, 2).initialize(rng(), np.float32)["w"], start["w"])
    assert [0.0, 0.0] == start["b"].tolist()


def test_op_layer_keeps_its_start_when_the_users_array_changes():
    mine = np.array([1.0, 2.0])
    layer = OpLayer(scale, {"a": mine})
    mine[:] = 9
    layer.initialize(rng(), np.float64)["a"][:] = 9

    assert [1.0, 2.0] == layer.initialize(rng(), np.float64)["a"].tolist()


def test_the_tables_hold_every_layer():
    assert {"Affine", "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "Softplus", "Dropout"} == set(LAYERS)
    assert set(LAYERS.values()) - {Affine, Dropout} == set(ACTIVATIONS.values())


def test_dropout_hands_on_its_input_unless_it_is_given_a_key():
    x = np.ones((2, 3))

    assert x is Dropout(0.9)(x)
    assert {} == Dropout(0.9).initialize(rng(), np.float64)


def test_dropout_leaves_out_its_share_and_scales_the_rest():
    n, key = 40_000, np.array([3, 1], np.uint64)
    out = Dropout(0.3)(np.ones(n), key=key, stream=2)
    kept = np.random.Generator(np.random.Philox(key=key, counter=2 << 192)).random(n) < 0.7

    assert {0.0, 1 / 0.7} == set(out)
    assert np.array_equal(kept, out > 0)
    assert abs(kept.mean() - 0.7) < 4.5 * np.sqrt(0.7 * 0.3 / n)


def test_dropout_of_nothing_is_the_input():
    x = np.array([-1.0, 0.5, 3.0])

    assert x.tolist() == Dropout(0.0)(x, key=np.array([3, 1], np.uint64), stream=1).tolist()
