"""Newton's method: each step goes to the lowest point of the parabola that fits the function here.

The gradient and the second derivatives come from the function's own NumPy code.

Run it with ``python examples/newton.py``.
"""

import numpy as np

import chainrule


def valley(x):
    """Rosenbrock's function: a narrow, bent valley whose lowest point, 0, is at (1, 1).

    "An automatic method for finding the greatest or least value of a function", The Computer Journal, 1960.
    """
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def minimize(function, x, steps=10):
    """Give every point that Newton's method comes through, from ``x`` on."""
    slope = chainrule.compile(chainrule.grad(function))
    curvature = chainrule.compile(chainrule.hessian(function))
    points = [x]
    for _ in range(steps):
        x = x - np.linalg.solve(curvature(x), slope(x))
        points.append(x)
    return points


def main():
    for number, point in enumerate(minimize(valley, np.array([-1.0, 1.5]))):
        print(f"step {number:2d}  x = ({point[0]:9.6f}, {point[1]:9.6f})  value {valley(point):.1e}")


if __name__ == "__main__":
    main()
