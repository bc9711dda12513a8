"""The record of a forward and its backward: what it calls, what it checks, and what its messages say."""

import dataclasses
import functools
import re

import numpy as np
import pytest

from chainrule import Op
from chainrule.ops import add, affine, concatenate, index, matmul, squared_error


def double_forward(x):
    return 2 * x, ()


def double_backward(saved, d_out):
    return 2 * d_out


def scaled_forward(x, *, factor=3.0):
    """Multiply.

    x: inputs, shape (N, D).
    """
    return factor * x, factor


def scaled_backward(saved, d_out):
    return saved * d_out


double = Op(double_forward, double_backward)
scaled = Op(scaled_forward, scaled_backward)


def failing(error):
    """An op whose forward raises ``error``."""

    def failing_forward(x):
        raise error

    return Op(failing_forward, double_backward)


def exactly(message):
    """A pattern for the whole message, to the letter."""
    return f"^{re.escape(message)}$"


class TwoPartError(ValueError):
    def __init__(self, what, where):
        super().__init__(f"{what} at {where}")


# -- calling -------------------------------------------------------------------------------------------


def test_calling_gives_out_alone():
    np.testing.assert_array_equal([2.0, 6.0], double(np.array([1.0, 3.0])))


def test_parameters_are_passed_by_keyword():
    assert scaled(2.0) == 6.0
    assert scaled(2.0, factor=5.0) == 10.0


def test_a_parameter_is_not_taken_by_position():
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        scaled(2.0, 5.0)


def test_call_backward_gives_a_tuple_for_one_array():
    assert double.call_backward((), 5.0, 1) == (10.0,)


def test_call_backward_keeps_the_order_and_none():
    first_only = Op(add.forward, lambda saved, d_out: (d_out, None))

    assert first_only.call_backward((), 5.0, 2) == (5.0, None)


def test_an_argument_that_records_gets_the_call():
    class Recorder:
        @staticmethod
        def __chainrule_op__(op, arrays, parameters):
            return op, arrays, parameters

    recorder = Recorder()

    assert scaled(recorder, factor=2.0) == (scaled, (recorder,), {"factor": 2.0})
    assert add(1.0, recorder) == (add, (1.0, recorder), {})


def test_an_instance_attribute_does_not_make_a_recorder():
    class Number(float):
        pass

    number = Number(3.0)
    number.__chainrule_op__ = lambda *call: "recorded"

    assert double(number) == 6.0


# -- the record ----------------------------------------------------------------------------------------


def test_the_name_is_forwards_without_its_ending():
    assert double.name == "double"
    assert Op(double_backward, double_backward).name == "double_backward"
    assert Op(double_forward, double_backward, name="twice").name == "twice"


def test_a_callable_without_a_name_is_named_after_its_type():
    assert Op(functools.partial(double_forward), double_backward).name == "partial"


def test_it_shows_as_its_name():
    assert repr(double) == "Op('double')"


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        double.forward = scaled_forward


def test_equal_parts_make_equal_ops():
    assert Op(double_forward, double_backward) == double
    assert len({double, Op(double_forward, double_backward), scaled}) == 2


@pytest.mark.parametrize("parts", [(1, double_backward), (double_forward, None)])
def test_a_part_that_is_no_function_is_refused(parts):
    with pytest.raises(TypeError, match=r"Op: (forward|backward) must be a function, got (1|None)"):
        Op(*parts)


# -- what went wrong -----------------------------------------------------------------------------------


def test_a_forward_that_forgets_saved_is_named():
    with pytest.raises(TypeError, match=r"forgetful: forward must return \(out, saved\), got float\. Return"):
        Op(lambda x: 2 * x, double_backward, name="forgetful")(1.0)


@pytest.mark.parametrize("result", [(1.0,), (1.0, 2.0, 3.0), [1.0, ()]])
def test_only_a_pair_is_out_and_saved(result):
    with pytest.raises(TypeError, match=r"must return \(out, saved\)"):
        Op(lambda x: result, double_backward)(1.0)


def test_a_wrong_count_of_gradients_is_told():
    with pytest.raises(TypeError, match=r"^double: backward returned 1 gradients for 2 arrays\. Return one"):
        double.call_backward((), 1.0, 2)


def test_a_shape_error_names_op_rule_and_both_sides():
    with pytest.raises(ValueError, match=exactly("affine: expected x.shape[1] == w.shape[0], got 5 != 3")) as caught:
        affine(np.ones((4, 5)), np.ones((3, 2)), np.ones(2))

    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (3, 2), (3,)), "affine: expected w.shape[1] == b.shape[0], got 2 != 3"),
        (((2, 4, 5), (3, 2), (2,)), "affine: expected x.shape[2] == w.shape[0], got 5 != 3"),
        (((5,), (3, 2), (2,)), "affine: expected x.shape[0] == w.shape[0], got 5 != 3"),
    ],
)
def test_affine_tells_which_of_its_sizes_differ(shapes, message):
    with pytest.raises(ValueError, match=exactly(message)):
        affine(*map(np.ones, shapes))


def test_matmul_explains_where_numpy_speaks_of_core_dimensions():
    with pytest.raises(ValueError, match=exactly("matmul: expected a.shape[1] == b.shape[0], got 5 != 3")):
        matmul(np.ones((4, 5)), np.ones((3, 2)))


def test_without_a_broken_rule_numpys_words_and_the_shapes_are_given():
    with pytest.raises(ValueError, match=r"^add: operands could not .* \(shapes: a \(3,\), b \(4,\)\)$"):
        add(np.ones(3), np.ones(4))


def test_many_arrays_are_numbered():
    with pytest.raises(ValueError, match=r"\(shapes: arrays\[0\] \(2, 3\), arrays\[1\] \(2, 4\)\)$"):
        concatenate(np.ones((2, 3)), np.ones((2, 4)))


def test_an_index_error_stays_an_index_error():
    with pytest.raises(IndexError, match=r"^index: index 5 is out of bounds"):
        index(np.ones(3), 5)


def test_what_the_op_says_itself_is_left_alone():
    with pytest.raises(ValueError, match=r"^squared_error: prediction has shape \(2, 1\) and target \(2,\); "):
        squared_error(np.ones((2, 1)), np.ones(2))


def test_a_kind_of_value_error_keeps_its_type():
    with pytest.raises(np.linalg.LinAlgError, match=r"^failing: Singular matrix"):
        failing(np.linalg.LinAlgError("Singular matrix"))(np.ones(2))


def test_an_error_that_needs_more_than_a_message_becomes_a_value_error():
    with pytest.raises(ValueError, match=r"^failing: overflow at row 3 \(shapes: x \(2,\)\)$"):
        failing(TwoPartError("overflow", "row 3"))(np.ones(2))


def test_other_errors_pass_unchanged():
    error = KeyError("w")
    with pytest.raises(KeyError) as caught:
        failing(error)(np.ones(2))

    assert caught.value is error
