"""A layer of one's own: a class with a cache becomes an op, is checked by central differences, and is trained with.

Run it with ``python examples/own_layer.py``.
"""

import numpy as np

import chainrule
from chainrule import Op
from chainrule.learning import Adam, Affine, OpLayer, Sequential, Solver
from chainrule.ops import squared_error


class Swish:
    """``x * sigmoid(slope * x)``, with a slope for each unit that is learned like a weight."""

    def forward(self, x, slope):
        gate = 1 / (1 + np.exp(-slope * x))
        self.cache = x, slope, gate
        return x * gate

    def backward(self, d_out):
        x, slope, gate = self.cache
        d_inside = d_out * x * gate * (1 - gate)  # the gradient of slope * x
        return d_out * gate + d_inside * slope, (d_inside * x).sum(axis=0)


def swish_forward(x, slope):
    """Let ``x`` through as far as its gate is open: ``out = x * sigmoid(slope * x)``.

    Args:
        x: inputs, shape (N, D).
        slope: how steeply each gate opens, shape (D,).
    """
    layer = Swish()
    return layer.forward(x, slope), layer.cache


def swish_backward(saved, d_out):
    """Hand the saved values back to the class, and let it derive."""
    layer = Swish()
    layer.cache = saved
    return layer.backward(d_out)


swish = Op(swish_forward, swish_backward)


def largest_error(op, arrays, step=1e-6):
    """The largest difference between the op's gradients and central differences, for a random ``d_out``."""
    out, pull = chainrule.vjp(op, *arrays)
    d_out = np.random.default_rng(1).normal(size=out.shape)
    errors = []
    for number, gradient in enumerate(pull(d_out)):
        for place in np.ndindex(gradient.shape):
            moved = np.zeros_like(gradient)
            moved[place] = step
            above, below = ([*arrays[:number], arrays[number] + d, *arrays[number + 1 :]] for d in (moved, -moved))
            slope = np.sum(d_out * (op(*above) - op(*below))) / (2 * step)
            errors.append(abs(slope - gradient[place]))
    return max(errors)


def main():
    rng = np.random.default_rng(0)
    error = largest_error(swish, [rng.normal(size=(4, 3)), rng.normal(size=3)])
    print(f"largest error of the gradient: {error:.0e}")

    x = np.linspace(-3, 3, 128)[:, None]
    y = np.sin(2 * x)
    layers = [Affine(1, 16), OpLayer(swish, {"slope": np.ones(16)}), Affine(16, 1)]
    model = Sequential(layers, rng=0)
    print(model)
    solver = Solver(model, squared_error, Adam(learning_rate=0.03))
    solver.train(x, y, epochs=600)
    print("\nThe step that was trained with:\n")
    print(solver.step_source)


if __name__ == "__main__":
    main()
