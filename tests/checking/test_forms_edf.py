"""Nodes of the Educational Framework are lifted."""

import numpy as np
import pytest
from lifting import AFFINE, D_B, D_OUT, B, W, X, assert_same, refused, run

from chainrule.checking.forms import lift
from chainrule.courses import edf


class Node(edf.CompNode):
    def __init__(self, w, x):
        edf.CompNodes.append(self)
        self.w, self.x = w, x

    def forward(self):
        self.value = self.x.value @ self.w.A.value + self.w.b.value

    def backward(self):
        self.x.addgrad(self.grad @ self.w.A.value.T)
        self.w.A.addgrad(self.x.value[:, :, None] * self.grad[:, None, :])
        self.w.b.addgrad(self.grad)


class Unlisted(Node):
    def __init__(self, w, x):
        self.w = w
        self.x = x


@pytest.mark.parametrize("subject", [edf.Affine, Unlisted])
def test_a_node_sends_gradients_to_what_it_uses(subject):
    implementation = lift(subject)
    out, gradients = run(subject, X, W, B)

    assert ("EDF node", 3) == (implementation.form, implementation.arrays)
    np.testing.assert_allclose(out, X @ W + B)
    assert_same(AFFINE, gradients)


def test_attributes_set_together_are_understood():
    assert_same(AFFINE, run(Node, X, W, B)[1])


def test_the_current_graph_stays_as_it_was():
    with edf.Graph() as graph:
        run(Node, X, W, B)
        run(edf.Sigmoid, X, d_out=X)

        assert ([], [], []) == (graph.CompNodes, graph.Parameters, graph.Inputs)


def test_a_separate_parameter_is_told_by_the_batch_axis():
    class Plus(edf.CompNode):
        def __init__(self, x, b):
            self.x = x
            self.b = b

        def forward(self):
            self.value = self.x.value + self.b.value

        def backward(self):
            self.x.addgrad(self.grad)
            self.b.addgrad(self.grad)

    assert_same((D_OUT, D_B), run(Plus, D_OUT, B)[1])


def test_a_parameter_of_the_framework_says_where_the_batch_axis_is_missing():
    class Summed(Unlisted):
        def backward(self):
            self.w.A.addgrad(self.x.value.T @ self.grad)

    with pytest.raises(ValueError, match="where the batch axis will be summed"):
        run(Summed, X, W, B)


def test_a_framework_of_ones_own_is_lifted_and_its_lists_are_put_back(tmp_path, monkeypatch):
    (tmp_path / "own_framework.py").write_text(
        "CompNodes = []\n"
        "class Node:\n"
        "    def __init__(self, x):\n        CompNodes.append(self)\n        self.x = x\n"
        "    def forward(self):\n        self.value = 2 * self.x.value\n"
        "    def backward(self):\n        self.x.addgrad(2 * self.grad)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import own_framework

    _, gradient = run(own_framework.Node, X, d_out=X)

    np.testing.assert_array_equal(2 * X, gradient)
    assert [] == own_framework.CompNodes


def test_a_node_that_is_sent_nothing_has_no_gradient():
    class First(edf.CompNode):
        def __init__(self, a, b):
            self.a, self.b = a, b

        def forward(self):
            self.value = self.a.value + 0 * self.b.value

        def backward(self):
            self.a.addgrad(self.grad)

    assert_same((X, None), run(First, X, X, d_out=X)[1])


def test_what_is_sent_twice_is_added():
    class Twice(edf.CompNode):
        def __init__(self, x):
            self.x = x

        def forward(self):
            self.value = 2 * self.x.value

        def backward(self):
            self.x.addgrad(self.grad)
            self.x.addgrad(self.grad)

    op = lift(Twice).op
    _, saved = op.forward(X)

    assert_same((2 * X, 2 * X), (op.backward(saved, X), op.backward(saved, X)))


def test_nodes_of_the_framework_and_their_options():
    assert_same((np.where(X > 0, X, 0.5 * X),), (run(edf.LeakyReLU, X, d_out=X, c=0.5)[0],))
    assert_same((2 * X, -2 * X), run(edf.L2Loss, X, np.zeros((5, 3)), d_out=np.ones((5, 3)))[1])
    assert_same((np.repeat(X[:, :1], 3, axis=1),), (run(edf.Sum, X, d_out=X[:, 0])[1],))


def test_an_instance_of_a_node_is_lifted():
    with edf.Graph() as graph:
        made = edf.Reshape(edf.Input(), (3, 1))
        _, gradient = run(made, X, d_out=X[:, :, None])

        assert 1 == len(graph.CompNodes)
    np.testing.assert_array_equal(X, gradient)


def test_a_node_that_needs_more_than_nodes_says_so():
    finding = refused(edf.Reshape)

    assert "Reshape cannot be made without arguments: __init__ needs shape." == finding.message


def test_a_node_without_a_value_gives_none():
    class Empty(edf.CompNode):
        def __init__(self, x):
            self.x = x

        def forward(self):
            pass

        def backward(self):
            self.x.addgrad(self.grad)

    assert run(Empty, X)[0] is None
