"""Sequential: what it computes, what it refuses, and that nobody else can change what it learned."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import Op, compile, grad
from chainrule.learning import Affine, Dropout, LeakyReLU, OpLayer, ReLU, Sequential, Tanh
from chainrule.ops import squared_error


@pytest.fixture
def model():
    return Sequential([Affine(3, 4), Tanh(), Affine(4, 2)], rng=0)


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(5, 3))


class Doubling:
    """A layer as a user may write it."""

    def initialize(self, rng, dtype):
        return {"factor": np.array([2.0], dtype)}

    def __call__(self, x, factor):
        return x * factor


def test_output_by_hand():
    model = Sequential([Affine(2, 2), ReLU(), Affine(2, 1)])
    model.parameters = {
        "w1": [[1.0, -1.0], [2.0, 0.0]],
        "b1": [0.0, 0.5],
        "w2": [[1.0], [10.0]],
        "b2": [-1.0],
    }

    # hidden: (1 + 4, -1 + 0.5) -> (5, 0); 5 - 1.  (-1 - 2, 1 + 0.5) -> (0, 1.5); 15 - 1
    assert [[4.0], [14.0]] == model([[1.0, 2.0], [-1.0, -1.0]]).tolist()


def test_parameters_are_numbered_by_the_layers_that_have_any(model):
    shapes = {name: array.shape for name, array in model.parameters.items()}

    assert {"w1": (3, 4), "b1": (4,), "w2": (4, 2), "b2": (2,)} == shapes
    assert list(shapes) == ["w1", "b1", "w2", "b2"]


def test_the_same_seed_gives_the_same_model(model, x):
    assert np.array_equal(model(x), Sequential(model.layers, rng=0)(x))
    assert np.array_equal(model(x), Sequential(model.layers, rng=np.random.default_rng(0))(x))
    assert not np.array_equal(model(x), Sequential(model.layers, rng=1)(x))


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    Sequential([Affine(3, 4)])

    assert np.array_equal(before, np.random.get_state()[1])


def test_forward_with_other_parameters_leaves_the_model_alone(model, x):
    before = model(x)
    zero = {name: np.zeros_like(array) for name, array in model.parameters.items()}

    assert not model.forward(zero, x).any()
    assert np.array_equal(before, model(x))


def test_forward_can_be_differentiated(model, x):
    target = np.zeros((5, 2))

    def loss(parameters):
        return squared_error(model.forward(parameters, x), target)

    gradients = grad(loss)(model.parameters)
    h = 1e-6
    for name, array in model.parameters.items():
        for place in np.ndindex(array.shape):
            up, down = array.copy(), array.copy()
            up[place] += h
            down[place] -= h
            difference = loss({**model.parameters, name: up}) - loss({**model.parameters, name: down})

            assert pytest.approx(difference / (2 * h), rel=1e-6, abs=1e-9) == gradients[name][place]


def test_inputs_can_be_differentiated(model, x):
    gradient = grad(lambda x: np.sum(model(x)))(x)

    assert x.shape == gradient.shape


def test_float32_stays_float32(x):
    model = Sequential([Affine(3, 4), LeakyReLU(), Affine(4, 2)], dtype="float32")

    assert np.float32 == model(x).dtype
    assert {np.dtype(np.float32)} == {array.dtype for array in model.parameters.values()}


def test_integers_are_taken_as_numbers(model):
    assert np.array_equal(model(np.ones((1, 3))), model(np.ones((1, 3), int)))


def test_leading_axes_are_kept(model):
    assert (7, 5, 2) == model(np.zeros((7, 5, 3))).shape


# -- what belongs to the model ---------------------------------------------------------------------


def test_parameters_that_were_passed_are_copied(model, x):
    mine = {name: array.copy() for name, array in model.parameters.items()}
    model.parameters = mine
    before = model(x)
    mine["w1"][:] = 9
    mine["b1"] = None

    assert np.array_equal(before, model(x))


def test_parameters_that_were_given_cannot_be_written(model):
    with pytest.raises(ValueError, match="read-only"):
        model.parameters["w1"][0, 0] = 9


@pytest.mark.parametrize(
    "change",
    [
        lambda parameters: parameters.__setitem__("w1", np.zeros((3, 4))),
        lambda parameters: parameters.update(w1=np.zeros((3, 4))),
        lambda parameters: parameters.pop("w1"),
        lambda parameters: parameters.clear(),
        lambda parameters: parameters.__ior__({"w1": 0}),
    ],
)
def test_a_change_to_the_dict_that_was_given_is_refused_and_not_lost(model, change):
    with pytest.raises(TypeError, match="assign a whole dict to change a model's parameters"):
        change(model.parameters)


def test_an_output_that_is_changed_leaves_the_model_alone(x):
    model = Sequential([OpLayer(Op(lambda x, a: (a, ()), lambda saved, d: (None, d)), {"a": [1.0, 2.0]})])
    with pytest.raises(ValueError, match="read-only"):
        model(x)[:] = 9


def test_copies_are_independent_and_pickle_works(model, x):
    expected = model(x)
    copied, pickled = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    model.parameters = {name: 0 * array for name, array in model.parameters.items()}

    assert np.array_equal(expected, copied(x))
    assert np.array_equal(expected, pickled(x))
    assert not any(array.flags.writeable for array in [*copied.parameters.values(), *pickled.parameters.values()])


def test_copies_of_the_parameters_are_plain_dicts(model):
    assert dict is type(copy.deepcopy(model.parameters))
    assert dict is type(pickle.loads(pickle.dumps(model.parameters)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: {"w1": p["w1"]}, "expected w1, b1, w2, b2, got w1"),
        (lambda p: {**p, "w3": p["w1"]}, "got w1, b1, w2, b2, w3"),
        (lambda p: {**p, "w1": p["w1"].T}, r"expected w1 with shape \(3, 4\), got \(4, 3\)"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_whole(model, x, change, message):
    before = model(x)
    with pytest.raises(ValueError, match=message):
        model.parameters = change({name: 9 * array for name, array in model.parameters.items()})

    assert np.array_equal(before, model(x))


# -- other people's layers -------------------------------------------------------------------------


def test_a_users_own_layer_takes_part(x):
    model = Sequential([Doubling(), Affine(3, 2), Doubling()], rng=0)
    plain = Sequential([Affine(3, 2)], rng=0)

    assert ["factor1", "w2", "b2", "factor3"] == list(model.parameters)
    assert np.allclose(2 * plain(2 * x), model(x))


def test_a_parameter_name_that_ends_in_a_digit_is_refused():
    class Odd(Doubling):
        def initialize(self, rng, dtype):
            return {"w1": np.ones(1)}

    with pytest.raises(ValueError, match="calls a parameter 'w1'; expected a name that ends in a letter"):
        Sequential([Odd()])


# -- layers that draw random numbers ---------------------------------------------------------------

KEY = np.array([8, 5], np.uint64)


def kept(stream, shape, rate):
    return np.random.Generator(np.random.Philox(key=KEY, counter=stream << 192)).random(shape) < 1 - rate


def test_each_random_layer_draws_from_a_stream_of_its_own(x):
    layers = [Affine(3, 3), Dropout(0.5), Tanh(), Dropout(0.25), Dropout(0.25)]
    model = Sequential(layers, rng=0)
    p = model.parameters
    hidden = np.tanh((x @ p["w1"] + p["b1"]) * kept(1, (5, 3), 0.5) / 0.5)
    expected = hidden * kept(2, (5, 3), 0.25) / 0.75 * kept(3, (5, 3), 0.25) / 0.75

    np.testing.assert_allclose(expected, model.forward(p, x, KEY), rtol=1e-15)
    np.testing.assert_allclose(np.tanh(x @ p["w1"] + p["b1"]), model(x), rtol=1e-15)


class Noise:
    """A user's own random layer; what it calls ``stream`` and ``key`` it is given."""

    random = True

    def initialize(self, rng, dtype):
        return {}

    def __call__(self, x, key=None, stream=None):
        return x if key is None else x + stream * key[0].astype(float)


def test_a_users_own_random_layer_is_given_key_and_stream():
    model = Sequential([Dropout(0.0), Noise(), Noise()])

    assert model.random
    assert [1.0 + 2 * 8 + 3 * 8] == model.forward({}, np.array([1.0]), KEY).tolist()
    assert [1.0] == model.forward({}, np.array([1.0])).tolist()


def test_a_layer_with_a_generator_called_random_is_not_a_random_layer(x):
    layer = Doubling()
    layer.random = np.random.default_rng(0)

    assert not Sequential([layer]).random


def test_a_model_without_random_layers_has_no_use_for_a_key(model, x):
    assert not model.random
    assert np.array_equal(model(x), model.forward(model.parameters, x, KEY))


def test_dropout_leaves_no_trace_in_the_text_of_a_model_in_use(x):
    model = Sequential([Affine(3, 4), ReLU(), Dropout(0.5), Affine(4, 2)], rng=0)
    plain = Sequential([Affine(3, 4), ReLU(), Affine(4, 2)], rng=0)
    texts = []
    for one in (model, plain):
        forward = compile(one.forward)
        forward(one.parameters, x)
        texts.append(forward.source)

    assert texts[0] == texts[1]


def test_dropout_keeps_the_number_of_values_a_row():
    with pytest.raises(ValueError, match=r"layer 1 Affine\(3, 4\) gives 4 values a row, but layer 3 Affine\(5, 2\)"):
        Sequential([Affine(3, 4), Dropout(), Affine(5, 2)])


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "kind", "message"),
    [
        ([], ValueError, "there are no layers"),
        ([Affine(3, 4), ReLU], TypeError, "layer 2 is <class .*ReLU'>; expected an object with initialize"),
        ([np.tanh], TypeError, "layer 1 is <ufunc 'tanh'>; expected an object .*OpLayer"),
        (
            [Affine(3, 4), Tanh(), Affine(5, 2)],
            ValueError,
            r"layer 1 Affine\(3, 4\) gives 4 values a row, but layer 3 Affine\(5, 2\) takes 5",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, kind, message):
    with pytest.raises(kind, match=message):
        Sequential(layers)


def test_sizes_are_not_compared_across_a_users_own_layer():
    Sequential([Affine(3, 4), Doubling(), Affine(5, 2)])


@pytest.mark.parametrize("dtype", ["float16", "int64", "number", object])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="expected float64 or float32"):
        Sequential([Affine(3, 4)], dtype=dtype)


def test_inputs_of_another_width_name_the_rule(model):
    with pytest.raises(ValueError, match=r"affine: expected x\.shape\[.*got 5 != 3"):
        model(np.zeros((2, 5)))


def test_repr_shows_layers_and_sizes(model):
    expected = (
        "Sequential, 26 parameters, float64\n"
        "  1 Affine(3, 4)  w1 (3, 4), b1 (4,)\n"
        "  2 Tanh()\n"
        "  3 Affine(4, 2)  w2 (4, 2), b2 (2,)"
    )

    assert expected == repr(model)
