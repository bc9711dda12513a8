"""EDF's nodes: hand-worked values, gradients against central differences, extremes without a warning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.courses import edf

LOG_2 = 0.6931471805599453
RNG = np.random.default_rng(5)
LABELS = np.array([2, 0, 1, 1])


def given(value):
    node = edf.Input()
    node.value = value
    return node


def value(node):
    edf.Forward()
    return node.value


# -- values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "x", "expected"),
    [
        (edf.Sigmoid, [[0.0], [LOG_2]], [[0.5], [2 / 3]]),
        (edf.Tanh, [[0.0], [LOG_2]], [[0.0], [0.6]]),
        (edf.ReLU, [[-2.0], [3.0]], [[0.0], [3.0]]),
        (edf.LeakyReLU, [[-2.0], [3.0]], [[-0.02], [3.0]]),
        (lambda x: edf.LeakyReLU(x, c=0.5), [[-2.0], [3.0]], [[-1.0], [3.0]]),
        (edf.Softmax, [[0.0, LOG_2]], [[1 / 3, 2 / 3]]),
        (edf.SingleProbToProbVector, [[0.25], [1.0]], [[0.25, 0.75], [1.0, 0.0]]),
        (edf.Sum, [[1.0, 2.0], [3.0, 4.0]], [3.0, 7.0]),
        (edf.Mean, [[1.0, 2.0], [3.0, 4.0]], [1.5, 3.5]),
        (lambda x: edf.Sum(x, axis=1), [[[1.0, 2.0], [3.0, 4.0]]], [[3.0, 7.0]]),
        (lambda x: edf.Sum(x, axis=-2), [[[1.0, 2.0], [3.0, 4.0]]], [[4.0, 6.0]]),
        (lambda x: edf.Reshape(x, 2), [[[1.0], [2.0]]], [[1.0, 2.0]]),
        (lambda x: edf.Reshape(x, (2, 1)), [[1.0, 2.0]], [[[1.0], [2.0]]]),
        (edf.Transpose, [[[1.0, 2.0], [3.0, 4.0]]], [[[1.0, 3.0], [2.0, 4.0]]]),
    ],
)
def test_values_equal_hand_worked_numbers(build, x, expected):
    assert_allclose(value(build(given(x))), expected, rtol=1e-14)


def test_nodes_of_two_inputs():
    a, b = given([[1.0, 2.0]]), given([[3.0, 5.0]])
    total, product, loss = edf.Add(a, b), edf.Mul(a, b), edf.L2Loss(a, b)
    edf.Forward()

    assert_array_equal([[4.0, 7.0]], total.value)
    assert_array_equal([[3.0, 10.0]], product.value)
    assert_array_equal([[4.0, 9.0]], loss.value)


def test_cross_entropy_is_minus_the_logarithm_of_each_labels_probability():
    loss = edf.CrossEntropyLoss(given([[0.5, 0.5], [0.25, 0.75]]), given([1, 0]))

    assert_allclose(value(loss), [LOG_2, 2 * LOG_2], rtol=1e-15)


# -- gradients -----------------------------------------------------------------------------------------------


def parameter(*shape):
    return edf.Parameter(RNG.uniform(0.3, 1.5, shape) * RNG.choice([-1, 1], shape))


GRAPHS = {
    "affine": lambda: edf.Affine(edf.AffineParams(3, 2, rng=RNG), given(RNG.normal(size=(4, 3)))),
    "two affine": lambda: edf.Affine(
        edf.AffineParams(5, 2, rng=RNG),
        edf.Sigmoid(edf.Affine(edf.AffineParams(3, 5, rng=RNG), given(np.ones((4, 3))))),
    ),
    "sigmoid": lambda: edf.Sigmoid(parameter(4, 3)),
    "tanh": lambda: edf.Tanh(parameter(4, 3)),
    "relu": lambda: edf.ReLU(parameter(4, 3)),
    "leaky relu": lambda: edf.LeakyReLU(parameter(4, 3), c=0.2),
    "softmax": lambda: edf.Softmax(parameter(4, 3)),
    "softmax, squared": lambda: edf.L2Loss(given(np.eye(3)[LABELS]), edf.Softmax(parameter(4, 3))),
    "softmax, cross-entropy": lambda: edf.CrossEntropyLoss(edf.Softmax(parameter(4, 3)), given(LABELS)),
    "cross-entropy": lambda: edf.CrossEntropyLoss(edf.Parameter(RNG.uniform(0.2, 0.8, (4, 3))), given(LABELS)),
    "one probability": lambda: edf.CrossEntropyLoss(
        edf.SingleProbToProbVector(edf.Sigmoid(parameter(4, 1))), given([0, 1, 1, 0])
    ),
    "l2, both": lambda: edf.L2Loss(parameter(4, 2), parameter(4, 2)),
    "add, broadcast": lambda: edf.Add(given(RNG.normal(size=(4, 3))), parameter(3)),
    "mul, broadcast": lambda: edf.Mul(parameter(), given(RNG.normal(size=(4, 3)))),
    "mul, itself": lambda: (lambda shared: edf.Mul(shared, shared))(edf.Tanh(parameter(4, 3))),
    "sum": lambda: edf.Sum(edf.Tanh(parameter(4, 3, 2))),
    "mean of an axis": lambda: edf.Mean(edf.Tanh(parameter(4, 3, 2)), axis=1),
    "reshape": lambda: edf.Mul(edf.Reshape(parameter(4, 6), (2, 3)), given(RNG.normal(size=(4, 2, 3)))),
    "transpose": lambda: edf.Mul(edf.Transpose(parameter(4, 2, 3)), given(RNG.normal(size=(4, 3, 2)))),
    "transpose, axes": lambda: edf.Mul(
        edf.Transpose(parameter(4, 2, 3, 5), (2, 0, 1)), given(RNG.normal(size=(4, 5, 2, 3)))
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_of_parameters_match_central_differences(name, own_graph):
    loss = GRAPHS[name]()
    weights = RNG.normal(size=np.shape(value(loss)))
    weighted = edf.Mul(given(weights), loss)

    def mean():
        edf.Forward()
        return np.sum(weighted.value) / len(weighted.value)

    mean()
    edf.Backward(weighted)
    step = 1e-6
    for one in own_graph.Parameters:
        centre, gradient = one.value, one.grad
        for direction in RNG.normal(size=(2, *np.shape(centre))):
            sides = []
            for sign in (1, -1):
                one.value = centre + sign * step * direction
                sides.append(mean())
            one.value = centre

            assert_allclose((sides[0] - sides[1]) / (2 * step), np.sum(gradient * direction), rtol=1e-5, atol=1e-8)


# -- extremes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_of_extremes_gives_no_warning(dtype):
    node = edf.Sigmoid(given(np.array([[-1000.0], [1000.0]], dtype)))

    assert_array_equal(np.array([[0.0], [1.0]], dtype), value(node), strict=True)


@pytest.mark.parametrize("scale", [800, 1e5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_after_softmax_is_exact_at_extreme_logits(scale, dtype):
    # softmax is (1, 0): right costs 0, wrong costs the distance; the gradient is p - y over the batch of 2.
    edf.DT = dtype
    logits = edf.Parameter([[scale, -scale], [scale, -scale]])
    p = edf.Softmax(edf.Add(logits, given(np.zeros((1, 1), dtype))))
    loss = edf.CrossEntropyLoss(p, given([0, 1]))
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal(np.array([0.0, 2 * scale], dtype), loss.value, strict=True)
    assert_array_equal([[0.0, 0.0], [0.5, -0.5]], logits.grad)
    assert np.isfinite(p.grad).all()


def test_a_saturated_probability_that_is_wrong_costs_much_and_sends_no_nan_back():
    w = edf.AffineParams(1, 1)
    w.A.value = np.array([[1000.0]])
    loss = edf.CrossEntropyLoss(edf.SingleProbToProbVector(edf.Sigmoid(edf.Affine(w, given([[1.0]])))), given([1]))
    edf.Forward()
    edf.Backward(loss)

    assert_allclose(loss.value, [-np.log(np.finfo(np.float64).tiny)])
    assert np.isfinite(w.A.grad).all()


def test_no_value_is_clamped():
    node = edf.Affine(edf.AffineParams(1, 1), given([[1.0]]))
    node.w.A.value = np.array([[1234.0]])

    assert [[1234.0]] == value(node)


def test_labels_that_are_not_whole_say_what_to_write():
    edf.CrossEntropyLoss(given([[0.5, 0.5]]), given([1.0]))
    with pytest.raises(ValueError, match=r"got float64 of shape \(1,\)\. Write labels\.astype\(int\)\."):
        edf.Forward()


def test_labels_outside_the_classes_are_named():
    edf.CrossEntropyLoss(given([[0.5, 0.5]]), given([2]))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1, got 2 to 2"):
        edf.Forward()


def test_targets_of_another_shape_are_refused_and_not_broadcast():
    edf.L2Loss(given([1.0, 2.0]), given([[1.0], [2.0]]))
    with pytest.raises(ValueError, match="would broadcast to \\(2, 2\\)"):
        edf.Forward()


def test_affine_backward_allocates_no_array_for_each_sample():
    """512 samples of 500 inputs and 200 outputs: one matrix a sample would be 400 MB; the operands are 4 MB."""
    import tracemalloc

    loss = edf.Affine(edf.AffineParams(500, 200, rng=RNG), given(np.ones((512, 500))))
    edf.Forward()
    tracemalloc.start()
    try:
        edf.Backward(loss)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20e6
