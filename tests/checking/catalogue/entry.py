"""Entries of the catalogue: right solutions as text, and wrong ones as the lines that part from a right one."""

import itertools
import linecache
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule import Op

IMPORTS = "import numpy as np\n"
numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Right:
    """A right solution, as somebody would write it.

    Args:
        name: what is special about it.
        text: the module, without ``import numpy as np``.
        like: the op that it is compared with; None: its own forward is all there is.
        reduction: the exercise's convention; None: not stated.
        inputs: tuples of arrays for forward; None: those that `check` takes for the op.
        warns: codes of warnings that are right, and ``because`` says why.
    """

    name: str
    text: str
    like: str | Op | None = None
    reduction: str | None = None
    inputs: list[tuple[Any, ...]] | None = None
    warns: frozenset[str] = frozenset()
    because: str = ""

    @property
    def subject(self):
        """What is handed to `check`, new each time."""
        return subject_of(made(self.text, self.name))

    @property
    def op(self):
        """It as a reference for others; only those written as ops."""
        assert isinstance(self.subject, Op)
        return self.subject


@dataclass(frozen=True, eq=False)
class Wrong:
    """A right solution with a mistake in it.

    Args:
        name: the mistake.
        right: where it was made.
        edits: the lines that are wrong, by what should stand there.
        codes: names that say this mistake; one of them has to be found.
        note: what the learner should read, in substance.
        severity: "warning" where the result is right.
        like, reduction, inputs: the right one's, unless something else is stated.
    """

    name: str
    right: Right
    edits: Mapping[str, str]
    codes: frozenset[str]
    note: str
    severity: str = "error"
    like: Any = field(default="as the right one")
    reduction: str | None = "as the right one"
    inputs: Any = "as the right one"

    def __post_init__(self):
        for name in ("like", "reduction", "inputs"):
            value = getattr(self, name)
            if isinstance(value, str) and value == "as the right one":
                object.__setattr__(self, name, getattr(self.right, name))

    @property
    def text(self):
        """The module with the mistake in it."""
        text = self.right.text
        for right, wrong in self.edits.items():
            if text.count(right) != 1:
                raise ValueError(f"{self.name}: {right!r} stands {text.count(right)} times in {self.right.name}")
            text = text.replace(right, wrong)
        return text

    @property
    def subject(self):
        """What is handed to `check`, new each time."""
        return subject_of(made(self.text, self.name))


def wrong(right, name, edits, codes, note, **stated):
    """An entry in one call: the edits as ``{right: wrong}``, the codes as one text."""
    return Wrong(f"{right.name}: {name}", right, edits, frozenset(codes.split()), note, **stated)


def made(text, name):
    """A module of that text, whose source can be looked up."""
    filename = f"<catalogue {next(numbers)}: {name}>"
    module = types.ModuleType(f"catalogue_{next(numbers)}")
    module.__file__ = filename
    text = IMPORTS + text
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    # Classes find their source by way of their module.
    sys.modules[module.__name__] = module
    exec(compile(text, filename, "exec"), vars(module))
    return module


def subject_of(module):
    """The last class that has a forward; or the op; or else the pair of functions."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    classes = [value for value in own if isinstance(value, type) and hasattr(value, "forward")]
    if classes:
        return classes[-1]
    by_part = {
        part: value
        for part in ("forward", "backward")
        for value in own
        if getattr(value, "__name__", "").endswith(part)
    }
    backward = by_part.get("backward")
    names = backward.__code__.co_varnames[: backward.__code__.co_argcount] if backward else ()
    if names[:1] == ("saved",):
        return Op(by_part["forward"], backward)
    return by_part["forward"], backward
