"""Each choice at a kink, as docs/kinks.md states it; and the trap of `np.where`, with its remedy."""

import doctest
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule
from chainrule.ops import absolute_error, binary_cross_entropy, categorical_cross_entropy, leaky_relu, relu

DOCUMENT = Path(__file__).parents[2] / "docs" / "kinks.md"
ZERO = np.array([0.0])
TINY = np.finfo(np.float64).tiny
BOTH = (0, 1)

# The first three columns of the table, and then: function, arguments, argnums, gradients.
ROWS = [
    ("`relu(x)`", "`x = 0`", "0", relu, [ZERO], 0, [0.0]),
    ("`leaky_relu(x, slope=s)`", "`x = 0`", "s", lambda x: leaky_relu(x, slope=0.3), [ZERO], 0, [0.3]),
    ("`np.abs(x)`, `abs(x)`", "`x = 0`", "0", np.abs, [ZERO], 0, [0.0]),
    ("`np.abs(x)`, `abs(x)`", "`x = 0`", "0", abs, [ZERO], 0, [0.0]),
    ("`np.sign(x)`", "`x = 0`", "0", np.sign, [ZERO], 0, [0.0]),
    ("`np.floor(x)`, `np.round(x)` and the like", "a step", "0", np.floor, [ZERO], 0, [0.0]),
    ("`np.floor(x)`, `np.round(x)` and the like", "a step", "0", np.round, [ZERO + 0.5], 0, [0.0]),
    ("`np.maximum(a, b)`", "`a = b`", "1/2 to each", np.maximum, [ZERO, ZERO], BOTH, ([0.5], [0.5])),
    ("`np.minimum(a, b)`", "`a = b`", "1/2 to each", np.minimum, [ZERO, ZERO], BOTH, ([0.5], [0.5])),
    ("`np.maximum(x, x)`", "everywhere", "1", lambda x: np.maximum(x, x), [ZERO + 5], 0, [1.0]),
    ("`np.maximum(x, 0)`", "`x = 0`", "1/2", lambda x: np.maximum(x, 0), [ZERO], 0, [0.5]),
    (
        "`np.max(x)`",
        "n largest entries",
        "1/n to each",
        np.max,
        [np.array([2.0, 2, 1, 2])],
        0,
        [1 / 3, 1 / 3, 0, 1 / 3],
    ),
    ("`np.min(x)`", "n smallest entries", "1/n to each", np.min, [np.array([2.0, 1, 1])], 0, [0, 0.5, 0.5]),
    (
        "`np.clip(x, low, high)`",
        "`x = low` or `x = high`",
        "1 to x, 0 to the bound",
        np.clip,
        [np.array([-1.0, 2.0]), -1.0, 2.0],
        (0, 1, 2),
        ([1.0, 1.0], 0.0, 0.0),
    ),
    ("`np.linalg.norm(x)`", "all entries 0", "0", np.linalg.norm, [np.zeros(3)], 0, [0.0, 0.0, 0.0]),
    ("`np.std(x)`", "all entries equal", "0", np.std, [np.full(3, 2.0)], 0, [0.0, 0.0, 0.0]),
    (
        "`absolute_error(prediction, target)`",
        "equal ones",
        "0",
        absolute_error,
        [ZERO + 3, ZERO + 3],
        BOTH,
        ([0.0], [0.0]),
    ),
    (
        "`binary_cross_entropy(p, t)`",
        "`p = 0`, `t = 1`",
        "-1 / tiny",
        lambda p: binary_cross_entropy(p, np.array([1.0])),
        [ZERO],
        0,
        [-1 / TINY],
    ),
    (
        "`categorical_cross_entropy(p, k)`",
        "`p[k] = 0`",
        "-1 / tiny",
        lambda p: categorical_cross_entropy(p, np.array(1)),
        [np.array([1.0, 0.0])],
        0,
        [0.0, -1 / TINY],
    ),
    ("`np.sqrt(x)`", "`x = 0`", "inf", np.sqrt, [ZERO], 0, [np.inf]),
    ("`x ** p`, 0 < p < 1", "`x = 0`", "inf", lambda x: x**0.5, [ZERO], 0, [np.inf]),
    ("`x ** p`, 0 < p < 1", "`x = 0`", "inf", lambda x: np.power(x, 0.5), [ZERO], 0, [np.inf]),
    ("`x ** p`, p < 0", "`x = 0`", "-inf", lambda x: x**-2.0, [ZERO], 0, [-np.inf]),
    ("`x ** 1`", "`x = 0`", "1", lambda x: x**1, [ZERO], 0, [1.0]),
    ("`x ** 1`", "`x = 0`", "1", lambda x: x ** np.array([1.0]), [ZERO], 0, [1.0]),
    ("`x ** p`, p > 1", "`x = 0`", "0", lambda x: x**1.5, [ZERO], 0, [0.0]),
    ("`x ** p`, p > 1", "`x = 0`", "0", lambda x: x**2, [ZERO], 0, [0.0]),
    ("`x ** 0`", "any x, 0 too", "0", lambda x: x**0, [np.array([0.0, -1.0])], 0, [0.0, 0.0]),
    ("`x ** 0`", "any x, 0 too", "0", lambda x: x ** np.zeros(2), [np.array([0.0, -1.0])], 0, [0.0, 0.0]),
    (
        "`a ** b`, gradient of b",
        "`a <= 0`",
        "0",
        lambda b: np.array([0.0, -2.0]) ** b,
        [np.full(2, 3.0)],
        0,
        [0.0, 0.0],
    ),
    ("`a ** b`, gradient of b", "`a <= 0`", "0", lambda b: (-2.0) ** b, [np.array([3.0])], 0, [0.0]),
    (
        "`np.where(c, a, b)`",
        "everywhere",
        "to the one chosen; 0 to the other; none to c",
        lambda a, b: np.where(a >= 0, a, b),
        [np.array([0.0, -1.0]), np.array([5.0, 5.0])],
        BOTH,
        ([1.0, 0.0], [0.0, 1.0]),
    ),
]


def documented_rows():
    """The first three columns of the table, row by row."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")[:3]) for line in lines[2:]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} at {row[1]}")
def test_gradient_at_the_kink_is_the_one_in_the_table(row):
    *_, function, arguments, argnums, expected = row
    with np.errstate(divide="ignore"):  # infinite slopes come with NumPy's warning
        actual = chainrule.grad(lambda *inputs: np.sum(function(*inputs)), argnums=argnums)(*arguments)

    for one, other in zip(
        expected if isinstance(argnums, tuple) else [expected],
        actual if isinstance(argnums, tuple) else [actual],
        strict=True,
    ):
        assert_array_equal(one, other)


def test_table_has_just_these_rows():
    assert list(dict.fromkeys(row[:3] for row in ROWS)) == documented_rows()


def test_infinite_slope_comes_with_numpys_warning():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        chainrule.grad(lambda x: np.sum(np.sqrt(x)))(ZERO)


def test_sums_of_deviations_of_equal_fractions_stay_small():
    gradient = chainrule.grad(np.std)(np.full(3, 0.1))

    assert np.all(np.abs(gradient) <= 1)


# -- the where trap ----------------------------------------------------------------------------------------------


def roots(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0))


def safe_roots(x):
    return np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0))


def test_branch_not_taken_makes_nan_where_its_slope_is_infinite():
    x = np.array([0.0, 4.0])
    with np.errstate(invalid="ignore"):
        gradient = chainrule.grad(roots)(x)

    assert 2.0 == roots(x)
    assert_array_equal([np.nan, 0.25], gradient)


def test_choosing_before_and_after_gives_the_right_gradient_without_a_warning():
    x = np.array([0.0, 4.0, -9.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient = chainrule.grad(safe_roots)(x)

    assert 2.0 == safe_roots(x)
    assert_array_equal([0.0, 0.25, 0.0], gradient)


def test_code_of_the_document_prints_what_it_says():
    results = doctest.testfile(str(DOCUMENT), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)

    assert 0 == results.failed
    assert results.attempted >= 6
