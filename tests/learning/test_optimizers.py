"""Optimizers against numbers worked by hand, the published formulas entry by entry, and PyTorch."""

import math

import numpy as np
import pytest

from chainrule import compile
from chainrule.learning.optimizers import OPTIMIZERS, SGD, Adam, AdamW, RMSprop, optimizer_from_configuration
from chainrule.learning.records import describe

VARIANTS = [
    SGD(0.1),
    SGD(0.1, weight_decay=0.01),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    RMSprop(0.02),
    RMSprop(0.02, smoothing=0.9, epsilon=1e-3, momentum=0.5, weight_decay=0.1),
    Adam(0.01),
    Adam(0.01, betas=(0.8, 0.9), epsilon=1e-2, weight_decay=0.1),
    AdamW(0.01),
    AdamW(0.01, betas=(0.8, 0.9), epsilon=1e-2, weight_decay=0.3),
    AdamW(0.01, weight_decay=0.0),
]


def run(optimizer, start, gradients):
    """The parameters after each of the gradients."""
    parameters, state, path = start, optimizer.initialize(start), []
    for gradient in gradients:
        parameters, state = optimizer.update(parameters, gradient, state, optimizer.learning_rate)
        path.append(parameters)
    return path


def example(steps=6, dtype=np.float64):
    rng = np.random.default_rng(7)
    shapes = {"w1": (3, 2), "b1": (2,)}

    def draw():
        return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}

    return draw(), [draw() for _ in range(steps)]


# -- by hand ---------------------------------------------------------------------------------------


def path_of_one(optimizer, start, gradients):
    steps = run(optimizer, {"w": np.array([start])}, [{"w": np.array([g])} for g in gradients])
    return [float(parameters["w"][0]) for parameters in steps]


def test_sgd_by_hand():
    # 1 - 0.1 * 2;  0.8 - 0.1 * -1
    assert pytest.approx([0.8, 0.9]) == path_of_one(SGD(0.1), 1.0, [2.0, -1.0])


def test_momentum_by_hand():
    # v = 2; w = 1 - 0.2.  v = 0.5 * 2 + 2 = 3; w = 0.8 - 0.3.  v = 0.5 * 3 - 1 = 0.5; w = 0.5 - 0.05
    assert pytest.approx([0.8, 0.5, 0.45]) == path_of_one(SGD(0.1, momentum=0.5), 1.0, [2.0, 2.0, -1.0])


def test_nesterov_by_hand():
    # v = 2; step 2 + 0.5 * 2 = 3; w = 0.7.  v = 1 + 2 = 3; step 2 + 1.5 = 3.5; w = 0.35
    assert pytest.approx([0.7, 0.35]) == path_of_one(SGD(0.1, momentum=0.5, nesterov=True), 1.0, [2.0, 2.0])


def test_weight_decay_by_hand():
    # 1 - 0.1 * (2 + 0.5 * 1);  0.75 - 0.1 * (0 + 0.5 * 0.75)
    assert pytest.approx([0.75, 0.7125]) == path_of_one(SGD(0.1, weight_decay=0.5), 1.0, [2.0, 0.0])


def test_rmsprop_by_hand():
    # s = 0.25 * 16 = 4: 1 - 0.1 * 4 / 2.  s = 0.75 * 4 + 0.25 * 4 = 4: 0.8 - 0.1 * 2 / 2
    optimizer = RMSprop(0.1, smoothing=0.75, epsilon=1e-12)

    assert pytest.approx([0.8, 0.7]) == path_of_one(optimizer, 1.0, [4.0, 2.0])


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    assert pytest.approx([0.9]) == path_of_one(Adam(0.1, epsilon=1e-12), 1.0, [1e-3])
    assert pytest.approx([1.1]) == path_of_one(Adam(0.1, epsilon=1e-12), 1.0, [-1e3])


def test_adamw_without_gradient_only_decays():
    # 1 * (1 - 0.1 * 0.5), twice
    assert pytest.approx([0.95, 0.9025]) == path_of_one(AdamW(0.1, weight_decay=0.5), 1.0, [0.0, 0.0])


# -- the formulas as published, one number at a time -----------------------------------------------


def published(optimizer, w, gradients):
    """One weight's path, written from the papers with a bias correction for every quantity by itself."""
    v = m = s = 0.0
    for t, g in enumerate(gradients, 1):
        decay, rate = optimizer.weight_decay, optimizer.learning_rate
        g = g if isinstance(optimizer, AdamW) else g + decay * w
        if isinstance(optimizer, SGD):
            v = optimizer.momentum * v + g
            w = w - rate * (g + optimizer.momentum * v if optimizer.nesterov else v)
        elif isinstance(optimizer, RMSprop):
            s = optimizer.smoothing * s + (1 - optimizer.smoothing) * g * g
            v = optimizer.momentum * v + g / (math.sqrt(s) + optimizer.epsilon)
            w = w - rate * v
        else:
            beta1, beta2 = optimizer.betas
            m = beta1 * m + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g * g
            decayed = w - rate * decay * w if isinstance(optimizer, AdamW) else w
            w = decayed - rate * (m / (1 - beta1**t)) / (math.sqrt(s / (1 - beta2**t)) + optimizer.epsilon)
        yield w


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_update_is_the_published_formula(optimizer):
    start, gradients = example()
    path = run(optimizer, start, gradients)

    for name, w in start.items():
        for place in np.ndindex(w.shape):
            expected = list(published(optimizer, w[place], [gradient[name][place] for gradient in gradients]))
            assert pytest.approx(expected, rel=1e-12) == [parameters[name][place] for parameters in path]


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_update_is_pytorchs(optimizer):
    torch = pytest.importorskip("torch", reason="PyTorch is a comparison only, and not among the test dependencies")
    settings = describe(optimizer)
    theirs = getattr(torch.optim, settings.pop("optimizer"))
    words = {"learning_rate": "lr", "epsilon": "eps", "smoothing": "alpha"}
    start, gradients = example()
    weights = {name: torch.nn.Parameter(torch.tensor(w)) for name, w in start.items()}
    peer = theirs(weights.values(), **{words.get(name, name): value for name, value in settings.items()})

    for parameters, gradient in zip(run(optimizer, start, gradients), gradients, strict=True):
        for name, weight in weights.items():
            weight.grad = torch.tensor(gradient[name])
        peer.step()
        for name, weight in weights.items():
            np.testing.assert_allclose(weight.detach().numpy(), parameters[name], rtol=1e-12)


# -- promises --------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_nothing_is_written_in_place(optimizer):
    start, gradients = example(steps=1)
    state = optimizer.initialize(start)
    for array in [*start.values(), *gradients[0].values(), *state.values()]:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    names = set(state)
    parameters, new_state = optimizer.update(start, gradients[0], state, 0.1)

    assert names == set(state) == set(new_state)
    assert not any(np.shares_memory(start[name], parameters[name]) for name in start)


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_float32_stays_float32(optimizer):
    start, gradients = example(steps=3, dtype=np.float32)
    state = optimizer.initialize(start)
    parameters, state = optimizer.update(start, gradients[0], state, 0.1)
    arrays = [*parameters.values(), *(value for name, value in state.items() if name != "step")]

    assert {np.dtype(np.float32)} == {array.dtype for array in arrays}


def test_adams_step_counter_is_a_python_float():
    start, gradients = example(steps=2)
    optimizer = Adam()
    state = optimizer.initialize(start)
    for gradient in gradients:
        _, state = optimizer.update(start, gradient, state, 0.1)

    assert 2.0 == state["step"]
    assert float is type(state["step"])


def test_the_learning_rate_is_the_one_that_is_passed():
    parameters, _ = SGD(learning_rate=99.0).update({"w": np.array([1.0])}, {"w": np.array([2.0])}, {}, 0.25)

    assert [0.5] == parameters["w"].tolist()


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_optimizers_survive_being_written_down(optimizer):
    assert optimizer == optimizer_from_configuration(describe(optimizer))


def test_the_table_makes_every_optimizer_without_arguments():
    assert {"sgd", "rmsprop", "adam", "adamw"} == set(OPTIMIZERS)
    assert all(optimizer().learning_rate > 0 for optimizer in OPTIMIZERS.values())


def test_numpy_settings_become_plain_numbers():
    optimizer = SGD(np.float32(0.5), momentum=np.float64(0.25))

    assert {float} == {type(optimizer.learning_rate), type(optimizer.momentum)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(-0.1), r"SGD: learning_rate is -0\.1; expected more than 0"),
        (lambda: SGD(0), "SGD: learning_rate is 0; expected more than 0"),
        (lambda: SGD(math.inf), "SGD: learning_rate is inf; expected a finite number"),
        (lambda: SGD(0.1, momentum=1), "SGD: momentum is 1; expected less than 1"),
        (lambda: SGD(0.1, weight_decay=-1), "SGD: weight_decay is -1; expected at least 0"),
        (lambda: SGD(0.1, nesterov=True), "SGD: nesterov=True with momentum 0 changes nothing"),
        (lambda: RMSprop(smoothing=1.5), r"RMSprop: smoothing is 1\.5; expected less than 1"),
        (lambda: RMSprop(epsilon=0), "RMSprop: epsilon is 0; expected more than 0"),
        (lambda: Adam(betas=(0.9, 1.0)), r"Adam: betas is \(0\.9, 1\.0\); expected two numbers"),
        (lambda: Adam(betas=0.9), r"Adam: betas is 0\.9; expected two numbers"),
        (lambda: AdamW(weight_decay=-1), "AdamW: weight_decay is -1; expected at least 0"),
    ],
)
def test_senseless_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("make", [lambda: SGD("fast"), lambda: SGD(True), lambda: SGD(0.1, nesterov=1)])
def test_settings_of_another_type_are_refused(make):
    with pytest.raises(TypeError, match="expected"):
        make()


# -- compiled --------------------------------------------------------------------------------------


def compiled(optimizer, dtype=np.float64):
    """The compiled update, after one call."""

    def step(w1, d_w1, state, learning_rate):
        return optimizer.update({"w1": w1}, {"w1": d_w1}, state, learning_rate)

    update = compile(step)
    w1 = np.arange(6, dtype=dtype).reshape(3, 2)
    state = optimizer.initialize({"w1": w1})
    return update, update(w1, w1 + 1, state, 0.1), step(w1, w1 + 1, state, 0.1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_compiled_update_gives_the_same(optimizer, dtype):
    _, (parameters, state), (plain_parameters, plain_state) = compiled(optimizer, dtype)

    assert np.array_equal(plain_parameters["w1"], parameters["w1"])
    assert dtype == parameters["w1"].dtype
    assert plain_state.keys() == state.keys()
    assert all(np.array_equal(plain_state[name], state[name]) for name in state)


def test_compiled_sgd_reads_as_one_would_write_it():
    update, *_ = compiled(SGD(0.1))

    assert "w1 - learning_rate * d_w1" in update.source


def test_compiled_adam_combines_its_factors_before_they_meet_arrays():
    update, *_ = compiled(Adam())

    assert "0.1 * d_w1" in update.source
    assert "0.001 * np.square(d_w1)" in update.source
