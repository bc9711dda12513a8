"""Where results are put: nothing that is still to be read is written over, and nothing that was handed out."""

import ast
import itertools
import sys

import numpy as np
import pytest

import chainrule
from chainrule.compiling import reuse
from chainrule.learning import SGD, Adam, Affine, ReLU, Sequential, Tanh
from chainrule.learning.state import copied
from chainrule.learning.training_step import TrainingStep
from chainrule.ops import squared_error
from chainrule.tracing.trees import leaves


def training(optimizer, *sizes):
    """A training step of a small network, and what it is called with."""
    rng = np.random.default_rng(0)
    activations = itertools.cycle([ReLU(), Tanh()])
    model = Sequential([layer for pair in itertools.pairwise(sizes) for layer in (Affine(*pair), next(activations))])
    step = TrainingStep(model, squared_error, optimizer, "numpy", 1.0)
    parameters = {name: array.copy() for name, array in model.parameters.items()}
    state = {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in optimizer.initialize(parameters).items()
    }
    x, y = rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1]))
    return step.training_step, (parameters, state, 0.1, x, y)


def read_later(body):
    """For each statement of a straight text the names whose values after it are still to be read."""
    alive, found = set(), []
    for statement in reversed(body):
        found.append(set(alive))
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        alive -= {name.id for name in names if isinstance(name.ctx, ast.Store)}
        alive |= {name.id for name in names if isinstance(name.ctx, ast.Load)}
        if isinstance(statement, ast.AugAssign):
            alive.add(statement.target.id)
    return found[::-1]


def values_after_each_line(function, arguments):
    """The local arrays after each line of a function that has one statement a line."""
    seen = []

    def on_line(frame, event, argument):
        if event in ("line", "return"):
            seen.append({name: value for name, value in frame.f_locals.items() if isinstance(value, np.ndarray)})
        return on_line

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: on_line if frame.f_code is function.__code__ else None)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return seen[1:]  # the first is before the first line


@pytest.mark.parametrize("large", [0, 64, 400, reuse.LARGE])
@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), Adam(0.1)], ids=["sgd", "momentum", "adam"])
def test_values_that_are_still_to_be_read_share_no_bytes(optimizer, large, monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", large)
    function, arguments = training(optimizer, 5, 8, 8, 5, 1)
    step = chainrule.compile(function, donate_argnums=(0, 1)).step(*arguments)
    body = ast.parse(step.source.text).body[0].body
    after = values_after_each_line(step.run, leaves(arguments))

    assert len(body) == len(after)
    for statement, names, values in zip(body, read_later(body), after, strict=True):
        alive = sorted(names & values.keys())
        for i, first in enumerate(alive):
            for second in alive[:i]:
                assert not np.shares_memory(values[first], values[second]), (ast.unparse(statement), first, second)


@pytest.mark.parametrize("large", [0, 64, 400, reuse.LARGE])
def test_steps_in_planned_memory_have_the_bits_of_the_eager_ones(large, monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", large)
    function, (parameters, state, *rest) = training(Adam(0.1), 5, 8, 8, 5, 1)
    compiled = chainrule.compile(function, donate_argnums=(0, 1))
    planned = eager = parameters, state
    for _ in range(4):
        loss, *planned = compiled(*map(copied, planned), *rest)
        expected, *eager = function(*eager, *rest)

        assert expected.tobytes() == loss.tobytes()
        for one, other in zip(leaves(eager), leaves(planned), strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


def update(tree, d_w):
    return {"w": tree["w"] - 0.5 * d_w}


def test_an_update_of_something_given_up_is_written_in_place():
    step = chainrule.compile(update, donate_argnums=(0,))
    w, d_w = np.ones(4), np.full(4, 2.0)
    result = step({"w": w}, d_w)["w"]

    assert result is w
    np.testing.assert_array_equal(np.zeros(4), w)
    np.testing.assert_array_equal(np.full(4, 2.0), d_w)
    assert "    w -= 0.5 * d_w\n" in step.source
    assert "kept between calls" not in step.source


def test_an_update_of_something_that_was_not_given_up_is_a_new_array():
    step = chainrule.compile(update)
    w = np.ones(4)

    np.testing.assert_array_equal(np.zeros(4), step({"w": w}, np.full(4, 2.0))["w"])
    np.testing.assert_array_equal(np.ones(4), w)


def test_a_single_number_is_not_updated_in_place():
    step = chainrule.compile(update, donate_argnums=(0,))
    step({"w": np.ones((1, 1))}, np.ones((1, 1)))

    assert "return w - 0.5 * d_w" in step.source


@pytest.mark.parametrize(
    "keep",
    [lambda w: w, lambda w: w.T, lambda w: w[1:], lambda w: w.reshape(4)[::2]],
    ids=["itself", "transposed", "sliced", "view of a view"],
)
def test_an_input_is_not_updated_in_place_while_it_is_returned(keep):
    def function(tree, d_w):
        kept = keep(tree["w"])
        return {"w": tree["w"] - d_w}, kept

    w, d_w = np.arange(4.0).reshape(2, 2), np.ones((2, 2))
    expected, before = function({"w": w.copy()}, d_w)
    result, kept = chainrule.compile(function, donate_argnums=(0,))({"w": w.copy()}, d_w)

    np.testing.assert_array_equal(expected["w"], result["w"])
    np.testing.assert_array_equal(before, kept)


def test_an_update_that_reads_its_input_backwards_reads_the_old_one():
    def function(tree):
        return {"w": tree["w"] - tree["w"][::-1]}

    result = chainrule.compile(function, donate_argnums=(0,))({"w": np.array([1.0, 2.0, 4.0])})["w"]

    np.testing.assert_array_equal([-3.0, 0.0, 3.0], result)


def test_two_updates_that_read_each_other_read_the_old_values():
    def function(tree):
        return {"a": tree["a"] - tree["b"], "b": tree["b"] - tree["a"]}

    step = chainrule.compile(function, donate_argnums=(0,))
    result = step({"a": np.array([1.0, 2.0]), "b": np.array([10.0, 20.0])})

    np.testing.assert_array_equal([-9.0, -18.0], result["a"])
    np.testing.assert_array_equal([9.0, 18.0], result["b"])


def test_a_narrower_input_is_not_updated_in_place():
    step = chainrule.compile(update, donate_argnums=(0,))
    result = step({"w": np.ones(2, np.float32)}, np.full(2, 1e-9))["w"]

    assert np.float64 == result.dtype
    assert result[0] == 1 - 0.5e-9


@pytest.mark.parametrize("view", [lambda x: x.T, lambda x: x[:, ::-1], lambda x: x.reshape((3, 2)).T[:, ::-1]])
def test_an_input_is_not_written_over_while_a_later_line_reads_a_view_of_it(view, monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)

    def function(x):
        turned = view(x)
        angles = [np.arctan(turned)]  # has no name of its own, and so is written within a later line
        return np.sin(x), -angles[0]

    x = np.random.default_rng(0).normal(size=(2, 3))
    expected = function(x.copy())
    result = chainrule.compile(function, donate_argnums=(0,))(x.copy())

    np.testing.assert_array_equal(expected[0], result[0])
    np.testing.assert_array_equal(expected[1], result[1])


def test_what_lies_column_by_column_is_put_into_no_buffer(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)

    def function(x):
        return np.sum(np.exp(x.copy("F"))) * x

    x = np.random.default_rng(1).normal(size=(64, 33))
    text = chainrule.compile(function, donate_argnums=(0,))

    np.testing.assert_array_equal(function(x.copy()), text(x.copy()))
    assert "buffer" not in text.source
