"""Editions of the sheets: who divides by the number of samples. Somebody must, and only one.

========  ===========================  ============  ==============================================
edition   a linear model's backward    a loss        1/N
========  ===========================  ============  ==============================================
"ss20"    one gradient a sample        one a sample  the solver's mean; in a network, each affine layer
"ws22"    the sum over the samples     one a sample  the solver or optimizer, in the gradient it hands over
"ss23"    the sum over the samples     their mean    the loss, in its backward
========  ===========================  ============  ==============================================
"""

from __future__ import annotations

from typing import Any

__all__ = ["EDITIONS", "checked_edition", "common_edition"]

EDITIONS = ("ss20", "ws22", "ss23")


def checked_edition(edition: str) -> str:
    """The edition's name; an unknown one is an error that lists them.

    >>> checked_edition("ss21")
    Traceback (most recent call last):
    ValueError: edition is 'ss21'; expected one of ss20, ws22, ss23
    """
    if edition not in EDITIONS:
        raise ValueError(f"edition is {edition!r}; expected one of {', '.join(EDITIONS)}")
    return edition


def common_edition(user: str, model: Any, loss: Any) -> str:
    """The edition of a model and its loss, which must be one; what does not say its edition goes with the other.

    Args:
        user: who brings them together, for the message.
        model: may have an ``edition``.
        loss: may have an ``edition``.

    Raises:
        ValueError: they differ, so the gradients would be divided by N twice, or never.
    """
    of_model, of_loss = getattr(model, "edition", None), getattr(loss, "edition", None)
    if of_model and of_loss and of_model != of_loss:
        raise ValueError(
            f"{user}: {type(model).__name__} has edition {of_model!r} and {type(loss).__name__} {of_loss!r}; in these "
            "the mean over the samples is taken in different places, so gradients would be divided by N twice or "
            f"never. Make both with the same edition, such as edition={of_loss!r}."
        )
    return checked_edition(of_model or of_loss or EDITIONS[0])
