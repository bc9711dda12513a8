"""An EDF graph as a function: traced, differentiated, compiled, trained at compiled speed, saved and loaded."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule
from chainrule.courses import edf

RNG = np.random.default_rng(6)


class OwnL2Loss(edf.CompNode):
    def __init__(self, y, y_hat):
        edf.CompNodes.append(self)
        self.y = y
        self.y_hat = y_hat

    def forward(self):
        self.value = (self.y.value - self.y_hat.value) ** 2

    def backward(self):
        self.y_hat.addgrad(2 * (self.y_hat.value - self.y.value) * self.grad)


class OwnProbVector(edf.CompNode):
    """Fills an array of its own, as most people write it."""

    def __init__(self, z):
        edf.CompNodes.append(self)
        self.z = z

    def forward(self):
        B = self.z.value.shape[0]
        self.value = np.zeros((B, 2))
        self.value[:, 0] = self.z.value[:, 0]
        self.value[:, 1] = 1 - self.z.value[:, 0]

    def backward(self):
        self.z.addgrad((self.grad[:, 0] - self.grad[:, 1]).reshape(-1, 1))


def two_layers(prob_vector=edf.SingleProbToProbVector):
    """x (B, 3) -> 4 -> probability; gives inputs and loss."""
    x, y = edf.Input(), edf.Input()
    hidden = edf.Sigmoid(edf.Affine(edf.AffineParams(3, 4, rng=RNG), x))
    p = prob_vector(edf.Sigmoid(edf.Affine(edf.AffineParams(4, 1, rng=RNG), hidden)))
    return x, y, edf.CrossEntropyLoss(p, y)


def batch(rows=8):
    return RNG.normal(size=(rows, 3)), RNG.integers(0, 2, rows)


def test_a_graph_is_a_function_of_parameters_and_inputs(own_graph):
    _, _, loss = two_layers()
    X, Y = batch()
    mean = own_graph(own_graph.parameters(), (X, Y))
    for given, value in zip(own_graph.Inputs, (X, Y), strict=True):
        given.value = value
    edf.Forward()

    assert_allclose(loss.value.mean(), mean, rtol=1e-15)


def test_calling_a_graph_changes_no_node(own_graph):
    _, _, loss = two_layers()
    X, Y = batch()
    weights = own_graph.parameters()
    chainrule.value_and_grad(own_graph)({name: 2 * value for name, value in weights.items()}, (X, Y))

    assert not hasattr(loss, "value")
    for name, value in own_graph.parameters().items():
        assert_array_equal(weights[name], value)


@pytest.mark.parametrize("prob_vector", [edf.SingleProbToProbVector, OwnProbVector])
def test_the_gradient_of_a_graph_is_that_of_its_passes(prob_vector, own_graph):
    x, y, loss = two_layers(prob_vector)
    x.value, y.value = batch()
    gradients = chainrule.grad(own_graph)(own_graph.parameters(), own_graph.inputs())
    edf.Forward()
    edf.Backward(loss)

    assert ["A1", "b1", "A2", "b2"] == list(gradients)
    for gradient, parameter in zip(gradients.values(), own_graph.Parameters, strict=True):
        assert_allclose(parameter.grad, gradient, rtol=1e-14)


def test_the_gradient_goes_through_a_learners_own_backward(own_graph):
    """A wrong one stays wrong: it is the learner's gradient, and not one that is derived from forward."""

    class HalfTheGradient(OwnL2Loss):
        def backward(self):
            self.y_hat.addgrad((self.y_hat.value - self.y.value) * self.grad)

    slope = edf.Parameter(3.0, name="slope")
    x, y = edf.Input("x"), edf.Input("y")
    HalfTheGradient(y, edf.Mul(slope, x))
    batch = {"x": np.array([[1.0], [2.0]]), "y": np.array([[1.0], [2.0]])}

    # The mean of (3 x - x)^2 has slope 2 * 2 * mean(x^2) = 10.
    assert_allclose(chainrule.grad(own_graph)({"slope": 3.0}, batch)["slope"], 5.0)


def test_a_traced_graph_speaks_of_its_nodes(own_graph):
    two_layers()
    program = chainrule.trace(own_graph, own_graph.parameters(), batch())
    groups = {equation.origin.group for equation in program.equations}

    assert {"affine1", "sigmoid1", "affine2", "sigmoid2", "single_prob_to_prob_vector", "cross_entropy_loss"} <= groups
    assert "affine1" in program.names.values()


def test_a_compiled_graph_gives_the_same(own_graph):
    two_layers(OwnProbVector)
    X, Y = batch()
    value_and_grad = chainrule.value_and_grad(own_graph)
    expected, gradients = value_and_grad(own_graph.parameters(), (X, Y))
    value, compiled = chainrule.compile(value_and_grad)(own_graph.parameters(), (X, Y))

    assert_allclose(expected, value, rtol=1e-15)
    for name, gradient in gradients.items():
        assert_allclose(gradient, compiled[name], rtol=1e-14)


def test_the_loss_is_the_node_that_backward_started_from(own_graph):
    x = edf.Input("x")
    x.value = np.array([[2.0]])
    square = edf.Mul(x, x)
    edf.Mul(square, x)
    edf.Forward()

    assert 8 == own_graph({}, own_graph.inputs())

    edf.Backward(square)

    assert 4 == own_graph({}, own_graph.inputs())


# -- training ------------------------------------------------------------------------------------------------


def trained(compiled, loss_node=edf.L2Loss, dtype=np.float32):
    edf.DT = dtype
    rng = np.random.default_rng(0)
    with edf.Graph() as graph:
        x, y = edf.Input(), edf.Input()
        hidden = edf.Tanh(edf.Affine(edf.AffineParams(3, 5, rng=rng), x))
        loss = loss_node(y, edf.Affine(edf.AffineParams(5, 1, rng=rng), hidden))
        edf.learning_rate = 0.1
        X, Y = rng.normal(size=(50, 3)).astype(dtype), rng.normal(size=(50, 1)).astype(dtype)
        step = edf.CompiledStep(loss) if compiled else None
        losses = []
        for start in range(0, 50, 8):  # the last batch has 2 rows
            rows = slice(start, start + 8)
            if compiled:
                step(X[rows], Y[rows])
            else:
                x.value, y.value = X[rows], Y[rows]
                edf.Forward()
                edf.Backward(loss)
                edf.UpdateParameters()
            losses.append(loss.value)
    return losses, graph.parameters(), step


@pytest.mark.parametrize("loss_node", [edf.L2Loss, OwnL2Loss])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_compiled_step_trains_as_the_passes_do(loss_node, dtype):
    losses, parameters, _ = trained(False, loss_node, dtype)
    compiled_losses, compiled_parameters, _ = trained(True, loss_node, dtype)
    rtol = 1e-12 if dtype == np.float64 else 1e-5

    for loss, compiled in zip(losses, compiled_losses, strict=True):
        assert_allclose(loss, compiled, rtol=rtol)
    for name, value in parameters.items():
        assert_allclose(value, compiled_parameters[name], rtol=rtol)
        assert dtype == compiled_parameters[name].dtype


def test_a_compiled_step_shows_its_text():
    _, _, step = trained(True)

    assert "affine1 = x @ A1 + b1" in step.source
    assert ["x", "y"] == step.inputs


def test_a_compiled_step_takes_inputs_values_where_none_are_given(own_graph):
    x, y, loss = two_layers()
    x.value, y.value = batch()
    step = edf.CompiledStep(loss)

    assert (8,) == step().shape


def test_a_compiled_step_follows_the_learning_rate():
    slope = edf.Parameter(1.0)
    x = edf.Input()
    loss = edf.Mul(slope, x)
    step = edf.CompiledStep(loss)
    values = []
    for edf.learning_rate in (0.5, 0.25):
        step(np.array([[1.0]]))
        values.append(float(slope.value))

    assert [0.5, 0.25] == values


def test_an_epoch_is_its_batches_steps(own_graph):
    _, _, loss = two_layers()
    X, Y = batch(rows=21)
    start = own_graph.parameters()
    step = edf.CompiledStep(loss)
    expected = [step(X[first : first + 8], Y[first : first + 8]).mean() for first in (0, 8)]
    after = own_graph.parameters()
    for one, value in zip(own_graph.Parameters, start.values(), strict=True):
        one.value = value
    losses = step.epoch(X, Y, batch_size=8)

    assert_allclose(losses, expected, rtol=1e-14)
    for name, value in own_graph.parameters().items():
        assert_array_equal(after[name], value)


@pytest.mark.parametrize(("rows", "batch_size"), [((7, 6), 2), ((7, 7), 8), ((7, 7), 0)])
def test_an_epoch_wants_equally_many_rows_and_a_whole_batch(rows, batch_size, own_graph):
    _, _, loss = two_layers()
    with pytest.raises(ValueError, match="expected equally many rows, at least a batch"):
        edf.CompiledStep(loss).epoch(np.ones((rows[0], 3)), np.ones(rows[1], int), batch_size=batch_size)


def test_a_compiled_step_counts_its_values():
    _, _, loss = two_layers()
    with pytest.raises(ValueError, match=r"1 values for the inputs \['x', 'y'\]"):
        edf.CompiledStep(loss)(np.ones((2, 3)))


def test_a_compiled_step_wants_parameters_and_a_loss_of_its_graph(own_graph):
    loss = edf.Sigmoid(edf.Input())
    with pytest.raises(RuntimeError, match="no parameters, so there is nothing to train"):
        edf.CompiledStep(loss)
    with edf.Graph(), pytest.raises(RuntimeError, match="no node of the current graph"):
        edf.CompiledStep(loss)


def test_values_of_other_names_or_number_are_refused(own_graph):
    two_layers()
    X, Y = batch()
    with pytest.raises(ValueError, match=r"inputs are \['x', 'y'\], and values are given for \['images', 'y'\]"):
        own_graph(own_graph.parameters(), {"images": X, "y": Y})
    with pytest.raises(ValueError, match=r"parameters are \['A1', 'b1', 'A2', 'b2'\], and values are given for 1"):
        own_graph([X], (X, Y))


def test_an_empty_graph_is_no_function(own_graph):
    with pytest.raises(RuntimeError, match=r"it has no nodes\. Construct a loss in it first"):
        own_graph({}, {})


# -- names -----------------------------------------------------------------------------------------------------


def test_names_are_unique_and_can_be_given(own_graph):
    x = edf.Input("pixels of a digit")
    x.value = np.ones((2, 3))
    w1, w2, unused = edf.AffineParams(3, 4), edf.AffineParams(4, 1), edf.Parameter(0.0)
    edf.Affine(w2, edf.Affine(w1, x))
    edf.Mul(edf.Parameter(1.0, name="A1"), x)

    assert ["pixels_of_a_digit"] == list(own_graph.inputs())
    assert unused.name is None
    assert len(own_graph.Parameters) == len(own_graph.parameters())
    assert all(name.isidentifier() for name in own_graph.parameters())


# -- files -----------------------------------------------------------------------------------------------------


def test_parameters_come_back_from_a_file(tmp_path, own_graph):
    two_layers()
    edf.save_parameters(tmp_path / "net.safetensors")
    with edf.Graph() as other:
        two_layers()
        edf.load_parameters(tmp_path / "net.safetensors")

    for name, value in own_graph.parameters().items():
        assert_array_equal(value, other.parameters()[name], strict=True)


def test_parameters_of_another_graph_are_refused_and_nothing_changes(tmp_path, own_graph):
    two_layers()
    edf.save_parameters(tmp_path / "net.safetensors")
    with edf.Graph() as other:
        edf.Affine(edf.AffineParams(2, 1, rng=RNG), edf.Input())
        before = other.parameters()
        with pytest.raises(ValueError, match=r"holds parameters \{'A1': \(3, 4\), .* the graph has \{'A': \(2, 1\)"):
            edf.load_parameters(tmp_path / "net.safetensors")

    assert_array_equal(before["A"], other.parameters()["A"])


def test_saving_a_graph_without_parameters_says_so(tmp_path):
    with pytest.raises(RuntimeError, match="this graph has no parameters"):
        edf.save_parameters(tmp_path / "net.safetensors")

    assert [] == list(tmp_path.iterdir())


def test_a_model_of_another_kind_is_refused(tmp_path):
    from chainrule.learning import Affine, Sequential

    Sequential([Affine(2, 1)]).save(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="Give a file that save_parameters wrote"):
        edf.load_parameters(tmp_path / "model.safetensors")
