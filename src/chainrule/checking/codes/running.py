"""Codes of what does not run, or gives something that is no array."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["RUNNING"]

RUNNING = (
    Code(
        "NOT_IMPLEMENTED",
        "{part} is not implemented yet.",
        "Replace the stub by your own lines; nothing else is wrong so far.",
        "raise NotImplementedError",
        "return x @ w + b",
    ),
    Code(
        "NOT_FOUND",
        "There is no {part} here{known}.",
        "Check the spelling; the names that were found are listed.",
        "def afine_forward(x, w, b): ...",
        "def affine_forward(x, w, b): ...",
    ),
    Code(
        "RAISED",
        "{part} raises {error}{at}.",
        "Run the line by hand with arrays of these shapes: {shapes}.",
        "return np.linalg.inv(x) @ w",
        "return np.linalg.solve(x, w)",
    ),
    Code(
        "NEEDS_ARGUMENTS",
        "{part} cannot be made without arguments: {error}.",
        "Check an instance, check({part}(...)), or give the arguments defaults.",
        "def __init__(self, size): ...",
        "def __init__(self, size=8): ...",
    ),
    Code(
        "NO_GRADIENT",
        "{part} is None; a gradient of shape {shape} is expected.",
        "Is the return missing, or the gradient left out of it?",
        "dw = x.T @ dout  # and no return",
        "return dx, dw, db",
    ),
    Code(
        "NO_RESULT",
        "{part} returns None.",
        "Is the return missing?",
        "out = x @ w + b",
        "return x @ w + b",
    ),
    Code(
        "WRONG_COUNT",
        "{part} returned {received_count}, expected {expected_count}: {names}.",
        "Return one gradient for each array that forward gets, in that order.",
        "return dx, dw",
        "return dx, dw, db",
    ),
    Code(
        "NOT_AN_ARRAY",
        "{part} is {kind}, not an array.",
        "Return a NumPy array: {remedy}.",
        "return [row * 2 for row in dout]",
        "return 2 * dout",
    ),
    Code(
        "NOT_CHECKABLE",
        "{part} cannot be checked: it is {kind}.",
        "Give an op, a pair (forward, backward), a class with forward and backward, or the path of a file with some.",
        "chainrule.check(affine_forward(x, w, b))",
        "chainrule.check((affine_forward, affine_backward))",
    ),
    Code(
        "NOTHING_TO_CHECK",
        "Nothing in {part} can be checked.",
        "A check looks for classes with forward and backward, and for pairs of functions, NAME_forward and "
        "NAME_backward, that are defined there.",
        "def affine(x, w, b): ...",
        "def affine_forward(x, w, b): ...  # and affine_backward(dout, cache)",
    ),
    Code(
        "INCOMPLETE",
        "{part}: there is {there}, but no {missing}.",
        "A gradient is checked against its forward, so both are needed, side by side or as a pair (forward, backward).",
        "def affine_forward(x, w, b): ...  # and nothing else",
        "def affine_backward(dout, cache): ...",
    ),
    Code(
        "DOES_NOT_PARSE",
        "{part} does not parse: line {line}, column {column}: {reason}.",
        "Look at that line, and at the one before it: {text}",
        "return x @ (w + b",
        "return x @ (w + b)",
    ),
    Code(
        "NO_NOTEBOOK",
        "{part} is no notebook that can be read: {reason}.",
        "Open it in Jupyter and save it again.",
        '{"cells": [,]}',
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    ),
    Code(
        "DOES_NOT_RUN",
        "{part} {what}{at}.",
        "Only what stands at the top of the file is run. Tests and training belong under "
        'if __name__ == "__main__", where a check does not run them.',
        "train(model)",
        'if __name__ == "__main__":  # and below it: train(model)',
    ),
    Code(
        "PARTS_ARE_WRONG",
        "{part} puts its layers together rightly; its gradients are wrong because {parts} is wrong.",
        "Mend that first: with a backward of it that is right, all gradients here are right.",
        "dw = x.T @ dout / n  # in the layer",
        "dw = x.T @ dout  # in the layer",
    ),
    Code(
        "PART_SKIPPED",
        "{part} runs {layer} forward {forward} and backward {backward}.",
        "Every layer that runs forward has to run backward, in the reverse order.",
        "dx = affine.backward(dh)  # dh has not been through relu",
        "dx = affine.backward(relu.backward(dh))",
    ),
    Code(
        "NO_INPUTS",
        "{part} was given no arrays, and none were found that it takes.",
        "Give some: check(..., inputs=(x, w, b)).",
        "check(gather)",
        "check(gather, inputs=(x, rows))",
    ),
    Code(
        "NOTHING_SENT",
        "{part} sends nothing to {name}: its gradient stays empty.",
        "Send it with self.x.addgrad(...).",
        "self.x.grad = self.grad * mask",
        "self.x.addgrad(self.grad * mask)",
    ),
)
