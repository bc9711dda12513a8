"""Codes of what nobody can tell, or not exactly: kinks, coarse dtypes, cancellation, randomness, imprecision."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["UNCERTAIN"]

UNCERTAIN: tuple[Code, ...] = (
    Code(
        "KINK",
        "{part}: forward has a kink here, with slope {left} on one side and {right} on the other; yours is {yours}.",
        "Any value in between is allowed. This course uses relu'(0) = 0 and |x|' = 0 at x = 0.",
        "check(relu, inputs=np.zeros((3, 4)))",
        "check(relu, inputs=np.array([[-1.0, 0.5]]))",
        "warning",
    ),
    Code(
        "FLOAT32",
        "{part}: forward computes in float32, which is too coarse for differences; they are known to {accuracy} only.",
        "Compute in float64 for the check: give float64 arrays, and leave out casts to float32.",
        "x = x.astype(np.float32)",
        "x = np.asarray(x)",
        "unsure",
    ),
    Code(
        "CANCELLATION",
        "{part}: the differences are lost in rounding: the slope is {slope}, and they are known to {accuracy} only.",
        "Try inputs at which the function changes more.",
        "check(cosine_distance, inputs=np.full((3, 4), 1e-12))",
        "check(cosine_distance, inputs=np.linspace(-1, 1, 12).reshape(3, 4))",
        "unsure",
    ),
    Code(
        "NO_DIFFERENCES",
        "{part}: forward gives {value} near these arrays, so there is no difference to compare with.",
        "Try inputs at which forward is finite.",
        "check(log, inputs=np.zeros(3))",
        "check(log, inputs=np.array([0.5, 1.0, 2.0]))",
        "unsure",
    ),
    Code(
        "RANDOM_FORWARD",
        "{part} gives another result each time, and nothing is known that would repeat it.",
        "Pass a generator to forward, or keep it on the layer, `self.rng = np.random.default_rng(0)`.",
        "mask = np.random.default_rng().random(x.shape) < p",
        "mask = rng.random(x.shape) < p",
        "unsure",
    ),
    Code(
        "LOOKS_NUMERIC",
        "{part} agrees only to {error}: this looks like a numeric derivative. Derive it on paper.",
        "One output entry first; then collect what each input entry adds to it.",
        "(f(x + h) - f(x - h)) / (2 * h)",
        "d_out * 3 * x**2",
    ),
    Code(
        "COMPUTES_IN_FLOAT32",
        "{part} agrees only to {error}: it is computed in float32.",
        "Make no array smaller than its arguments: `np.zeros_like(x)`.",
        "dx = dx.astype(np.float32)",
        "dx = dout * slope",
        "warning",
    ),
    Code(
        "IMPRECISE",
        "{part} is right, but agrees only to {error}.",
        "Is a small constant in backward that forward does not have, or a rounded number?",
        "dout / (p + 1e-8)",
        "dout / p",
        "warning",
    ),
)
