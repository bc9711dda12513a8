"""Codes of broken promises: state, dtypes, extreme input, and traces. The values may be right."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["PROMISES"]

PROMISES: tuple[Code, ...] = (
    Code(
        "DIFFERENCES_DISAGREE",
        "{part} is not the derivative of forward: {measured}.",
        "Write one entry of forward as a sum, and derive it for one entry of the array.",
        "return d_out * x**2  # of x**3",
        "return d_out * 3 * x**2",
    ),
    Code(
        "GRADIENT_SHAPE",
        "{part} has shape {received_shape}; its array has {expected_shape}.",
        "A gradient has one entry for each entry of its array.",
        "db = dout",
        "db = dout.sum(axis=0)",
    ),
    Code(
        "INTEGER_GRADIENT",
        "{part} is an integer array, so fractions are cut off.",
        "Make the buffer an array of floats.",
        "dw = np.zeros(w.shape, dtype=int)",
        "dw = np.zeros(w.shape)",
    ),
    Code(
        "ARGUMENT_CHANGED",
        "{part} writes into its argument {argument}: the caller's own array is another one afterwards.",
        "Make a new array, or write into a copy.",
        "x -= x.max(axis=1, keepdims=True)",
        "x = x - x.max(axis=1, keepdims=True)",
    ),
    Code(
        "D_OUT_CHANGED",
        "{part} writes into {d_out}. The caller may still need it: x + {op}(x) gets a wrong gradient.",
        "Make a new array, or write into a copy.",
        "dout[x <= 0] = 0",
        "dx = dout * (x > 0)",
        "warning",
    ),
    Code(
        "SAVED_CHANGED",
        "{part} writes into {what}, which forward has kept. Nothing goes wrong yet.",
        "Leave what forward keeps as it is: write into a copy.",
        "np.clip(probs, 1e-9, 1, out=probs)",
        "clipped = np.clip(probs, 1e-9, 1)",
        "warning",
    ),
    Code(
        "SECOND_CALL_DIFFERS",
        "Calling backward twice gives different answers: {reason}.",
        "Compute every gradient anew, and leave what forward keeps as it is.",
        "probs[rows, labels] -= 1",
        "d_logits = probs.copy()",
    ),
    Code(
        "INSTANCES_SHARE_STATE",
        "Two {op}s share what they keep: {reason}.",
        "Keep it on the instance, `self.cache = ...`, or return it; not on the class or in a global variable.",
        "Affine.cache = x, w",
        "self.cache = x, w",
    ),
    Code(
        "NOT_LINEAR",
        "{part} is not linear in {d_out}: for 3a + 2b it is not three times the one for a plus twice the one for b.",
        "A backward multiplies the incoming gradient by local slopes; it neither clips, adds to, nor squares it.",
        "dx = np.clip(dout, -1, 1) @ w.T",
        "dx = dout @ w.T",
    ),
    Code(
        "DEPENDS_ON_EARLIER_CALLS",
        "The same arrays give another {part} after other calls: something is kept from one call to the next.",
        "Start every forward from its arguments alone.",
        "self.db += dout.sum(axis=0)",
        "self.db = dout.sum(axis=0)",
    ),
    Code(
        "NOT_DETERMINISTIC",
        "Two runs on the same arrays give two different {part}s.",
        "Draw random numbers in forward only, and keep them for backward.",
        "mask = rng.random(x.shape) < p  # in backward",
        "x, mask = saved",
    ),
    Code(
        "FLOAT64_FROM_FLOAT32",
        "{part} is float64 where all arrays are float32: from here on, everything takes twice the memory.",
        "Make buffers with `np.zeros_like(x)`, and constants Python's own numbers.",
        "out = np.zeros(x.shape)",
        "out = np.zeros_like(x)",
        "warning",
    ),
    Code(
        "OVERFLOWS",
        "{what}{at}; the value is still right.",
        "Where it disturbs, choose a form that stays small: np.exp(-np.abs(x)) never overflows.",
        "1 / (1 + np.exp(-x))",
        "0.5 * (1 + np.tanh(x / 2))",
        "warning",
    ),
    Code(
        "NOT_FINITE",
        "{part} is {value}{at}{because}.",
        "{remedy}",
        "np.exp(x) / (1 + np.exp(x))",
        "0.5 * (1 + np.tanh(x / 2))",
    ),
    Code(
        "SHARES_MEMORY",
        "Two calls give {part} in the same memory: the second call overwrites what the first one gave.",
        "Make a new array in each call.",
        "np.matmul(x, w, out=buffer)",
        "out = x @ w",
        "warning",
    ),
    Code(
        "NOT_TRACEABLE",
        "{part} cannot be traced: {error}.",
        "It works all the same; only compiling and explaining need a trace.",
        "out = [math.exp(one) for one in x]",
        "out = np.exp(x)",
        "warning",
    ),
    Code(
        "REPLAY_DIFFERS",
        "A replay of the trace gives another {part} than the run itself: it uses numbers that no array brings.",
        "Give to forward, or return in saved, all that the result depends on.",
        "return x + len(CALLS), x",
        "return x, x",
    ),
    Code(
        "SECOND_DERIVATIVE_DIFFERS",
        "{part} has no right derivative in turn: {measured}.",
        "Write backward in traced NumPy functions of saved and d_out alone.",
        "return d_out * HIDDEN[0]",
        "return d_out * (3 * saved**2)",
    ),
)
