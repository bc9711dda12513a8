"""What docstrings state about shapes, read and held against the arrays that came."""

import numpy as np
import pytest

from chainrule.shapes import documented_shapes, explain_shapes

NUMPYS_WORDS = ValueError("shapes do not fit")


def documented(*lines):
    """A function of x and w with these lines in its docstring."""

    def function(x, w):
        raise NotImplementedError

    function.__doc__ = "\n\n    ".join(["Do something.", *lines])
    return function


def explain(function, *shapes):
    return explain_shapes(function, [np.ones(shape) for shape in shapes], NUMPYS_WORDS)


# -- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x: inputs, shape (N, D).", ("N", "D")),
        ("x: inputs, shape (..., D).", ("...", "D")),
        ("x: one number, shape ().", ()),
        ("x: bias, shape (H,).", ("H",)),
        ("x: rows (of any kind), shape (N, 3); more text (here).", ("N", "3")),
        ("x: the first counts, shape (N,) or shape (N, D).", ("N",)),
    ],
)
def test_a_line_states_the_shape_of_an_argument(line, expected):
    assert documented_shapes(documented(line)) == {"x": expected}


def test_each_line_is_read():
    function = documented("x: inputs, shape (N, D).", "w: weights, shape (D, H).")

    assert documented_shapes(function) == {"x": ("N", "D"), "w": ("D", "H")}


def test_lines_without_a_shape_are_left_out():
    assert documented_shapes(documented("x: inputs, any shape.", "The shape (N, D) is usual.")) == {}


def test_a_function_without_a_docstring_states_nothing():
    assert documented_shapes(lambda x: x) == {}


# -- explaining ----------------------------------------------------------------------------------------

PRODUCT = documented("x: inputs, shape (..., D).", "w: weights, shape (D, H).")


def test_the_broken_rule_is_named_with_both_sides():
    assert explain(PRODUCT, (4, 5), (3, 2)) == "expected x.shape[1] == w.shape[0], got 5 != 3"


def test_leading_axes_are_counted():
    assert explain(PRODUCT, (7, 4, 5), (3, 2)) == "expected x.shape[2] == w.shape[0], got 5 != 3"


def test_a_letter_used_twice_in_one_shape_is_a_rule_too():
    square = documented("x: a square matrix, shape (D, D).")

    assert explain(square, (2, 3), ()) == "expected x.shape[0] == x.shape[1], got 2 != 3"


def test_where_no_rule_is_broken_the_words_and_shapes_are_given():
    assert explain(PRODUCT, (4, 3), (3, 2)) == "shapes do not fit (shapes: x (4, 3), w (3, 2))"


def test_another_number_of_axes_breaks_no_rule_that_can_be_named():
    assert explain(PRODUCT, (4, 5), (3, 2, 1)) == "shapes do not fit (shapes: x (4, 5), w (3, 2, 1))"
    assert explain(PRODUCT, (), (3, 2)) == "shapes do not fit (shapes: x (), w (3, 2))"


def test_python_numbers_have_the_empty_shape():
    assert explain_shapes(PRODUCT, [2.0, 3], NUMPYS_WORDS) == "shapes do not fit (shapes: x (), w ())"


def test_numbers_in_a_documented_shape_are_no_letters():
    pairs = documented("x: points, shape (N, 2).", "w: boxes, shape (N, 4).")

    assert explain(pairs, (3, 2), (5, 4)) == "expected x.shape[0] == w.shape[0], got 3 != 5"
    assert explain(pairs, (3, 2), (3, 4)).startswith("shapes do not fit")


def test_many_arrays_are_numbered_and_share_their_letters():
    def function(x, *rest, axis=0):
        """Add all.

        x: the first, shape (N, D).
        rest: the others, shape (N,).
        """

    assert explain(function, (3, 2), (3,), (4,)) == "expected x.shape[0] == rest[1].shape[0], got 3 != 4"


def test_without_arrays_only_the_words_are_given():
    assert explain_shapes(lambda: None, [], NUMPYS_WORDS) == "shapes do not fit"
