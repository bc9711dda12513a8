"""What a line costs: counts worked out by hand, the equations on each line, and the table."""

import json
import operator
from dataclasses import replace

import numpy as np
import pytest

import chainrule
from chainrule.compiling.compile import Step
from chainrule.compiling.cost import _enough, _inputs, equations_by_line, measure_cost
from chainrule.compiling.counting import count, saved_values
from chainrule.measuring import Rates
from chainrule.ops import affine, relu, softmax_cross_entropy
from chainrule.ops.drawing import uniform
from chainrule.tracing.program import primitive_name

# A machine that computes 10^9 a second in float64, twice that in float32, and moves 10^9 bytes a second.
RATES = Rates({"float32": {64: 2.0}, "float64": {64: 1.0}}, 1.0, 1.0, {1024: 1.0})


def objective(w, b, x, y):
    logits = affine(x, w, b)
    return softmax_cross_entropy(logits, y)


def network(w1, b1, w2, b2, x, y):
    hidden = relu(affine(x, w1, b1))
    return softmax_cross_entropy(affine(hidden, w2, b2), y)


ARGUMENTS = np.zeros((3, 2)), np.zeros(2), np.ones((2, 3)), np.eye(2)


def cost_of(function, *arguments, **options) -> chainrule.compiling.Cost:
    step = chainrule.compile(function, **options).step(*arguments)
    return measure_cost(step.program, step.source, rates=RATES)


def counted(function, *arguments):
    """The last equation of the function's program."""
    return count(chainrule.trace(function, *arguments).equations[-1])


def test_affine_and_loss_by_hand():
    cost = cost_of(chainrule.value_and_grad(objective, argnums=(0, 1)), *ARGUMENTS)

    # x @ w: 2 * (2 * 2 * 3) = 24, and 4 for b. Read: x 48, w 48, then the product 32, b 16. Written: twice 32.
    assert ("logits = x @ w + b", 28, 144, 64, 0) == _facts(cost.rows[0])
    assert ("shifted = logits - logits.max(axis=-1, keepdims=True)", 2 + 4, 32 + 48, 16 + 32, 0) == _facts(cost.rows[1])
    # y * log_p: 4, their sum: 3, the sign: 1, the division: 1.
    assert ("loss = -(y * log_p).sum() / 2", 9, 64 + 32 + 8 + 8, 32 + 8 + 8 + 8, 0) == _facts(cost.rows[5])
    assert ("p = exponentials / total", 4, 48, 32, 32) == _facts(cost.rows[6])
    assert ("d_w = x.T @ d_logits", 24, 48 + 32, 48, 0) == _facts(cost.rows[8])
    assert ("return loss, d_w, d_b", 0, 0, 0, 0) == _facts(cost.rows[-1])
    assert ("total", 93, 720, 424, 32) == _facts(cost.total)


def _facts(row):
    return row.line, row.flops, row.read, row.written, row.saved


def test_totals_add_up():
    cost = cost_of(chainrule.value_and_grad(objective, argnums=(0, 1)), *ARGUMENTS)

    for name in ("flops", "read", "written", "saved", "seconds", "needed"):
        assert sum(getattr(row, name) for row in cost.rows) == pytest.approx(getattr(cost.total, name)), name


def test_what_a_line_needs_is_the_longer_of_arithmetic_and_bytes_call_by_call():
    large = cost_of(lambda x, w: x @ w, np.ones((100, 100)), np.ones((100, 100)))
    small = cost_of(lambda x: x + 1, np.ones(10))

    assert 2e6 / 1e9 == pytest.approx(large.total.needed)
    assert 160 / 1e9 == pytest.approx(small.total.needed)
    assert small.total.needed / small.total.seconds == small.total.share


def test_float32_is_held_against_its_own_rate():
    ones = np.ones((100, 100), np.float32)

    assert 2e6 / 2e9 == pytest.approx(cost_of(lambda x, w: x @ w, ones, ones).total.needed)


def test_saved_is_what_forward_makes_and_backward_reads():
    arguments = np.ones((3, 4)), np.zeros(4), np.ones((4, 2)), np.zeros(2), np.ones((5, 3)), np.eye(2)[[0, 1, 0, 1, 0]]
    step = chainrule.compile(chainrule.value_and_grad(network, argnums=(0, 1, 2, 3))).step(*arguments)
    saved = {step.source.names[variable]: variable.shape for variable in saved_values(step.program)}

    assert {(5, 4), (5, 2)} == set(saved.values())
    assert {"hidden", "p"} <= set(saved)
    assert frozenset() == saved_values(chainrule.trace(network, *arguments))


@pytest.mark.parametrize(
    ("flops", "function", "arguments"),
    [
        (2 * 2 * 4 * 3, np.matmul, [np.ones((2, 3)), np.ones((3, 4))]),
        (5 * 2 * 2 * 4 * 3, np.matmul, [np.ones((5, 2, 3)), np.ones((3, 4))]),
        (2 * 3, np.dot, [np.ones(3), np.ones(3)]),
        (6, np.outer, [np.ones(2), np.ones(3)]),
        (2 * 2 * 3 * 4, lambda a, b: np.einsum("nd,dh->nh", a, b), [np.ones((2, 3)), np.ones((3, 4))]),
        (2 * 3, lambda a, b: np.einsum("i,j->ij", a, b), [np.ones(2), np.ones(3)]),
        (6, np.exp, [np.ones((2, 3))]),
        (6, np.add, [np.ones((2, 3)), np.ones(3)]),
        (5, np.sum, [np.ones((2, 3))]),
        (3, lambda x: np.max(x, axis=0), [np.ones((2, 3))]),
        (6, np.mean, [np.ones((2, 3))]),
        (24, np.var, [np.ones((2, 3))]),
        (4, lambda x: np.cumsum(x, axis=1), [np.ones((2, 3))]),
        (5, np.cumsum, [np.ones((2, 3))]),
        (0, lambda x: np.concatenate([x, x]), [np.ones(3)]),
        (1, operator.mul, [2.0, 3.0]),
        (6, lambda key: uniform(key, 1, (2, 3)), [np.array([1, 2], np.uint64)]),
    ],
)
def test_arithmetic_of_a_call(flops, function, arguments):
    assert (flops, True) == (counted(function, *arguments).flops, counted(function, *arguments).known)


def test_a_draw_reads_its_key_and_writes_its_numbers():
    drawn = counted(lambda key: uniform(key, 1, (2, 3)), np.array([1, 2], np.uint64))

    assert (16, 48) == (drawn.read, drawn.written)


@pytest.mark.parametrize(
    "function",
    [np.transpose, lambda x: np.reshape(x, (3, 2)), lambda x: x[1], lambda x: x[:, 1:], lambda x: x[None, ..., 0]],
)
def test_a_view_moves_nothing(function):
    assert (0, 0, 0) == (
        counted(function, np.ones((2, 3))).flops,
        counted(function, np.ones((2, 3))).read,
        counted(function, np.ones((2, 3))).written,
    )


def test_an_index_of_arrays_moves_what_it_takes():
    found = counted(lambda x, rows: x[rows], np.ones((10, 4)), np.array([1, 2]))

    assert (0, 2 * 4 * 8 + 2 * 8, 2 * 4 * 8) == (found.flops, found.read, found.written)


def test_an_operand_counts_once_and_as_it_lies_in_memory():
    assert 24 == counted(lambda x: x * x, np.ones(3)).read
    assert 48 + 24 == counted(lambda x, b: x + b, np.ones((2, 3)), np.ones(3)).read


def test_a_function_nobody_knows_is_counted_by_its_entries_and_marked():
    cost = cost_of(lambda x: np.argsort(x) + 1, np.ones(4))

    assert (4 + 4, False) == (cost.total.flops, cost.total.known)
    assert "8?" in str(cost)
    assert str(cost).endswith("its entries are counted")


@pytest.mark.parametrize("donated", [(), (0, 1, 2, 3)])
@pytest.mark.parametrize("width", [4, 300])
def test_every_equation_stands_on_the_line_that_names_its_functions(width, donated):
    def descend(w1, b1, w2, b2, x, y):
        value, gradients = chainrule.value_and_grad(network, argnums=(0, 1, 2, 3))(w1, b1, w2, b2, x, y)
        return value, *(old - 0.1 * new for old, new in zip((w1, b1, w2, b2), gradients, strict=True))

    arguments = (
        np.ones((3, width)),
        np.zeros(width),
        np.ones((width, 2)),
        np.zeros(2),
        np.ones((300, 3)),
        np.ones((300, 2)),
    )
    step = chainrule.compile(descend, donate_argnums=donated).step(*arguments)
    lines = [line for line in step.source.text.splitlines() if line.startswith("    ")]
    placed = equations_by_line(step.program, step.source)

    assert len(step.program.equations) == sum(map(len, placed))
    assert {*step.program.equations} == {equation for equations in placed for equation in equations}
    signs = {np.matmul: "@", np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.greater: ">"}
    signs |= {np.transpose: ".T", np.negative: "-"}
    for line, equations in zip(lines, placed, strict=True):
        for equation in equations:
            name = primitive_name(equation.function)
            assert name in line or signs.get(equation.function, name) in line, (name, line)


def test_arguments_are_left_as_they_are_also_where_they_are_given_up():
    def descend(w, d_w):
        w = w - 0.1 * d_w
        return w

    w, d_w = np.ones((300, 300)), np.ones((300, 300))
    compiled = chainrule.compile(descend, donate_argnums=(0,))
    cost = compiled.cost(w, d_w)

    assert (w == 1).all()
    assert ["t1 = np.multiply(0.1, d_w, out=buffer1)", "w -= t1", "return w"] == [row.line for row in cost.rows]
    assert (compiled(w, d_w) == 0.9).all()


@pytest.mark.parametrize("text", ["w -= 0.1 * d_w", "np.subtract(w, d_w, out=w)"])
def test_only_what_the_text_writes_over_is_copied_for_each_run(text):
    step = chainrule.compile(lambda w, d_w: w - d_w).step(np.ones(3), np.ones(3))
    source = replace(step.source, text=f"def step(w, d_w):\n    {text}\n    return w\n")
    w, d_w = np.ones(3), np.ones(3)
    inputs = _inputs(step.program, source, (w, d_w))

    (first_w, first_d_w), (second_w, _) = inputs(), inputs()
    assert first_d_w is d_w
    assert not any(np.shares_memory(one, other) for one, other in [(first_w, w), (second_w, w), (first_w, second_w)])


def test_random_arguments_have_the_forms_of_the_last_call():
    def chosen(x, rows, mask, factor):
        return np.log(x[rows]) * factor + np.where(mask, x, 0.0).sum()

    compiled = chainrule.compile(chosen)
    compiled(np.ones((4, 2), np.float32), np.array([1, 3]), np.ones((4, 2), bool), 2.0)

    assert 3 * 4 + 8 + 7 == compiled.cost().total.flops


def test_costs_of_a_step_and_of_a_compiled_function_agree():
    compiled = chainrule.compile(objective)
    step = compiled.step(*ARGUMENTS)

    assert isinstance(step, Step)
    assert [row.flops for row in step.cost(*ARGUMENTS).rows] == [row.flops for row in compiled.cost().rows]


def test_a_step_on_xla_is_counted_and_not_run():
    def refuse(*arguments):
        raise AssertionError

    numpy = chainrule.compile(objective).step(*ARGUMENTS)
    cost = Step(numpy.program, numpy.source, refuse, "xla").cost(*ARGUMENTS)

    assert not cost.timed
    assert [_facts(row) for row in numpy.cost().rows] == [_facts(row) for row in cost.rows]
    assert ["line", "flops", "read", "written", "saved"] == str(cost).splitlines()[0].split()
    assert "µs" not in str(cost)
    written = json.loads(json.dumps(cost.as_dict()))
    assert written["rates"] is None
    assert {"line", "flops", "read", "written", "saved", "known"} == set(written["total"])


@pytest.mark.parametrize(
    ("runs", "seconds", "enough"),
    [
        (0, 100.0, False),  # something must be measured
        (1, 100.0, True),  # a step that takes long is run once
        (3, 0.5, False),
        (300, 0.01, False),
        (301, 0.01, True),
        (20, 0.5, True),
    ],
)
def test_how_often_a_text_is_run(runs, seconds, enough):
    assert enough == _enough(runs, seconds)


def test_without_a_call_there_is_nothing_to_cost():
    with pytest.raises(RuntimeError, match="has no program yet"):
        chainrule.compile(objective).cost()
    with pytest.raises(RuntimeError, match="eager engine"):
        chainrule.compile(objective, engine="eager").cost(*ARGUMENTS)


def test_arguments_of_another_form_are_refused_by_a_step():
    step = chainrule.compile(lambda x: x + 1).step(np.ones(3))

    with pytest.raises(ValueError, match=r"x was traced as float64 \(3,\), got float64 \(4,\)"):
        step.cost(np.ones(4))


def test_the_table_is_aligned_and_the_dict_is_json():
    cost = cost_of(objective, *ARGUMENTS)
    lines = str(cost).splitlines()
    written = json.loads(json.dumps(cost.as_dict()))

    assert len({line.index("µs") for line in lines if "µs" in line}) == 1
    assert ["line", "flops", "read", "written", "saved", "time", "of", "roof"] == lines[0].split()
    assert lines[-1].startswith("total")
    assert [row.line for row in cost.rows] == [row["line"] for row in written["rows"]]
    assert cost.total.flops == written["total"]["flops"]
