"""EDF's graph: the three passes and their conventions, learners' own nodes, several graphs, errors with a remedy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.courses import edf


class Square(edf.CompNode):
    """A learner's node, as the sheet has them: no call of any other ``__init__``."""

    def __init__(self, x):
        edf.CompNodes.append(self)
        self.x = x

    def forward(self):
        self.value = self.x.value**2

    def backward(self):
        self.x.addgrad(2 * self.x.value * self.grad)


def given(value):
    node = edf.Input()
    node.value = value
    return node


def message(error, function, *arguments):
    with pytest.raises(error) as caught:
        function(*arguments)
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


# -- the passes ------------------------------------------------------------------------------------------


def test_a_graph_exists_at_import():
    edf.current_graph()

    assert [] == edf.CompNodes
    assert [] == edf.Parameters


def test_forward_goes_in_the_order_of_construction():
    node = Square(Square(given([[2.0]])))
    edf.Forward()

    assert_array_equal([[16.0]], node.value)


def test_backward_starts_from_the_mean_over_the_batch():
    loss = Square(given([[1.0], [2.0], [3.0], [4.0]]))
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal(np.full((4, 1), 0.25), loss.grad)


def test_backward_of_a_scalar_starts_from_one():
    loss = Square(given(3.0))
    edf.Forward()
    edf.Backward(loss)

    assert loss.grad == 1


def test_gradients_of_a_node_that_is_used_twice_add_up():
    # loss = x^2 + x at x = 3: slope 7.
    shared = edf.Mul(given([[3.0]]), given([[1.0]]))
    loss = edf.Add(Square(shared), shared)
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal([[7.0]], shared.grad)


def test_backward_begins_with_gradients_of_zero():
    shared = Square(given([[3.0]]))
    loss = Square(shared)
    edf.Forward()
    for _ in range(2):
        edf.Backward(loss)

    assert_array_equal([[18.0]], shared.grad)


def test_a_node_that_nothing_uses_has_a_gradient_of_zero():
    aside = Square(given([[3.0, 4.0]]))
    loss = Square(given([[1.0]]))
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal([[0.0, 0.0]], aside.grad)


def test_parameters_sum_over_the_batch_and_step_downhill():
    # y = w x + b at w = 2, b = 1 for x = 1, 3 and targets 0: errors 3 and 7, so d_w = (2 3 1 + 2 7 3) / 2, d_b = 10.
    weights = edf.AffineParams(1, 1)
    weights.A.value, weights.b.value = np.array([[2.0]]), np.array([1.0])
    loss = edf.L2Loss(given([[0.0], [0.0]]), edf.Affine(weights, given([[1.0], [3.0]])))
    edf.learning_rate = 0.5
    edf.Forward()
    edf.Backward(loss)
    edf.UpdateParameters()

    assert_array_equal([[24.0]], weights.A.grad)
    assert_array_equal([10.0], weights.b.grad)
    assert_array_equal([[-10.0]], weights.A.value)
    assert_array_equal([-4.0], weights.b.value)


def test_older_names_are_the_same_functions():
    assert edf.SGD is edf.UpdateParameters
    assert edf.LogLoss is edf.CrossEntropyLoss


def test_affine_parameters_are_uniform_within_the_root_of_three_over_the_inputs():
    np.random.seed(3)
    weights = edf.AffineParams(300, 40)
    np.random.seed(3)

    assert_allclose(np.random.uniform(-0.1, 0.1, (300, 40)), weights.A.value, rtol=1e-6)
    assert_array_equal(np.zeros(40), weights.b.value)


def test_building_a_model_draws_from_the_global_generator_and_never_seeds_it():
    np.random.seed(3)
    first, second = edf.AffineParams(5, 5), edf.AffineParams(5, 5)

    assert (first.A.value != second.A.value).all()


def test_dt_is_the_dtype_of_parameters_and_stays():
    edf.DT = np.float32
    parameter = edf.Parameter([1.0, 2.0])
    loss = edf.Mul(parameter, given(np.ones((3, 2))))  # a float64 input
    edf.Forward()
    edf.Backward(loss)
    edf.UpdateParameters()
    edf.DT = np.float64

    assert np.float32 == parameter.value.dtype == parameter.grad.dtype
    assert np.float64 == edf.Parameter(1.0).value.dtype


def test_an_update_leaves_old_arrays_alone():
    parameter = edf.Parameter([1.0])
    before = parameter.value
    loss = edf.Mul(parameter, given([[1.0]]))
    edf.learning_rate = 0.5
    edf.Forward()
    edf.Backward(loss)
    edf.UpdateParameters()

    assert_array_equal([1.0], before)
    assert_array_equal([0.5], parameter.value)


# -- learners' own nodes -----------------------------------------------------------------------------------


class OwnGradient(Square):
    """Keeps its gradient itself, in place, as the first framework did."""

    def addgrad(self, delta):
        self.grad += delta


def test_a_node_may_add_up_its_gradient_in_place():
    shared = OwnGradient(given([[2.0]]))
    loss = edf.Add(shared, shared)
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal([[2.0]], shared.grad)


class WritesItsGradient(edf.CompNode):
    def __init__(self, x):
        edf.CompNodes.append(self)
        self.x = x

    def forward(self):
        self.value = self.x.value * 1

    def backward(self):
        self.grad[:] = 100
        self.x.addgrad(self.grad)


def test_a_node_that_writes_into_its_gradient_changes_no_other():
    x = Square(given([[1.0]]))
    a, b = WritesItsGradient(x), Square(x)
    edf.Forward()
    edf.Backward(edf.CompNodes[-1])
    loss = edf.Add(a, b)
    edf.Forward()
    edf.Backward(loss)

    assert_array_equal([[1.0]], loss.grad)
    assert_array_equal([[1.0]], b.grad)


class SendsABatchOfMatrices(edf.CompNode):
    """Affine as the sheet's readers write it: one gradient of the weights for each sample."""

    def __init__(self, w, x):
        edf.CompNodes.append(self)
        self.w, self.x = w, x

    def forward(self):
        self.value = self.x.value @ self.w.A.value + self.w.b.value

    def backward(self):
        self.x.addgrad(self.grad @ self.w.A.value.T)
        self.w.A.addgrad(self.x.value[:, :, None] * self.grad[:, None, :])
        self.w.b.addgrad(self.grad)


def test_a_learners_affine_gives_the_gradients_of_ours():
    rng = np.random.default_rng(0)
    x, y = given(rng.normal(size=(8, 3))), given(rng.normal(size=(8, 2)))
    gradients = []
    for kind in (SendsABatchOfMatrices, edf.Affine):
        weights = edf.AffineParams(3, 2, rng=np.random.default_rng(1))
        loss = edf.L2Loss(y, kind(weights, x))
        edf.Forward()
        edf.Backward(loss)
        gradients.append((weights.A.grad, weights.b.grad))

    assert_allclose(gradients[0][0], gradients[1][0], rtol=1e-13)
    assert_allclose(gradients[0][1], gradients[1][1], rtol=1e-13)


@pytest.mark.parametrize("shape", [(1, 3), (3,), (1, 1, 3)])
def test_a_parameter_that_broadcasts_over_the_batch_may_have_axes_of_one(shape):
    parameter = edf.Parameter(np.ones(shape))
    parameter.addgrad(np.ones((5, 3)))

    assert_array_equal(np.full(shape, 5.0), parameter.grad)


# -- several graphs ------------------------------------------------------------------------------------------


def test_graphs_live_side_by_side(own_graph):
    first = Square(given([[2.0]]))
    with edf.Graph() as other:
        second = Square(given([[3.0]]))
        edf.Forward()
    edf.Forward()

    assert_array_equal([[4.0]], first.value)
    assert_array_equal([[9.0]], second.value)
    assert [first] == own_graph.CompNodes
    assert [second] == other.CompNodes


def test_clearing_starts_a_new_graph_in_place_of_the_current_one(own_graph):
    Square(given([[2.0]]))
    edf.clear_compgraph()

    assert [] == edf.CompNodes
    assert edf.current_graph() is not own_graph


def test_after_an_error_the_outer_graph_is_the_current_one_again(own_graph):
    with pytest.raises(ZeroDivisionError), edf.Graph():
        1 / 0  # noqa: B018 - raises

    assert edf.current_graph() is own_graph


def test_a_graph_can_be_gone_on_with(own_graph):
    with edf.Graph() as other:
        x = given([[2.0]])
    with other:
        node = Square(x)
        edf.Forward()

    assert [node] == other.CompNodes


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'chainrule\.courses\.edf' has no attribute 'Flatten'"):
        edf.Flatten  # noqa: B018 - raises


# -- errors ----------------------------------------------------------------------------------------------------


def test_an_input_without_a_value_says_so():
    Square(edf.Input("images"))
    said = message(RuntimeError, edf.Forward)

    assert "Input 'images' has no value. Set it before edf.Forward(): x.value = batch." in said
    assert "in forward() of node 0 of the graph, Square" in said


def test_a_node_before_its_inputs_names_both():
    late = Square.__new__(Square)
    Square(late)
    late.__init__(given([[1.0]]))

    expected = "node 0 of the graph, Square, uses node 1, Square, that comes after it. Construct Square first."
    assert expected == message(RuntimeError, edf.Forward)


class Forgotten(Square):
    def __init__(self, x):
        self.x = x


def test_a_node_that_was_never_appended_is_named():
    Square(Forgotten(given([[1.0]])))

    assert "a node of type Forgotten that is not in this graph" in message(RuntimeError, edf.Forward)


def test_a_node_of_a_cleared_graph_is_named():
    old = Square(given([[1.0]]))
    edf.clear_compgraph()
    edf.Add(old, given([[1.0]]))

    assert "It was built before clear_compgraph()" in message(RuntimeError, edf.Forward)


def test_a_node_that_is_there_twice_is_named():
    edf.CompNodes.append(Square(given([[1.0]])))

    assert "Square, stands twice in CompNodes" in message(RuntimeError, edf.Forward)


def test_backward_before_forward_says_what_to_call():
    loss = Square(given([[1.0]]))

    assert "Backward: the loss has no value yet. Call edf.Forward() first." == message(RuntimeError, edf.Backward, loss)


def test_backward_of_another_graphs_loss_is_refused():
    loss = Square(given([[1.0]]))
    edf.Forward()
    edf.clear_compgraph()

    assert "this graph has no such Square" in message(RuntimeError, edf.Backward, loss)


def test_updating_without_parameters_says_so():
    loss = Square(given([[1.0]]))
    edf.Forward()
    edf.Backward(loss)

    assert "UpdateParameters: this graph has no parameters" in message(RuntimeError, edf.UpdateParameters)


def test_updating_before_backward_says_so():
    edf.Mul(edf.Parameter(1.0), given([[1.0]]))
    edf.Forward()

    assert "no parameter has a gradient. Call edf.Backward(loss) first" in message(RuntimeError, edf.UpdateParameters)


def test_a_gradient_without_a_batch_axis_is_refused():
    said = message(ValueError, edf.Parameter(np.ones(3)).addgrad, np.ones(3))

    assert "delta has shape (3,), and the parameter (3,)" in said
    assert "shape ('B', 3)" in said


def test_a_gradient_of_another_shape_is_refused_and_not_broadcast():
    node = Square(given([[1.0], [2.0]]))
    edf.Forward()

    assert "delta has shape (2,), and the value (2, 1)" in message(ValueError, node.addgrad, np.ones(2))


def test_value_before_forward_is_an_attribute_error_that_says_what_to_call():
    node = Square(given([[1.0]]))

    assert "this Square has no value yet. Call edf.Forward() first" in message(AttributeError, lambda: node.value)
    assert not hasattr(node, "grad")


def test_changing_an_array_after_setting_it_changes_nothing():
    array = np.array([[3.0]])
    x = given(array)
    shared = Square(x)
    loss = Square(shared)
    edf.Forward()
    array[:] = 100
    edf.Backward(loss)

    assert_array_equal([[18.0]], shared.grad)
    assert_array_equal([[3.0]], x.value)
