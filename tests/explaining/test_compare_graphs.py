"""EDF graphs side by side: the first message that differs; and alarms where something is changed in place."""

import numpy as np
import pytest

from chainrule import explain
from chainrule.courses import edf


def sigmoid_with(backward, slope=1.0):
    """A learner's node class."""

    class MySigmoid(edf.CompNode):
        def __init__(self, z):
            edf.CompNodes.append(self)
            self.z = z

        def forward(self):
            self.value = 1 / (1 + np.exp(-slope * self.z.value))

    MySigmoid.backward = backward
    return MySigmoid


def network(sigmoid):
    """Two affine nodes, a sigmoid after each, and a loss."""
    rng = np.random.default_rng(0)
    with edf.Graph() as graph:
        x, y = edf.Input(), edf.Input()
        hidden = sigmoid(edf.Affine(edf.AffineParams(2, 3, rng=rng), x))
        edf.L2Loss(y, sigmoid(edf.Affine(edf.AffineParams(3, 1, rng=rng), hidden)))
    x.value, y.value = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    return graph


def slope_of(node):
    return node.value * (1 - node.value)


def sends_right(node):
    node.z.addgrad(node.grad * slope_of(node))


def forgets_a_half(node):
    node.z.addgrad(node.grad * slope_of(node) / 2)


def changes_its_gradient(node):
    node.grad *= slope_of(node)
    node.z.addgrad(node.grad)


def changes_an_input(node):
    node.z.addgrad(node.grad * slope_of(node))
    node.z.value *= 0


def changes_its_message(node):
    message = node.grad * slope_of(node)
    node.z.addgrad(message)
    message *= 2


def changes_what_others_sent(node):
    node.z.addgrad(node.grad * slope_of(node))
    node.z.grad *= 2


def sets_the_gradient(node):
    node.z.grad = node.grad * slope_of(node)


ALARMS = [
    (changes_its_gradient, "MySigmoid2's backward changes its own grad. Work on a copy."),
    (changes_an_input, "MySigmoid2's backward changes the value of Affine2. Work on a copy."),
    (changes_its_message, "MySigmoid2's backward changes its message to Affine2 after it was sent. Work on a copy."),
    (changes_what_others_sent, "MySigmoid2's backward changes the gradient of Affine2 by itself. Send it by addgrad."),
    (sets_the_gradient, "MySigmoid2's backward changes the gradient of Affine2 by itself. Send it by addgrad."),
]


def framework_sigmoid(node):
    return edf.Sigmoid(node.z)


def beside(backward, ours=framework_sigmoid, **options):
    mine = sigmoid_with(backward, **options)
    return explain(network(mine), compare={mine: ours}).comparison


def test_a_right_node_sends_what_the_frameworks_sends():
    comparison = beside(sends_right)

    assert comparison.agrees
    assert ["MySigmoid2", "MySigmoid1"] == [one.parent for one in comparison.sent]
    assert "both send the same to Affine2, Affine1" == str(comparison)


def test_a_wrong_node_is_named_with_its_edge():
    comparison = beside(forgets_a_half)

    assert "the first edge that differs leads from MySigmoid2 to Affine2: yours is 0.5 times ours" == str(comparison)
    # Each gets what the other one gets, so the error of the second is not counted against the first.
    assert ["yours is 0.5 times ours"] * 2 == [one.verdict for one in comparison.sent]


def test_two_graphs_are_compared_message_by_message():
    ours = network(edf.Sigmoid)
    right, wrong = (
        explain(network(sigmoid_with(one)), compare=ours).comparison for one in (sends_right, forgets_a_half)
    )

    assert right.agrees
    assert (
        ("L2Loss", "MySigmoid2")
        == (right.sent[0].parent, right.sent[0].name)
        == (wrong.sent[0].parent, wrong.sent[0].name)
    )
    assert ("MySigmoid2", "Affine2") == (wrong.first.parent, wrong.first.name)
    assert {"A1", "b1", "A2", "b2"} < {one.name for one in wrong.sent}
    assert ["yours is 0.25 times ours"] == [one.verdict for one in wrong.sent if one.name == "A1"]


def test_one_node_can_be_compared_by_itself():
    mine = network(sigmoid_with(forgets_a_half))
    comparison = explain(mine, compare={mine.CompNodes[1]: framework_sigmoid}).comparison

    assert [("MySigmoid1", "Affine1")] == [(one.parent, one.name) for one in comparison.sent]


def test_a_class_is_given_the_attributes_that_it_asks_for():
    class MyProduct(edf.Mul):
        def backward(self):
            self.a.addgrad(self.grad * self.b.value)

    with edf.Graph() as graph:
        x, slope = edf.Input("x"), edf.Parameter(2.0, name="slope")
        MyProduct(edf.Sigmoid(x), slope)
    x.value = np.ones((3, 1))

    def with_batch(self):
        self.a.addgrad(self.grad * self.b.value)
        self.b.addgrad(self.grad * self.a.value)  # which a parameter sums over the batch

    assert "leads from MyProduct to slope: yours gives None" in str(
        explain(graph, compare={MyProduct: edf.Mul}).comparison
    )
    MyProduct.backward = with_batch
    assert explain(graph, compare={MyProduct: edf.Mul}).comparison.agrees
    with pytest.raises(ValueError, match="Sigmoid needs x, and MyProduct has no such attribute"):
        explain(graph, compare={MyProduct: edf.Sigmoid})


@pytest.mark.parametrize(("backward", "alarm"), ALARMS)
def test_what_is_changed_in_place_raises_an_alarm(backward, alarm):
    mine = sigmoid_with(backward)

    assert alarm in explain(network(mine)).record.notes
    assert f"alarm: {alarm}" in explain(network(mine), compare={mine: framework_sigmoid}).text()
    assert alarm == explain(network(mine), compare=network(edf.Sigmoid)).comparison.alarms[0]


@pytest.mark.parametrize("sigmoid", [sigmoid_with(sends_right), edf.Sigmoid])
def test_a_clean_graph_raises_none(sigmoid):
    notes = explain(network(sigmoid)).record.notes

    assert not any("backward" in note for note in notes)
    assert () == explain(network(sigmoid), compare=network(edf.Sigmoid)).comparison.alarms


def test_another_forward_is_told():
    assert "alarm: MySigmoid2's forward gives other values than Sigmoid's" in str(beside(sends_right, slope=2.0))
    other = explain(network(sigmoid_with(sends_right, slope=2.0)), compare=network(edf.Sigmoid)).comparison
    assert "the first value that differs is that of MySigmoid1" in other.alarms[0]


def test_a_backward_that_fails_is_told():
    def fails(node):
        raise NotImplementedError("later")

    assert "The graph's own backward fails: later" in explain(network(sigmoid_with(fails))).record.notes


def test_a_graph_is_left_as_it_was():
    graph = network(sigmoid_with(changes_an_input))
    graph.Forward()
    values = [np.copy(node.value) for node in graph.CompNodes]
    explain(graph, compare=network(edf.Sigmoid))

    for node, value in zip(graph.CompNodes, values, strict=True):
        np.testing.assert_array_equal(value, node.value)
        assert {"addgrad", "grad"}.isdisjoint(vars(node))
    assert np.float32 == graph.Parameters[0].value.dtype


def test_given_values_are_used_in_both():
    def stops_at_large_ones(node):
        node.z.addgrad(node.grad * slope_of(node) * (node.z.value < 10))

    mine = sigmoid_with(stops_at_large_ones)
    inputs = {"x": np.full((4, 2), 1e3), "y": np.ones((4, 1))}
    parameters = {"A1": np.ones((2, 3)), "b1": np.zeros(3), "A2": np.full((3, 1), 4.0), "b2": np.zeros(1)}

    assert explain(network(mine), compare={mine: framework_sigmoid}).comparison.agrees
    assert not explain(
        network(mine), parameters=parameters, inputs=inputs, compare={mine: framework_sigmoid}
    ).comparison.agrees


def test_graphs_of_another_structure_are_refused():
    with edf.Graph() as other:
        edf.Sigmoid(edf.Input())
    with pytest.raises(ValueError, match="the same nodes in the same order"):
        explain(network(edf.Sigmoid), compare=other)
    with pytest.raises(ValueError, match="the graph has no node Tanh; its nodes are Affine, Sigmoid, L2Loss"):
        explain(network(edf.Sigmoid), compare={edf.Tanh: edf.Sigmoid})
    with pytest.raises(TypeError, match="two graphs"):
        explain(network(edf.Sigmoid), compare="sigmoid")


def test_softmax_and_cross_entropy_agree_with_nodes_of_ones_own():
    class MySoftmax(edf.CompNode):
        def __init__(self, s):
            edf.CompNodes.append(self)
            self.s = s

        def forward(self):
            powers = np.exp(self.s.value)
            self.value = powers / powers.sum(axis=1, keepdims=True)

        def backward(self):
            inner = (self.grad * self.value).sum(axis=1, keepdims=True)
            self.s.addgrad(self.value * (self.grad - inner))

    def classifier(softmax):
        rng = np.random.default_rng(1)
        with edf.Graph() as graph:
            x, y = edf.Input("x"), edf.Input("y")
            edf.CrossEntropyLoss(softmax(edf.Affine(edf.AffineParams(2, 3, rng=rng), x)), y)
        x.value, y.value = rng.normal(size=(4, 2)), np.array([0, 2, 1, 1])
        return graph

    assert explain(classifier(MySoftmax), compare={MySoftmax: edf.Softmax}).comparison.agrees
    assert explain(classifier(MySoftmax), compare=classifier(edf.Softmax)).comparison.agrees


def test_a_graph_agrees_with_itself():
    graph = network(sigmoid_with(sends_right))

    assert explain(graph, compare=graph).comparison.agrees
