"""Likely mistakes in activations."""

from __future__ import annotations

import numpy as np

from chainrule.checking.hypotheses.particular.candidates import Array, Table, backward, forward, sigmoid

__all__ = ["ACTIVATIONS"]

SLOPE = 0.01


def _leaky(x: Array, slope: float = SLOPE) -> Array:
    return np.where(x > 0, x, slope * x)


def _wrong_formula(formula: str) -> dict[str, str]:
    return {"formula": formula}


_RELU = (
    backward("MASK_FROM_UPSTREAM", lambda d, x: d * (d > 0)),
    backward("INVERTED_MASK", lambda d, x: d * (x < 0)),
    backward("INVERTED_MASK", lambda d, x: d * (x <= 0)),
    backward("NO_MASK", lambda d, x: d),
    backward("MASK_RETURNED", lambda d, x: (x > 0).astype(float)),
    backward("MASK_RETURNED", lambda d, x: (x >= 0).astype(float)),
    backward("OUTPUT_FOR_MASK", lambda d, x: d * np.maximum(x, 0)),
    backward("OUTPUT_FOR_MASK", lambda d, x: np.maximum(x, 0)),
    backward("INPUT_FOR_MASK", lambda d, x: d * x),
    backward("RELU_OF_UPSTREAM", lambda d, x: np.maximum(d, 0) * np.maximum(x, 0)),
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.sign(x), formula="sign(x)", right="1 where x > 0, else 0"),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.where(x > 0, 1, SLOPE),
        formula="that of leaky relu",
        right="1 where x > 0, else 0",
    ),
)
_RELU_FORWARD = (
    forward("OTHER_FUNCTION", np.abs, other="the absolute value", formula="np.maximum(x, 0)"),
    forward(
        "OTHER_FUNCTION", lambda x: np.minimum(x, 0), other="min(x, 0), what is negative", formula="np.maximum(x, 0)"
    ),
    forward("OTHER_FUNCTION", lambda x: (x > 0).astype(float), other="the mask alone", formula="np.maximum(x, 0)"),
    forward("OTHER_FUNCTION", lambda x: (x >= 0).astype(float), other="the mask alone", formula="np.maximum(x, 0)"),
    forward("OTHER_FUNCTION", _leaky, other="leaky relu", formula="np.maximum(x, 0)"),
    forward("OTHER_FUNCTION", lambda x: np.maximum(x, 1), other="max(x, 1)", formula="np.maximum(x, 0)"),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.full_like(x, np.max(x)),
        other="the largest entry everywhere; np.max reduces, np.maximum compares",
        formula="np.maximum(x, 0)",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.max(x),
        other="the largest entry; np.max reduces, np.maximum compares",
        formula="np.maximum(x, 0)",
    ),
    forward("OTHER_FUNCTION", lambda x: np.log1p(np.exp(x)), other="softplus", formula="np.maximum(x, 0)"),
)

_RIGHT_SIGMOID = "y (1 - y), with y the output"
_SIGMOID = (
    backward("FORWARD_OF_UPSTREAM", lambda d, x: sigmoid(d), right=_RIGHT_SIGMOID),
    backward("INPUT_FOR_OUTPUT", lambda d, x: d * x * (1 - x), formula="x (1 - x)", right=_RIGHT_SIGMOID),
    backward("INPUT_FOR_OUTPUT", lambda d, x: x * (1 - x), formula="x (1 - x)", right=_RIGHT_SIGMOID),
    backward("OUTPUT_TWICE", lambda d, x: d * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x))), name="sigmoid"),
    backward("WRONG_DERIVATIVE", lambda d, x: d * sigmoid(x), formula="y", right=_RIGHT_SIGMOID),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (1 - sigmoid(x)), formula="1 - y", right=_RIGHT_SIGMOID),
    backward("WRONG_DERIVATIVE", lambda d, x: d * sigmoid(x) ** 2, formula="y^2", right=_RIGHT_SIGMOID),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * (1 - sigmoid(x) ** 2),
        formula="1 - y^2, that of tanh,",
        right=_RIGHT_SIGMOID,
    ),
    backward(
        "WRONG_DERIVATIVE", lambda d, x: d * sigmoid(x) * (1 + sigmoid(x)), formula="y (1 + y)", right=_RIGHT_SIGMOID
    ),
    backward(
        "WRONG_DERIVATIVE", lambda d, x: d * (sigmoid(x) - 1 + sigmoid(x)), formula="y - (1 - y)", right=_RIGHT_SIGMOID
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * sigmoid(x) - sigmoid(x), formula="d_out y - y", right=_RIGHT_SIGMOID),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * (sigmoid(x) - sigmoid(x) ** 2) * sigmoid(x),
        formula="y^2 (1 - y)",
        right=_RIGHT_SIGMOID,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * sigmoid(x) * (1 - sigmoid(x)) ** 2,
        formula="y (1 - y)^2",
        right=_RIGHT_SIGMOID,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.exp(-x) / (1 + np.exp(-x)),
        formula="e^-x / (1 + e^-x), the square is missing,",
        right=_RIGHT_SIGMOID,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d / (1 + np.exp(-x)) ** 2,
        formula="1 / (1 + e^-x)^2, the factor e^-x is missing,",
        right=_RIGHT_SIGMOID,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * sigmoid(x) * (1 - x), formula="y (1 - x)", right=_RIGHT_SIGMOID),
    backward("WRONG_DERIVATIVE", lambda d, x: d * x * (1 - sigmoid(x)), formula="x (1 - y)", right=_RIGHT_SIGMOID),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: sigmoid(d) * (1 - sigmoid(d)),
        formula="taken at d_out and not at x",
        right=_RIGHT_SIGMOID,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (1 - d), formula="d_out (1 - d_out)", right=_RIGHT_SIGMOID),
)
_SIGMOID_FORWARD = (
    forward("SIGMOID_FALLS", lambda x: 1 / (1 + np.exp(x))),
    forward("OTHER_FUNCTION", np.tanh, other="tanh", formula="1 / (1 + np.exp(-x))"),
    forward(
        "OTHER_FUNCTION",
        lambda x: 1 / (1 - np.exp(-x)),
        other="1 / (1 - e^-x), a minus for a plus",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward("OTHER_FUNCTION", lambda x: 1 + np.exp(-x), other="1 + e^-x, not divided", formula="1 / (1 + np.exp(-x))"),
    forward(
        "OTHER_FUNCTION", lambda x: 1 / np.exp(-x), other="1 / e^-x, the 1 + is missing", formula="1 / (1 + np.exp(-x))"
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: 1 / 1 + np.exp(-x),
        other="1 / 1 + e^-x, parentheses are missing",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x) / (1 + np.exp(-x)),
        other="e^x / (1 + e^-x), two forms mixed",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(-x) / (1 + np.exp(x)),
        other="e^-x / (1 + e^x), two forms mixed",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.exp(x) / np.exp(x).sum(),
        other="a softmax over all entries",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: sigmoid(x) * (1 - sigmoid(x)),
        other="its derivative",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward("OTHER_FUNCTION", lambda x: np.log(sigmoid(x)), other="its logarithm", formula="1 / (1 + np.exp(-x))"),
    forward(
        "OTHER_FUNCTION", lambda x: sigmoid(sigmoid(x)), other="sigmoid applied twice", formula="1 / (1 + np.exp(-x))"
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: 1 / (1 + np.exp(-(x**2))),
        other="1 / (1 + e^-(x^2))",
        formula="1 / (1 + np.exp(-x))",
    ),
    forward("OTHER_FUNCTION", lambda x: 1 / (1 + 2.0 ** (-x)), other="1 / (1 + 2^-x)", formula="1 / (1 + np.exp(-x))"),
    forward(
        "OTHER_FUNCTION", lambda x: 1 / (1 + np.exp(-np.abs(x))), other="that of |x|", formula="1 / (1 + np.exp(-x))"
    ),
    forward("OTHER_FUNCTION", lambda x: sigmoid(2 * x), other="sigmoid(2 x)", formula="1 / (1 + np.exp(-x))"),
    forward("OTHER_FUNCTION", lambda x: sigmoid(x / 2), other="sigmoid(x / 2)", formula="1 / (1 + np.exp(-x))"),
    forward("OTHER_FUNCTION", lambda x: np.maximum(x, 0), other="relu", formula="1 / (1 + np.exp(-x))"),
)

_RIGHT_TANH = "1 - y^2, with y the output"
_TANH = (
    backward("FORWARD_OF_UPSTREAM", lambda d, x: np.tanh(d), right=_RIGHT_TANH),
    backward("INPUT_FOR_OUTPUT", lambda d, x: d * (1 - x * x), formula="1 - x^2", right=_RIGHT_TANH),
    backward("INPUT_FOR_OUTPUT", lambda d, x: 1 - x * x, formula="1 - x^2", right=_RIGHT_TANH),
    backward("OUTPUT_TWICE", lambda d, x: d * (1 - np.tanh(np.tanh(x)) ** 2), name="tanh"),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * (1 - np.tanh(x)),
        formula="1 - y, the square is missing,",
        right=_RIGHT_TANH,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (1 - np.tanh(x)) ** 2, formula="(1 - y)^2", right=_RIGHT_TANH),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * (1 + np.tanh(x) ** 2),
        formula="1 + y^2, a plus for a minus,",
        right=_RIGHT_TANH,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.tanh(x) * (1 - np.tanh(x)),
        formula="y (1 - y), that of sigmoid,",
        right=_RIGHT_TANH,
    ),
    backward(
        "WRONG_DERIVATIVE", lambda d, x: d * np.tanh(x) ** 2, formula="y^2, the 1 - is missing,", right=_RIGHT_TANH
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d - np.tanh(x) ** 2,
        formula="d_out - y^2, parentheses are missing,",
        right=_RIGHT_TANH,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d / np.cosh(x),
        formula="1 / cosh(x), the square is missing,",
        right=_RIGHT_TANH,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.cosh(x) ** 2, formula="cosh(x)^2, not divided", right=_RIGHT_TANH),
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.tanh(x), formula="y", right=_RIGHT_TANH),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (1 - np.tanh(x) ** 2) ** 2, formula="(1 - y^2)^2", right=_RIGHT_TANH),
)
_TANH_FORWARD = (
    forward("OTHER_FUNCTION", sigmoid, other="sigmoid", formula="np.tanh(x)"),
    forward(
        "OTHER_FUNCTION",
        lambda x: (np.exp(x) + np.exp(-x)) / (np.exp(x) - np.exp(-x)),
        other="1 / tanh(x), the quotient upside down",
        formula="np.tanh(x)",
    ),
    forward("OTHER_FUNCTION", np.tan, other="tan", formula="np.tanh(x)"),
    forward("OTHER_FUNCTION", np.sinh, other="sinh", formula="np.tanh(x)"),
    forward("OTHER_FUNCTION", np.arctan, other="arctan", formula="np.tanh(x)"),
    forward("OTHER_FUNCTION", lambda x: 1 - np.tanh(x) ** 2, other="its derivative", formula="np.tanh(x)"),
    forward(
        "OTHER_FUNCTION",
        lambda x: 2 * sigmoid(x) - 1,
        other="2 sigmoid(x) - 1; it takes 2 sigmoid(2 x) - 1",
        formula="np.tanh(x)",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: (np.exp(x) - 1) / (np.exp(x) + 1),
        other="(e^x - 1) / (e^x + 1), a 2 x for each x is missing",
        formula="np.tanh(x)",
    ),
)

_RIGHT_LEAKY = "1 where x > 0, else the slope"
_LEAKY = (
    backward("MASK_FROM_UPSTREAM", lambda d, x: d * np.where(d > 0, 1, SLOPE)),
    backward("INVERTED_MASK", lambda d, x: d * np.where(x > 0, SLOPE, 1)),
    backward("LEAK_MISSING", lambda d, x: d * (x > 0)),
    backward("WRONG_DERIVATIVE", lambda d, x: d * SLOPE, formula="the leak's, for all x,", right=_RIGHT_LEAKY),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: np.where(x > 0, d, SLOPE),
        formula="without d_out where x is negative",
        right=_RIGHT_LEAKY,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: np.where(x > 0, 1, SLOPE * d),
        formula="without d_out where x is positive",
        right=_RIGHT_LEAKY,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.where(x > 0, 1, SLOPE * x),
        formula="the slope times x where x is negative",
        right=_RIGHT_LEAKY,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.where(x > 0, x, SLOPE),
        formula="x where x is positive",
        right=_RIGHT_LEAKY,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * _leaky(x), formula="the output", right=_RIGHT_LEAKY),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * np.where(x > 0, 1, -SLOPE),
        formula="minus the slope where x is negative",
        right=_RIGHT_LEAKY,
    ),
    *(
        backward("OTHER_LEAK", lambda d, x, leak=leak: d * np.where(x > 0, 1, leak), leak=f"{leak:g}")
        for leak in (0.1, 0.2, 0.3, 0.001, 0.02, 0.05, 0.5)
    ),
)
_LEAKY_FORWARD = (
    forward("LEAK_MISSING", lambda x: np.maximum(x, 0)),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.where(x > 0, SLOPE * x, x),
        other="leaky on the positive side",
        formula="np.where(x > 0, x, slope * x)",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.minimum(x, SLOPE * x),
        other="the smaller of x and slope x",
        formula="np.maximum(x, slope * x)",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.where(x > 0, x, SLOPE),
        other="the slope itself where x is negative",
        formula="np.where(x > 0, x, slope * x)",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.where(x > 0, x, -SLOPE * x),
        other="- slope x where x is negative",
        formula="np.where(x > 0, x, slope * x)",
    ),
    *(
        forward("OTHER_LEAK", lambda x, leak=leak: _leaky(x, leak), leak=f"{leak:g}")
        for leak in (0.1, 0.2, 0.3, 0.001, 0.02, 0.05, 0.5)
    ),
)

_RIGHT_SOFTPLUS = "the sigmoid of x"
_SOFTPLUS = (
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.logaddexp(0, x), formula="the output", right=_RIGHT_SOFTPLUS),
    backward("FORWARD_OF_UPSTREAM", lambda d, x: np.logaddexp(0, d), right=_RIGHT_SOFTPLUS),
    backward("WRONG_SIGN_IN_EXP", lambda d, x: d * sigmoid(-x), formula="sigmoid(-x)", right=_RIGHT_SOFTPLUS),
    backward("WRONG_DERIVATIVE", lambda d, x: d * (x > 0), formula="that of relu", right=_RIGHT_SOFTPLUS),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * sigmoid(x) * (1 - sigmoid(x)),
        formula="the sigmoid's own derivative",
        right=_RIGHT_SOFTPLUS,
    ),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d / (1 + np.exp(x)),
        formula="1 / (1 + e^x), the inner derivative e^x is missing,",
        right=_RIGHT_SOFTPLUS,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.exp(x), formula="e^x", right=_RIGHT_SOFTPLUS),
    backward(
        "WRONG_DERIVATIVE",
        lambda d, x: d * sigmoid(np.log1p(np.exp(x))),
        formula="the sigmoid of the output",
        right=_RIGHT_SOFTPLUS,
    ),
    backward("WRONG_DERIVATIVE", lambda d, x: d * np.tanh(x), formula="tanh(x)", right=_RIGHT_SOFTPLUS),
)
_SOFTPLUS_FORWARD = (
    forward("OTHER_FUNCTION", lambda x: np.log1p(np.exp(-x)), other="log(1 + e^-x)", formula="np.log(1 + np.exp(x))"),
    forward("OTHER_FUNCTION", lambda x: np.maximum(x, 0), other="relu", formula="np.log(1 + np.exp(x))"),
    forward("OTHER_FUNCTION", sigmoid, other="sigmoid", formula="np.log(1 + np.exp(x))"),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.log1p(np.exp(-np.abs(x))),
        other="log(1 + e^-|x|), max(x, 0) + is missing",
        formula="np.log(1 + np.exp(x))",
    ),
    forward(
        "OTHER_FUNCTION",
        lambda x: np.log2(1 + np.exp(x)),
        other="the logarithm to base 2",
        formula="np.log(1 + np.exp(x))",
    ),
)

ACTIVATIONS: Table = {
    ("relu", 0): _RELU,
    ("relu", None): _RELU_FORWARD,
    ("sigmoid", 0): _SIGMOID,
    ("sigmoid", None): _SIGMOID_FORWARD,
    ("tanh", 0): _TANH,
    ("tanh", None): _TANH_FORWARD,
    ("leaky_relu", 0): _LEAKY,
    ("leaky_relu", None): _LEAKY_FORWARD,
    ("softplus", 0): _SOFTPLUS,
    ("softplus", None): _SOFTPLUS_FORWARD,
}
