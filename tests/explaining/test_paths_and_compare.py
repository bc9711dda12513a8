"""Why a gradient is small or large; and two backward passes side by side."""

import numpy as np
import pytest

from chainrule import Op, explain, ops

X, W, B = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2) - 2, np.array([1.0, -1.0])


# -- paths -----------------------------------------------------------------------------------------------------


def squashed(a):
    once = 1 / (1 + np.exp(-a))
    return 100 * once


def test_the_factor_that_makes_a_gradient_small_is_named():
    path = explain(squashed, 12.0).why("a")
    weakest = path.messages[path.weakest]

    # e^-12 is what exp multiplies by; 100 makes up for some of it.
    assert abs(path.factors[path.weakest] - np.exp(-12)) < 1e-12
    assert "makes it small" in str(path)
    assert "makes it large" in str(path)
    assert weakest.local


def test_a_path_goes_from_the_result_to_the_input_along_the_largest_messages():
    answer = explain(lambda a: 1000 * a + np.sin(a), 1.0)
    path = answer.why("a")
    names = [answer.nodes[message.edge.parent].name for message in path.messages]

    assert answer.record.name == names[0]
    assert 1000 == np.prod(path.factors)
    assert 0.99 < path.share < 1


def test_a_node_without_a_gradient_says_so():
    answer = explain(lambda a, b: a * np.floor(b), 1.0, 2.5)
    with pytest.raises(ValueError, match="no gradient arrives at b"):
        answer.why("b")
    with pytest.raises(ValueError, match="no node 'c'; there are a, b"):
        answer.why("c")


# -- comparing -------------------------------------------------------------------------------------------------


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def learners(backward):
    return Op(affine_forward, backward, "mine")


def right(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)


def averaged(saved, d_out):
    d_x, d_w, d_b = right(saved, d_out)
    return d_x, d_w / len(d_out), d_b / len(d_out)


def unsummed(saved, d_out):
    d_x, d_w, _ = right(saved, d_out)
    return d_x, d_w, d_out


def one_entry(saved, d_out):
    d_x, d_w, d_b = right(saved, d_out)
    d_x[1, 2] = 7
    return d_x, d_w, d_b


def without_bias(saved, d_out):
    d_x, d_w, _ = right(saved, d_out)
    return d_x, d_w, None


def in_place(saved, d_out):
    gradients = right(saved, d_out)
    d_out *= 0
    return gradients


def overwriting(saved, d_out):
    x, w = saved
    gradients = d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)
    w *= 2
    return gradients


def compared(backward, other="affine"):
    return explain(learners(backward), X, W, B, compare=other).comparison


def test_a_right_backward_agrees():
    assert compared(right).agrees
    assert "both send the same to x, w, b" == str(compared(right))


@pytest.mark.parametrize(
    ("backward", "array", "said"),
    [
        (averaged, "w", "yours is 0.5 times ours"),
        (unsummed, "b", "yours has shape (2, 2), ours (2,)"),
        (one_entry, "x", "entry (1, 2) is 7 in yours and"),
        (without_bias, "b", "yours gives None"),
    ],
)
def test_the_first_edge_that_differs_is_named(backward, array, said):
    comparison = compared(backward)

    assert array == comparison.first.name
    assert said in comparison.first.verdict
    assert f"the first edge that differs leads to {array}" in str(comparison)


def test_writing_into_the_gradient_raises_an_alarm():
    assert "mine's backward writes into d_out" in str(compared(in_place))
    assert not compared(in_place).agrees


def test_changing_what_was_saved_raises_an_alarm():
    assert "gives something else when it runs again" in str(compared(overwriting))


def test_another_forward_raises_an_alarm():
    doubled = Op(lambda x, w, b: (2 * (x @ w + b), (x, w)), right, "doubled")

    assert "doubled's forward gives other values than affine's" in str(
        explain(doubled, X, W, B, compare=ops.affine).comparison
    )


def test_only_ops_of_one_result_can_be_compared():
    with pytest.raises(TypeError, match="compare wants two ops"):
        explain(learners(right), X, W, B, compare="no such op")
    with pytest.raises(ValueError, match="gives shape"):
        explain(Op(lambda x, w, b: (x, ()), right, "same"), X, W, B, compare="affine")


def test_an_ops_own_backward_is_looked_at():
    assert not any("own backward" in note for note in explain(ops.affine, X, W, B).record.notes)
    assert any(
        "mine's own backward sends another gradient to w: yours is 0.5 times ours" in note
        for note in explain(learners(averaged), X, W, B).record.notes
    )


def test_the_text_ends_with_the_comparison():
    assert "the first edge that differs" in explain(learners(averaged), X, W, B, compare="affine").text()
