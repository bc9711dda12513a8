"""Instances of a learner's class: a new one for every forward."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.forms.signatures import plain

__all__ = ["Maker", "maker_of"]

# Sizes that no class has by itself, so that they can be found again in the shapes of its parameters.
_MARKS = (11, 13, 17, 19, 23, 29)

_SIZE = re.compile(
    r"(n|num|number(of)?|size|dim|dims?)?(in|out|input|output|hidden|feature|class|unit|channel|neuron)s?"
    r"(features?|size|dim|dims?|units?|channels?|shape)?|size(in|out)?|dim(in|out)?|[ndhkmc]|(n|d|h)(in|out)|units"
    r"|fan(in|out)|nx|ny|nh"
)


@dataclass(frozen=True)
class Maker:
    """Makes instances.

    Args:
        subject: a class, or an instance that is copied.
        marks: constructor arguments that are sizes, with the number that stands for each.
    """

    subject: Any
    marks: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> type:
        """The class."""
        return self.subject if isinstance(self.subject, type) else type(self.subject)

    def __call__(self, sizes: Mapping[str, int] | None = None) -> Any:
        """A new instance; ``sizes`` replace the marks."""
        if isinstance(self.subject, type):
            return self.subject(**{**self.marks, **(sizes or {})})
        try:
            return copy.deepcopy(self.subject)
        except Exception:
            # Locks, files and modules cannot be copied; what is set on the instance itself still is its own then.
            return copy.copy(self.subject)

    def sizes(self, marked: Sequence[Any], shapes: Sequence[Any]) -> dict[str, int]:
        """The sizes with which parameters of shapes ``marked`` get these ``shapes``."""
        found_sizes: dict[str, int] = {}
        for marked_shape, shape in zip(marked, shapes, strict=False):
            for mark, size in zip(marked_shape, shape, strict=False):
                for name, number in self.marks.items():
                    if mark in (number, number + 1):  # a bias may be one more row of the weights
                        found_sizes.setdefault(name, size - (mark - number))
        return found_sizes


def maker_of(subject: Any) -> Maker:
    """How to make instances of a class, or of the class of an instance.

    Raises:
        NotCheckable: the class needs arguments that are no sizes, or is abstract.
    """
    if not isinstance(subject, type):
        return Maker(subject)
    if inspect.isabstract(subject):
        missing = ", ".join(sorted(getattr(subject, "__abstractmethods__", ())))
        raise NotCheckable(found("NEEDS_ARGUMENTS", subject.__name__, {"error": f"it is abstract and lacks {missing}"}))
    try:
        parameters = list(inspect.signature(subject).parameters.values())
    except (TypeError, ValueError):
        return Maker(subject)
    free = iter(_MARKS)
    marks, missing_names = {}, []
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        needed = one.default is one.empty
        if _is_size(one) and one.kind is not one.POSITIONAL_ONLY:
            # A size with a default is also set: its own parameters then have the shapes of the arrays at hand.
            mark = next(free, None)
            if mark is not None and (needed or isinstance(one.default, int)):
                marks[one.name] = mark
                continue
        if needed:
            missing_names.append(one.name)
    if missing_names:
        raise NotCheckable(found("NEEDS_ARGUMENTS", subject.__name__, {"error": _missing(missing_names)}))
    return Maker(subject, marks)


def _is_size(parameter: inspect.Parameter) -> bool:
    if isinstance(parameter.default, (bool, float, str)):
        return False
    return bool(_SIZE.fullmatch(plain(parameter.name)))


def _missing(names: Sequence[str]) -> str:
    return f"__init__ needs {names[0]}" if len(names) == 1 else f"__init__ needs {', '.join(names)}"
