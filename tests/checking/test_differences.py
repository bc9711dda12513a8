"""Differences: how exact they are, and that right but awkward gradients are never called wrong."""

import math
import random

import numpy as np
import pytest

from chainrule import Op
from chainrule.checking.case import Case, upstream
from chainrule.checking.differences import compare_with_differences, directional, looks_numeric, numeric_reference

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))


def entrywise(function, slope, name="function"):
    """An op from a function of one entry and its derivative."""
    return Op(lambda x: (function(x), x), lambda x, d_out: d_out * slope(x), name)


def verdict(op, *arrays, place=0, d_out=None, **parameters):
    case = Case(op, arrays, parameters)
    run = case.run(d_out=d_out)
    return compare_with_differences(case, place, run.gradients[place], run.d_out)


def dense_forward(x, w, b):
    return x @ w + b, (x, w)


def dense_backward(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)


dense = Op(dense_forward, dense_backward)
cube = entrywise(lambda x: x**3, lambda x: 3 * x**2)
relu = entrywise(lambda x: np.maximum(x, 0), lambda x: x > 0, "relu")


def by_entries(x):
    """Neither traceable nor analytic."""
    return np.array([[math.tanh(float(one)) * abs(float(one)) for one in row] for row in x]), x


def slope_by_entries(x, d_out):
    return d_out * ((1 - np.tanh(x) ** 2) * np.abs(x) + np.tanh(x) * np.sign(x))


# -- along a direction -----------------------------------------------------------------------------------


def test_slope_of_a_straight_line_is_its_factor():
    slope = directional(Case(entrywise(lambda x: 4 * x, None), (np.array([2.0]),)), 0, [1.0], np.random.default_rng(3))
    step = 2.0 * np.random.default_rng(3).choice([-1.0, 1.0], 1) * 1.0

    assert math.isclose(4 * abs(slope.value / (4 * step[0])) * 2, 8 * abs(slope.value) / (8 * 1), rel_tol=1e-12)
    assert slope.kink is None


def test_complex_step_is_taken_where_forward_is_analytic():
    slope = directional(Case(entrywise(np.sin, np.cos), (X,)), 0, np.ones((5, 3)), np.random.default_rng(3))

    assert slope.exact is not None
    assert abs(slope.exact - slope.central) <= slope.accuracy


@pytest.mark.parametrize(
    "function", [np.abs, lambda x: np.where(np.real(x) > 0, x, np.real(x) ** 2), lambda x: x * np.conj(x)]
)
def test_complex_step_is_not_trusted_where_forward_is_not_analytic(function):
    slope = directional(Case(entrywise(function, None), (X,)), 0, np.ones((5, 3)), np.random.default_rng(3))

    assert slope.exact is None


# -- right and wrong -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
def test_right_gradients_are_right(place):
    answer = verdict(dense, X, RNG.normal(size=(3, 7)), RNG.normal(size=7), place=place)

    assert ("right", None) == (answer.verdict, answer.finding)
    assert answer.error < 1e-12


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, d_out: d_out * x**2,
        lambda x, d_out: -d_out * 3 * x**2,
        lambda x, d_out: 3 * x**2,
        lambda x, d_out: d_out * 3 * x**2 * (np.arange(15).reshape(5, 3) != 7),
        lambda x, d_out: d_out * 3 * x**2 * (1 + 1e-3 * (np.arange(15).reshape(5, 3) == 7)),
        lambda x, d_out: np.zeros_like(x),
    ],
)
def test_wrong_gradients_are_wrong(wrong):
    answer = verdict(Op(cube.forward, wrong), X)

    assert "wrong" == answer.verdict
    assert "DIFFERENCES_DISAGREE" == answer.finding.code


@pytest.mark.parametrize(
    ("gradient", "code"),
    [
        (np.full((5, 3), np.nan), "NOT_FINITE"),
        (np.where(np.arange(15).reshape(5, 3) == 4, np.nan, 3 * X**2), "NOT_FINITE"),
        (np.full((5, 3), np.inf), "NOT_FINITE"),
        (np.zeros((3, 5)), "GRADIENT_SHAPE"),
        (np.zeros(15), "GRADIENT_SHAPE"),
        (1.0, "GRADIENT_SHAPE"),
        (None, "NO_GRADIENT"),
        ("d_x", "NOT_AN_ARRAY"),
        ([[1.0], [2.0, 3.0]], "NOT_AN_ARRAY"),
        (object(), "NOT_AN_ARRAY"),
    ],
)
def test_what_is_no_gradient_is_wrong(gradient, code):
    answer = compare_with_differences(Case(cube, (X,)), 0, gradient, np.ones((5, 3)))

    assert ("wrong", code) == (answer.verdict, answer.finding.code)


def test_nearly_right_gradient_is_called_imprecise():
    answer = verdict(Op(cube.forward, lambda x, d_out: d_out * 3 * x**2 * (1 + 1e-6)), X)

    assert ("right", "IMPRECISE", "warning") == (answer.verdict, answer.finding.code, answer.finding.severity)


def test_sweep_is_part_of_the_finding():
    answer = verdict(Op(cube.forward, lambda x, d_out: d_out * x**2), X)
    first, *rows = answer.finding.details.splitlines()

    assert ["step", "difference", "gradient", "relative", "error"] == first.split()
    assert [f"1e-0{power}" for power in range(1, 9)] == [row.split()[0] for row in rows]


def test_small_gradient_beside_a_large_one_is_looked_at():
    w = RNG.normal(size=(3, 2))
    x = X * np.array([1e4, 1.0, 1e-4])

    def forgets_the_small_column(saved, d_out):
        d_x, d_w, d_b = dense_backward(saved, d_out)
        d_w[2] *= 2
        return d_x, d_w, d_b

    assert "right" == verdict(dense, x, w, np.zeros(2), place=1).verdict
    assert "wrong" == verdict(Op(dense_forward, forgets_the_small_column), x, w, np.zeros(2), place=1).verdict


# -- right but awkward -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e-8, 1e8, 1e30])
def test_tiny_and_huge_values_are_right(size):
    assert "right" == verdict(dense, size * X, RNG.normal(size=(3, 2)), np.zeros(2)).verdict
    assert "right" == verdict(dense, size * X, RNG.normal(size=(3, 2)), np.zeros(2), place=1).verdict


@pytest.mark.parametrize("size", [1e-8, 1e8])
def test_wrong_by_a_factor_is_wrong_for_tiny_and_huge_values(size):
    def halved(saved, d_out):
        return tuple(one / 2 for one in dense_backward(saved, d_out))

    answers = [
        verdict(Op(dense_forward, halved), size * X, np.ones((3, 2)), np.ones(2), place=place) for place in (0, 1)
    ]

    assert ["wrong", "wrong"] == [answer.verdict for answer in answers]


def test_columns_of_very_different_units_are_right():
    x = X * np.array([1e8, 1.0, 1e-8])

    assert "right" == verdict(dense, x, RNG.normal(size=(3, 2)), np.zeros(2)).verdict
    assert "right" == verdict(dense, x, RNG.normal(size=(3, 2)), np.zeros(2), place=1).verdict


@pytest.mark.parametrize(
    ("function", "slope", "x"),
    [
        (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, np.array([-40.0, 0.5, 36.0])),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2, np.array([-19.0, 18.0, 0.3])),
        (lambda x: np.log(np.abs(x)), lambda x: 1 / x, np.array([1e-8, 1.0, 1e8])),
        (lambda x: (1e6 + x) ** 2 - 1e12, lambda x: 2 * (1e6 + x), np.array([1e-3, 0.5])),
        (lambda x: x**3, lambda x: 3 * x**2, np.zeros(4)),
        (lambda x: np.sin(40 * x), lambda x: 40 * np.cos(40 * x), X),
        (lambda x: np.exp(x), np.exp, np.array([-300.0, 0.0, 300.0])),
        (lambda x: 0 * x + 3.0, lambda x: 0 * x, X),
    ],
)
def test_saturated_and_badly_scaled_functions_are_right(function, slope, x):
    assert "right" == verdict(entrywise(function, slope), x).verdict


@pytest.mark.parametrize("offset", [1e3, 1e7, 1e9])
def test_small_differences_of_large_numbers_are_no_false_alarm(offset):
    op = Op(
        lambda x: (np.log(np.sum((x - x.mean()) ** 2)), x),
        lambda x, d_out: d_out * 2 * (x - x.mean()) / np.sum((x - x.mean()) ** 2),
    )
    halved = Op(op.forward, lambda x, d_out: op.backward(x, d_out) / 2)

    assert "wrong" != verdict(op, offset + X).verdict
    assert "right" != verdict(halved, offset + X).verdict


def test_small_wave_on_a_large_one_is_no_false_alarm():
    op = entrywise(
        lambda x: x + 1e-6 * np.abs(np.sin(1e6 * x)), lambda x: 1 + np.cos(1e6 * x) * np.sign(np.sin(1e6 * x))
    )

    assert "wrong" != verdict(op, np.array([0.3, 0.7])).verdict


def test_norm_of_a_tiny_vector_is_right():
    norm = Op(
        lambda x: (np.sqrt(np.sum(x**2)), x),
        lambda x, d_out: d_out * x / np.sqrt(np.sum(x**2)),
    )

    assert "right" == verdict(norm, 1e-8 * X[0]).verdict


def test_float32_arrays_are_compared_in_float64():
    answer = verdict(cube, X.astype(np.float32))

    assert ("right", None) == (answer.verdict, answer.finding)


def test_forward_that_computes_in_float32_is_no_false_alarm():
    for cast in (lambda x: x.astype(np.float32) ** 3, lambda x: (x.astype(np.float32) ** 3).astype(np.float64)):
        answer = verdict(Op(lambda x, cast=cast: (cast(x), x), cube.backward), X)

        assert "wrong" != answer.verdict


def test_mistake_is_seen_although_forward_computes_in_float32():
    answer = verdict(Op(lambda x: (x.astype(np.float32) ** 3, x), lambda x, d_out: d_out * x**2), X)

    assert "wrong" == answer.verdict


def test_what_float32_hides_cannot_be_told():
    """The part that depends on x is smaller than what float32 leaves of 1000."""
    op = Op(lambda x: ((1000 + 1e-5 * x).astype(np.float32), x), lambda x, d_out: 1e-5 * d_out)
    answer = verdict(op, X)

    assert ("cannot tell", "FLOAT32") == (answer.verdict, answer.finding.code)


def test_what_cancellation_hides_cannot_be_told():
    op = Op(lambda x: (1e12 + 1e-6 * abs(x), x), lambda x, d_out: 1e-6 * np.sign(x) * d_out)
    answer = verdict(op, X)

    assert ("cannot tell", "CANCELLATION") == (answer.verdict, answer.finding.code)
    assert len(answer.rows) == len(answer.finding.details.splitlines()) - 1


def test_forward_that_is_infinite_cannot_be_told():
    op = Op(lambda x: (np.full_like(x, np.inf), x), lambda x, d_out: d_out)
    answer = verdict(op, np.zeros(3))

    assert ("cannot tell", "NO_DIFFERENCES") == (answer.verdict, answer.finding.code)


# -- kinks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_between_the_two_sides_is_right_at_a_kink(at_zero):
    x = np.where(np.arange(15).reshape(5, 3) % 6 == 1, 0.0, X)
    op = entrywise(lambda x: np.maximum(x, 0), lambda x: np.where(x == 0, at_zero, x > 0), "relu")
    answer = verdict(op, x)

    assert ("right", "KINK", "warning") == (answer.verdict, answer.finding.code, answer.finding.severity)


@pytest.mark.parametrize("at_zero", [-0.5, 1.5])
def test_other_slopes_are_wrong_at_a_kink(at_zero):
    op = entrywise(lambda x: np.maximum(x, 0), lambda x: np.where(x == 0, at_zero, x > 0), "relu")

    assert "wrong" == verdict(op, np.zeros((2, 3))).verdict


def test_mistake_beside_a_kink_is_seen_although_all_arrays_are_at_it():
    op = entrywise(lambda x: np.maximum(x, 0), lambda x: np.where(x == 0, 0.0, 2.0 * (x > 0)), "relu")

    assert "wrong" == verdict(op, np.zeros((2, 3))).verdict


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-9, 1e-12])
def test_kink_beside_the_arrays_is_no_false_alarm(distance):
    x = np.where(np.arange(15).reshape(5, 3) % 6 == 1, distance, np.abs(X) + 0.5)

    assert "right" == verdict(relu, x).verdict


@pytest.mark.parametrize("distance", [1e-4, 1e-6, 1e-8])
def test_kink_somewhere_else_than_zero_is_no_false_alarm(distance):
    op = entrywise(lambda x: np.abs(x - 1), lambda x: np.sign(x - 1))

    assert "right" == verdict(op, np.array([1 + distance, 2.0, 0.3])).verdict


@pytest.mark.parametrize(
    ("share", "answer"),
    [
        (lambda tied: tied / tied.sum(), "right"),
        (lambda tied: np.arange(3) == np.argmax(tied), "right"),
        (lambda tied: tied, "wrong"),
    ],
)
def test_tie_of_max_may_go_to_one_or_be_shared_but_not_be_counted_twice(share, answer):
    op = Op(lambda x: (np.max(x), x), lambda x, d_out: d_out * share(x == np.max(x)))

    assert answer == verdict(op, np.array([3.0, 1.0, 3.0])).verdict


# -- random forwards -------------------------------------------------------------------------------------


def dropout_backward(mask, d_out):
    return d_out * mask


def with_global_state(x):
    mask = (np.random.random(x.shape) < 0.5) / 0.5
    return x * mask, mask


def with_pythons_state(x):
    mask = np.array([random.random() < 0.5 for _ in x.ravel()]).reshape(x.shape) / 0.5
    return x * mask, mask


def with_a_parameter(x, *, rng):
    mask = (rng.random(x.shape) < 0.5) / 0.5
    return x * mask, mask


GENERATOR = np.random.default_rng(5)


def with_a_global_generator(x):
    return with_a_parameter(x, rng=GENERATOR)


def with_a_default(x, rng=np.random.RandomState(3)):  # noqa: B008 - the point
    mask = (rng.random_sample(x.shape) < 0.5) / 0.5
    return x * mask, mask


class Dropout:
    def __init__(self):
        self.rng = np.random.default_rng(1)

    def forward(self, x):
        return with_a_parameter(x, rng=self.rng)


def with_a_closure():
    rng = np.random.Generator(np.random.MT19937(1))
    return lambda x: with_a_parameter(x, rng=rng)


@pytest.mark.parametrize(
    ("forward", "parameters"),
    [
        (with_global_state, {}),
        (with_pythons_state, {}),
        (with_a_parameter, {"rng": np.random.default_rng(0)}),
        (with_a_global_generator, {}),
        (with_a_default, {}),
        (Dropout().forward, {}),
        (with_a_closure(), {}),
    ],
)
def test_random_forward_is_replayed_from_the_same_state(forward, parameters):
    case = Case(Op(forward, dropout_backward, "dropout"), (X,), parameters)
    reference = numeric_reference(case.op, case.arrays, parameters, (0,))
    slopes = reference.gradients(np.ones((5, 3)))[0]

    assert reference.is_repeatable
    assert {0.0, 2.0} == set(np.round(slopes, 6).ravel())


def test_random_forward_that_nothing_repeats_cannot_be_told():
    op = Op(lambda x: with_a_parameter(x, rng=np.random.default_rng()), dropout_backward, "dropout")
    answer = verdict(op, X)

    assert ("cannot tell", "RANDOM_FORWARD") == (answer.verdict, answer.finding.code)


# -- the whole reference ---------------------------------------------------------------------------------


def test_reference_takes_the_trace_where_differences_agree():
    w, b, d_out = RNG.normal(size=(3, 7)), RNG.normal(size=7), RNG.normal(size=(5, 7))
    reference = numeric_reference(dense, (X, w, b), {}, (0, 2))
    d_x, d_w, d_b = reference.gradients(d_out)

    assert "trace" == reference.method
    assert d_w is None
    assert np.allclose(d_out @ w.T, d_x, rtol=1e-13)
    assert np.allclose(d_out.sum(axis=0), d_b, rtol=1e-13)


def test_reference_takes_differences_where_nothing_else_works():
    reference = numeric_reference(Op(by_entries, slope_by_entries), (X,), {}, (0,))
    d_out = RNG.normal(size=(5, 3))
    expected, actual = slope_by_entries(X, d_out), reference.gradients(d_out)[0]

    assert "central differences" == reference.method
    assert np.max(np.abs(expected - actual)) <= reference.tolerance * np.max(np.abs(expected))
    assert reference.tolerance < 1e-7


def test_reference_takes_complex_steps_where_forward_is_analytic_but_cannot_be_traced():
    def forward(x):
        out = np.empty(x.shape, dtype=x.dtype)
        for place in np.ndindex(x.shape):
            out[place] = x[place] * np.exp(x[place])
        return out, x

    reference = numeric_reference(Op(forward, None or slope_by_entries), (X,), {}, (0,))
    actual = reference.gradients(np.ones((5, 3)))[0]

    assert reference.method in ("complex step", "trace")
    assert np.allclose((1 + X) * np.exp(X), actual, rtol=1e-12)


def test_reference_does_not_call_backward():
    def backward(saved, d_out):
        raise AssertionError

    assert np.allclose(
        3 * X**2, numeric_reference(Op(cube.forward, backward), (X,), {}, (0,)).gradients(np.ones((5, 3)))[0]
    )


@pytest.mark.parametrize("loops", [False, True])
def test_reference_knows_the_entries_at_kinks_and_what_is_allowed_there(loops):
    def forward(x):
        return (np.array([max(float(one), 0.0) for one in x]) if loops else np.maximum(x, 0)), x

    x = np.array([1.0, 0.0, -2.0, 0.0])
    reference = numeric_reference(Op(forward, relu.backward), (x,), {}, (0,))
    lower, upper = reference.bounds(np.array([1.0, 1.0, 1.0, -3.0]))

    assert [False, True, False, True] == reference.kinks[0].tolist()
    assert np.allclose([1, 0, 0, -3], lower[0], atol=1e-9)
    assert np.allclose([1, 1, 0, 0], upper[0], atol=1e-9)


def test_reference_of_a_large_array_takes_a_bounded_number_of_calls():
    calls = []

    def forward(x):
        calls.append(1)
        return np.array([abs(float(one)) for one in x]).sum(), x

    x = np.linspace(1, 2, 3000)
    reference = numeric_reference(Op(forward, relu.backward), (x,), {}, (0,))
    known = reference.known[0]

    assert len(calls) < 2200
    assert 0 < known.sum() < 3000
    assert np.allclose(1.0, reference.gradients(1.0)[0][known])


def test_reference_of_numbers_without_axes():
    reference = numeric_reference(cube, (np.array(2.0),), {}, (0,))

    assert np.isclose(12.0, reference.gradients(1.0)[0])


def test_reference_beside_integers():
    def pick(x, rows):
        return x[rows], (x, rows)

    reference = numeric_reference(Op(pick, relu.backward), (X, np.array([0, 2, 0])), {}, (0,))

    assert [2, 0, 1, 0, 0] == reference.gradients(np.ones((3, 3)))[0][:, 0].round(9).tolist()


# -- backward passes that are differences themselves -----------------------------------------------------


def numeric_backward(forward, step, two_sided=True):
    def backward(saved, d_out):
        d_x = np.zeros_like(saved)
        for place in np.ndindex(saved.shape):
            above, below = saved.copy(), saved.copy()
            above[place] += step
            below[place] -= step if two_sided else 0
            apart = forward(above)[0] - forward(below)[0]
            d_x[place] = np.sum(d_out * apart) / (2 * step if two_sided else step)
        return d_x

    return backward


def looks(op, right):
    case = Case(op, (np.abs(X) + 0.1,))
    run = case.run()
    expected = right(run.saved, run.d_out)
    error = np.max(np.abs(run.gradients[0] - expected)) / np.max(np.abs(expected))
    return looks_numeric(case, run, 0, error)


@pytest.mark.parametrize(("step", "two_sided"), [(1e-3, True), (1e-4, True), (1e-5, True), (1e-6, True), (1e-8, False)])
def test_backward_by_differences_is_recognized(step, two_sided):
    assert looks(Op(cube.forward, numeric_backward(cube.forward, step, two_sided)), cube.backward)


@pytest.mark.parametrize("step", [1e-4, 1e-5, 1e-7])
def test_differences_of_a_copy_of_forward_are_recognized(step):
    assert looks(Op(cube.forward, numeric_backward(lambda x: (x * x * x, x), step)), cube.backward)


@pytest.mark.parametrize(
    "backward",
    [
        lambda x, d_out: d_out / (x + 1e-8),
        lambda x, d_out: d_out / (x + 1e-6),
        lambda x, d_out: (d_out / x).astype(np.float32).astype(np.float64),
        lambda x, d_out: (d_out / x).astype(np.float32),
        lambda x, d_out: d_out / x * (1 + 1e-9),
        lambda x, d_out: d_out / x,
    ],
)
def test_formula_with_a_small_constant_is_not_numeric(backward):
    log = Op(lambda x: (np.log(x), x), backward)

    assert not looks(log, lambda x, d_out: d_out / x)


def test_comparison_recognizes_a_backward_by_differences():
    answer = verdict(Op(cube.forward, numeric_backward(cube.forward, 1e-5)), np.abs(X) + 0.1)

    assert ("right", "LOOKS_NUMERIC", "error") == (answer.verdict, answer.finding.code, answer.finding.severity)
    assert "looks like a numeric derivative" in answer.finding.message


def test_badly_conditioned_formula_is_not_numeric():
    """Its own derivative moves as much, as the mean of large numbers takes most of their digits away."""
    op = Op(
        lambda x: (np.log(np.sum((x - x.mean()) ** 2)), x),
        lambda x, d_out: d_out * 2 * (x - x.mean()) / np.sum((x - x.mean()) ** 2),
    )
    answer = verdict(op, 1e7 + X[0])

    assert "right" == answer.verdict
    assert answer.finding is None or answer.finding.code == "IMPRECISE"


class NumericCube:
    def __init__(self):
        self.step = 1e-4

    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, d_out):
        x = self.x
        return d_out * (self.forward(x + self.step) - self.forward(x - self.step)) / (2 * self.step)


def test_class_that_calls_its_own_forward_is_recognized():
    def forward(x):
        cube = NumericCube()
        return cube.forward(x), cube

    case = Case(Op(forward, lambda cube, d_out: cube.backward(d_out)), (np.abs(X) + 0.1,))

    assert looks_numeric(case, case.run(), 0, 1e-8)


def test_incoming_gradient_is_random():
    assert not np.allclose(1.0, upstream(np.zeros(5)))
