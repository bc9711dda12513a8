"""Compiled functions: one text for each set of shapes and dtypes, which is what runs."""

import ast
import gc
import inspect
import linecache
import sys
import threading
import traceback

import numpy as np
import pytest

import chainrule
from chainrule.compiling import reuse
from chainrule.compiling.literals import literal


def scale(x, factor):
    doubled = x * factor
    return doubled + 1


def test_a_second_call_with_the_same_shapes_does_not_trace_again():
    traced = []

    def f(x):
        traced.append(x.shape)
        return x * 2

    compiled = chainrule.compile(f)
    for size in (3, 3, 4, 3):
        np.testing.assert_array_equal(np.full(size, 2.0), compiled(np.ones(size)))

    assert [(3,), (4,)] == traced


def test_another_dtype_is_another_text():
    compiled = chainrule.compile(lambda x: x * 2)

    assert compiled(np.ones(2, np.float32)).dtype == np.float32
    assert compiled(np.ones(2, np.float64)).dtype == np.float64
    assert compiled(np.ones(2, np.int64)).dtype == np.int64


def test_python_numbers_are_inputs_and_strings_are_not():
    def f(x, factor, how):
        return x * factor if how == "times" else x + factor

    compiled = chainrule.compile(f)

    assert [compiled(2.0, 3.0, "times"), compiled(2.0, 4.0, "times"), compiled(2.0, 4.0, "plus")] == [
        6.0,
        8.0,
        6.0,
    ]


def test_the_first_line_tells_the_shapes():
    compiled = chainrule.compile(scale)
    compiled(np.ones((2, 3)), 1.5)

    assert compiled.source.splitlines()[0] == "def scale(x, factor):  # x (2, 3)  factor float"


def test_the_text_is_what_one_would_write():
    def loss(w, b, x, y):
        logits = x @ w + b
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        return -np.sum(y * log_p) / len(x)

    compiled = chainrule.compile(loss)
    compiled(np.ones((3, 2)), np.zeros(2), np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]])

    expected = """\
def loss(w, b, x, y):  # w (3, 2)  b (2,)  x (4, 3)  y (4, 2)
    logits = x @ w + b
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * log_p).sum() / 4
"""
    assert compiled.source == expected


def test_the_text_that_is_shown_is_the_text_that_runs():
    compiled = chainrule.compile(scale)
    x = np.array([1.0, 2.0])
    namespace = {"np": np}
    compiled(x, 3.0)
    exec(compiled.source, namespace)

    np.testing.assert_array_equal(namespace["scale"](x, 3.0), compiled(x, 3.0))


def test_tracebacks_and_inspect_show_the_text():
    compiled = chainrule.compile(lambda a, b: a @ b)
    step = compiled.step(np.ones((2, 3)), np.ones((3, 2)))
    try:
        step.run(np.ones((2, 3)), np.ones((2, 3)))
    except ValueError:
        shown = traceback.format_exc()

    assert "return a @ b" in shown
    assert inspect.getsource(step.run) == compiled.source


def test_texts_leave_linecache_when_the_next_comes_and_never_while_it_is_walked_through():
    def short_lived(x):
        return x + 1

    compiled = chainrule.compile(short_lived)
    compiled(np.ones(2))
    (name,) = {name for name in linecache.cache if name.startswith("<chainrule short_lived")}
    del compiled
    gc.collect()  # a function and its namespace refer to each other

    assert name in linecache.cache  # whoever is walking through it finds what was there

    chainrule.compile(lambda x: x + 1)(np.ones(2))

    assert name not in linecache.cache


def test_eager_runs_the_function_itself():
    seen = []

    def f(x):
        seen.append(type(x))
        return x + 1

    compiled = chainrule.compile(f, engine="eager")
    compiled(np.ones(2))
    compiled(np.ones(2))

    assert [np.ndarray, np.ndarray] == seen
    with pytest.raises(RuntimeError, match="eager engine runs f itself"):
        _ = compiled.source


def test_devices_are_for_a_solver():
    with pytest.raises(ValueError, match="is for a Solver, which has batches to share out"):
        chainrule.compile(np.sum, engine=chainrule.XLA(devices="all"))


def test_without_jax_the_xla_engine_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[xla\]"'):
        chainrule.compile(scale, engine="xla")


def test_an_unknown_engine_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown engine 'cuda'; choose one of numpy, eager, xla"):
        chainrule.compile(scale, engine="cuda")


def test_there_is_no_text_before_the_first_call():
    with pytest.raises(RuntimeError, match="written for the arguments of a first call"):
        _ = chainrule.compile(scale).source


def test_compiled_functions_can_be_differentiated_and_traced():
    square = chainrule.compile(lambda x: np.sum(x * x))

    np.testing.assert_array_equal([2.0, 4.0], chainrule.grad(square)(np.array([1.0, 2.0])))


def test_closed_over_arrays_are_constants_with_their_names():
    weights = np.array([1.0, 2.0])
    compiled = chainrule.compile(lambda x: x * weights)
    compiled(np.ones(2))

    assert compiled.source.startswith("# constants: weights (2,)\n")
    np.testing.assert_array_equal([3.0, 6.0], compiled(np.full(2, 3.0)))


def test_two_results_never_share_memory():
    compiled = chainrule.compile(lambda x: (x + 1, x + 1))
    first, second = compiled(np.zeros(2))
    first += 1

    np.testing.assert_array_equal([1.0, 1.0], second)


def test_arguments_are_not_written_to():
    def f(x):
        x -= 1
        return x

    x = np.ones(2)

    np.testing.assert_array_equal([0.0, 0.0], chainrule.compile(f)(x))
    np.testing.assert_array_equal([1.0, 1.0], x)


def test_names_that_python_or_numpy_need_are_not_taken():
    compiled = chainrule.compile(lambda tree: tree["np"] + tree["lambda"] + tree["no good!"] + tree["naïve"])
    result = compiled({"np": 1.0, "lambda": 2.0, "no good!": 3.0, "naïve": 4.0})

    assert result == 10.0
    assert "def step(np2, t1, no_good, t2):" in compiled.source


def test_names_taken_twice_are_numbered():
    def f(x):
        for _ in range(3):
            x = np.sin(x)
            y = x + 1
        return x * y, y

    compiled = chainrule.compile(f)
    x = np.ones(2)

    for expected, result in zip(f(x), compiled(x), strict=True):
        np.testing.assert_array_equal(expected, result)


def test_a_name_cannot_smuggle_code():
    name = "x): import os  #"
    compiled = chainrule.compile(lambda tree: tree[name] * 2)
    compiled({name: 1.0})

    assert "import" not in compiled.source.replace("import_os", "")


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        -1.5,
        -0.0,
        1e-300,
        float("inf"),
        float("-inf"),
        3,
        -3,
        True,
        None,
        "text'\"",
        np.float32(0.1),
        np.int64(-4),
        np.bool_(True),
    ],
    ids=repr,
)
def test_literals_are_written_exactly(value):
    text = ast.unparse(literal(value))
    back = eval(text, {"np": np})

    assert repr(back) == repr(bool(value) if isinstance(value, np.bool_) else value)


def test_a_negative_base_keeps_its_parentheses():
    compiled = chainrule.compile(lambda x: (-2.0) ** x + x**-1)

    assert compiled(2.0) == 4.5


def test_indexing_is_written_as_indexing():
    def f(x, rows):
        return x[1:, ::-1].sum() + x[rows, 0].sum() + x[..., None].sum() + x[-1, -1]

    x, rows = np.arange(6.0).reshape(2, 3), np.array([0, 1, 1])
    compiled = chainrule.compile(f)

    assert f(x, rows) == compiled(x, rows)
    for text in ("x[1:, ::-1]", "x[rows, 0]", "x[..., None]", "x[-1, -1]"):
        assert text in compiled.source


def test_donated_arguments_are_written_in_place(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)

    def update(w, d_w):
        return {"w": w - 0.5 * d_w}

    step = chainrule.compile(update, donate_argnums=(0,))
    w, d_w = np.ones(4), np.full(4, 2.0)
    result = step(w, d_w)["w"]

    assert result is w
    np.testing.assert_array_equal(np.zeros(4), w)
    np.testing.assert_array_equal(np.full(4, 2.0), d_w)
    assert "w -= " in step.source


def test_kept_buffers_are_not_handed_out(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)

    def step(w, x):
        hidden = x @ w
        return w - 0.1 * (x.T @ hidden), hidden + 1

    compiled = chainrule.compile(step, donate_argnums=(0,))
    x = np.ones((3, 2))
    _, first = compiled(np.ones((2, 2)), x)
    kept = first.copy()
    compiled(np.full((2, 2), 9.0), x)

    assert "kept between calls" in compiled.source
    np.testing.assert_array_equal(kept, first)


def test_two_results_named_as_one_input_are_kept_apart():
    def f(parameters):
        new = parameters["w"] + 1
        return {"w": new}, {"w": new * 2}

    first, second = chainrule.compile(f)({"w": np.ones(2)})

    np.testing.assert_array_equal([2.0, 2.0], first["w"])
    np.testing.assert_array_equal([4.0, 4.0], second["w"])


def test_a_name_is_not_taken_while_a_value_made_in_its_place_is_read(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)

    def f(tree, x):
        unnamed = [tree["p"] * 2]
        return {"p": np.where(x > 0, x, 0)}, np.cumsum(unnamed[0])

    compiled = chainrule.compile(f, donate_argnums=(0,))
    result, sums = compiled({"p": np.ones(2)}, np.array([5.0, -5.0]))

    np.testing.assert_array_equal([5.0, 0.0], result["p"])
    np.testing.assert_array_equal([2.0, 4.0], sums)


def test_an_argument_may_be_called_like_a_buffer(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)
    compiled = chainrule.compile(lambda w, buffer1: (w - buffer1 @ w, buffer1 + 1), donate_argnums=(0,))
    buffer1 = np.arange(4.0).reshape(2, 2)
    _, result = compiled(np.ones((2, 2)), buffer1)

    np.testing.assert_array_equal([[1.0, 2.0], [3.0, 4.0]], result)
    np.testing.assert_array_equal([[0.0, 1.0], [2.0, 3.0]], buffer1)


def test_arguments_may_be_called_like_what_the_text_calls():
    def f(x, slice, written_at):
        out = x.copy()
        out[1:2] = slice
        return out + written_at

    np.testing.assert_array_equal([2.0, 1.0, 2.0], chainrule.compile(f)(np.ones(3), np.zeros(1), np.ones(3)))


def test_views_of_kept_buffers_are_not_handed_out_either(monkeypatch):
    monkeypatch.setattr(reuse, "LARGE", 0)
    compiled = chainrule.compile(lambda w, x: (w + 1, (x @ w).T[0]), donate_argnums=(0,))
    _, first = compiled(np.ones((2, 2)), np.ones((3, 2)))
    kept = first.copy()
    compiled(np.full((2, 2), 9.0), np.ones((3, 2)))

    np.testing.assert_array_equal(kept, first)


def test_undonated_functions_serve_many_threads():
    compiled = chainrule.compile(lambda x: np.tanh(x @ x.T).sum())
    x = np.random.default_rng(0).normal(size=(200, 200))
    expected, found = compiled(x), []
    threads = [threading.Thread(target=lambda: found.append(compiled(x))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [expected] * 4 == found
