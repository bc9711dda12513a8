"""Do targets, outputs, inputs and loss belong together?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.checking.finding import Severity
from chainrule.checking.models.look import Look, Placed, placed
from chainrule.checking.models.losses import Kind

__all__ = ["compare_labels", "compare_loss_at_the_start", "compare_scales", "kind_of_loss"]

LARGE = 50.0
UNEVEN = 100.0
FAR_FROM_EXPECTED = 20


def kind_of_loss(look: Look) -> Kind:
    """What the loss takes; where its name does not tell, what outputs and targets look like."""
    known = look.subject.loss.kind
    if known or look.subject.loss.op is not None:
        return known
    output, y = look.output, look.data()[1]
    several = output.ndim == 2 and output.shape[1] > 1
    if several and ((y.dtype.kind in "iub" and y.ndim == 1) or _is_one_hot(y, output)):
        return "classes"
    return ""


def compare_labels(look: Look) -> Iterator[Placed]:
    """Findings where the targets are not what the loss and the outputs need."""
    subject = look.subject
    if len(subject.x) != len(subject.y):
        yield _mismatch(
            f"there are {len(subject.x)} inputs and {len(subject.y)} targets", "Give one target for each row of x"
        )
        return
    output, y = look.output, np.asarray(subject.y)
    if output.ndim == 0 or len(output) != len(look.rows(200)):
        return
    match kind_of_loss(look):
        case "classes":
            yield from _classes(output, y)
        case "yes or no" | "probability":
            yield from _shapes(output, y)
            yield from _yes_or_no(y)
        case "values":
            yield from _shapes(output, y)
            yield from _values(output, y)


def _classes(output: Any, y: Any) -> Iterator[Placed]:
    classes = output.shape[-1] if output.ndim > 1 else 1
    if classes == 1:
        yield _mismatch(
            f"the model gives one output a sample, {output.shape}, and the softmax of one number is always 1",
            "Give the last layer one output for each class, or use binary_cross_entropy_with_logits",
        )
    elif y.ndim == output.ndim and y.shape[1:] == output.shape[1:]:
        sums = y.sum(axis=-1)
        if not np.allclose(sums, 1, atol=1e-5):
            row = int(np.argmax(np.abs(sums - 1)))
            yield _mismatch(
                f"row {row} of y sums to {sums[row]:g}, and one-hot rows, or probabilities, sum to 1",
                "Make one-hot rows with chainrule.data.one_hot(labels, K)",
            )
    elif y.ndim == output.ndim:
        if y.shape[-1] == 1:
            yield _mismatch(f"y has shape {_shown(y)}, and class numbers have shape (N,)", "Write y.ravel()")
        else:
            yield _mismatch(
                f"the one-hot rows of y have {y.shape[-1]} entries, and the model gives {classes} outputs",
                f"Give the last layer {y.shape[-1]} outputs, or make the rows with one_hot(labels, {classes})",
            )
    elif y.dtype.kind == "f":
        yield _mismatch(f"y holds {y.dtype} numbers, and class numbers are whole", "Write y.astype(int)")
    elif y.dtype.kind in "iu" and y.size and (y.min() < 0 or y.max() >= classes):
        from_one = y.min() == 1 and y.max() == classes
        remedy = "Labels count from 0: write y - 1" if from_one else f"Give the last layer {y.max() + 1} outputs"
        if y.min() < 0:
            remedy = "Number the classes from 0: np.unique(y, return_inverse=True)[1]"
        yield _mismatch(
            f"y holds labels from {y.min()} to {y.max()}, and {classes} outputs stand for classes 0 to {classes - 1}",
            remedy,
        )


def _shapes(output: Any, y: Any) -> Iterator[Placed]:
    expected, given = ("N", *output.shape[1:]), ("N", *y.shape[1:])
    if expected == given:
        return
    if {len(expected), len(given)} == {1, 2} and (expected[1:] or given[1:]) == (1,):
        remedy = "Write y.reshape(-1, 1)" if len(given) == 1 else "Write output[:, 0], or y.ravel()"
        facts = {"a": _letters(expected), "b": _letters(given), "result": "(N, N)", "line": "", "remedy": remedy}
        yield placed("", "SHAPES_BROADCAST", "the loss", facts)
    else:
        yield _mismatch(
            f"the outputs have shape {_letters(expected)} and y has shape {_letters(given)}",
            "Give the last layer as many outputs as y has columns",
        )


def _yes_or_no(y: Any) -> Iterator[Placed]:
    found = np.unique(y)
    if found.size and (found.min() < 0 or found.max() > 1):
        shown = ", ".join(f"{one:g}" for one in found[:4])
        remedy = "Write (y > 0).astype(float)" if found.min() < 0 else "Write (y == y.max()).astype(float)"
        yield _mismatch(f"y holds {shown}, and this loss wants 0 for no and 1 for yes", remedy)


def _values(output: Any, y: Any) -> Iterator[Placed]:
    whole = bool(np.isin(y, (0, 1)).all()) and len(np.unique(y)) == 2
    if whole and (y.dtype.kind in "iub" or output.shape[-1:] == (1,) or output.ndim == 1):
        yield _mismatch(
            "y holds only 0 and 1, which look like classes, and the loss is one for measured values",
            "Use binary_cross_entropy_with_logits: it is steeper where a prediction is wrong",
            severity="warning",
        )


def compare_scales(look: Look) -> Iterator[Placed]:
    """Findings where features are huge, far from 0, or of very different sizes."""
    x = np.asarray(look.subject.x)
    if x.ndim < 2 or x.dtype.kind != "f" or len(x) < 10 or not np.isfinite(x).all():
        return
    flat = x.reshape(len(x), -1)
    means, spreads = flat.mean(axis=0), flat.std(axis=0)
    varying = spreads[spreads > 0]
    if not varying.size:
        return
    middle, largest = float(np.median(varying)), int(np.argmax(spreads))
    smallest = int(np.argmin(np.where(spreads > 0, spreads, np.inf)))
    far = int(np.argmax(np.abs(means) / np.where(spreads > 0, spreads, np.inf)))
    if flat.shape[1] > 1 and (
        spreads[largest] > UNEVEN * middle or (flat.shape[1] == 2 and spreads[largest] > UNEVEN * spreads[smallest])
    ):
        sentence = (
            f"feature {largest} varies by {spreads[largest]:.3g}, and feature {smallest} by {spreads[smallest]:.3g}: "
            "the first one drowns the others"
        )
    elif float(np.sqrt(np.mean(np.square(flat)))) > LARGE:
        sentence = f"the inputs go from {flat.min():.3g} to {flat.max():.3g}: what comes out of the first layer is huge"
    elif spreads[far] > 0 and abs(means[far]) > 10 * spreads[far] and abs(means[far]) > 10:
        sentence = f"feature {far} has mean {means[far]:.4g} and varies by only {spreads[far]:.3g}"
    elif float(np.abs(flat).max()) < 1e-2:
        sentence = f"no input is larger than {np.abs(flat).max():.1e}: the weights' gradients are as small"
    else:
        return
    yield placed("", "INPUTS_NOT_SCALED", "x", {"sentence": sentence})


def compare_loss_at_the_start(look: Look) -> Iterator[Placed]:
    """A classifier that knows nothing costs log K; another number for equal logits tells of a wrong loss."""
    if kind_of_loss(look) != "classes" or look.output.ndim != 2 or not np.isfinite(look.loss):
        return
    classes = look.output.shape[1]
    if classes < 2:
        return
    expected = float(np.log(classes))
    y = look.data()[1]
    uniform = _loss_of_equal_outputs(look, classes, y)
    if uniform is not None and not np.isclose(uniform, expected, rtol=1e-3):
        why = _factor(uniform / expected, len(y), classes)
        unknown = "Look at what the loss does for equal logits: its sum, its mean, its logarithm"
        facts = {"received": f"{uniform:.4g}", "classes": classes, "expected": f"{expected:.4g}", "why": why or unknown}
        yield placed("", "INITIAL_LOSS", "the loss", facts, severity=_error_if(why))
    elif look.loss > FAR_FROM_EXPECTED * expected:
        why = "The logits are far too large: draw smaller weights, or scale the inputs"
        facts = {"received": f"{look.loss:.4g}", "classes": classes, "expected": f"{expected:.4g}", "why": why}
        yield placed("", "INITIAL_LOSS", "the loss", facts)


def _loss_of_equal_outputs(look: Look, classes: int, y: Any) -> float | None:
    """What the loss says of a model that gives every class the same; None where it cannot be asked alone."""
    if look.subject.loss.kind:
        return None  # one of the known losses; its own tests look at it
    given = look.output
    with np.errstate(all="ignore"):
        if np.allclose(given.sum(axis=1), 1) and given.min() >= 0:
            equal = 1 / classes  # probabilities
        elif np.allclose(np.exp(given).sum(axis=1), 1):
            equal = -float(np.log(classes))  # logarithms of probabilities
        else:
            equal = 0.0
        try:
            value = float(look.subject.loss(np.full((len(y), classes), equal), y.copy()))
        except Exception:
            return None
    return value if np.isfinite(value) else None


def _factor(ratio: float, rows: int, classes: int) -> str:
    known = {
        rows: "That is N times as much: the loss is a sum over the samples, and not a mean",
        1 / rows: "That is 1/N of it: the loss is divided by N twice",
        1
        / classes: f"That is 1/{classes} of it: the mean is taken over all {classes} columns too; sum over the classes",
        rows * classes: "That is N K times as much",
        -1: "The sign is wrong: a loss is minus the logarithm",
        1 / np.log(2): "That is the logarithm to base 2; np.log is the natural one",
        1 / np.log(10): "That is the logarithm to base 10; np.log is the natural one",
    }
    return next((words for factor, words in known.items() if np.isclose(ratio, factor, rtol=1e-3)), "")


def _error_if(known: str) -> Severity:
    """Another number can be meant so, with weights for classes say; one of the known factors cannot."""
    return "error" if known else "warning"


def _is_one_hot(y: Any, output: Any) -> bool:
    return y.shape == output.shape and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=-1) == 1).all())


def _mismatch(sentence: str, remedy: str, **further: Any) -> Placed:
    return placed("", "LABELS_DO_NOT_MATCH_OUTPUTS", "y", {"sentence": sentence, "remedy": remedy}, **further)


def _shown(array: Any) -> str:
    return _letters(("N", *array.shape[1:]))


def _letters(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
