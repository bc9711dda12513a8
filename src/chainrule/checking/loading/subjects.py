"""What can be checked in a namespace."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.forms.reading import is_stub
from chainrule.op import Op

__all__ = ["Namespace", "Subject", "chosen", "halves", "subjects_in"]


@dataclass(frozen=True)
class Subject:
    """One thing to check.

    Args:
        name: what its author calls it.
        value: what `lift` gets: a class, a pair of functions, an op ...
        printed: what its file wrote to the terminal while it was run.
    """

    name: str
    value: Any
    printed: str = ""


@dataclass(frozen=True)
class Namespace:
    """What a file, notebook or module holds after it was run.

    Args:
        where: as the caller gave it.
        module: the name that its own classes and functions carry.
        names: what is defined.
        printed: what was written to the terminal.
        skipped: statements of a notebook that failed, in words; the names that they would have defined first.
    """

    where: str
    module: str
    names: Mapping[str, Any]
    printed: str = ""
    skipped: Sequence[tuple[frozenset[str], str]] = ()


def subjects_in(namespace: Namespace) -> list[Subject]:
    """All that can be checked and is defined there, and not imported, in the order of the text."""
    own = {name: value for name, value in namespace.names.items() if _is_defined_in(value, namespace.module)}
    in_ops = {id(part) for value in own.values() if isinstance(value, Op) for part in (value.forward, value.backward)}
    bases = {id(base) for value in own.values() if isinstance(value, type) for base in value.__mro__[1:]}
    seen: set[int] = set()
    subjects = []
    for name, value in own.items():
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Op) or _is_custom_vjp(value) or (isinstance(value, type) and _is_layer(value, bases)):
            subjects.append(Subject(name, value, namespace.printed))
        elif (pair := _pair(name, own)) and id(value) not in in_ops:
            subjects.append(Subject(pair[0], (value, pair[1]), namespace.printed))
    return subjects


def _is_defined_in(value: Any, module: str) -> bool:
    if isinstance(value, Op):
        return getattr(value.forward, "__module__", None) == module
    return (isinstance(value, type) or callable(value)) and getattr(value, "__module__", None) == module


def _is_layer(kind: type, bases: Iterable[int]) -> bool:
    halves = [getattr(kind, half, None) for half in ("forward", "backward")]
    if not all(map(callable, halves)) or inspect.isabstract(kind) or kind.__name__ == "CompNode":
        return False
    # A base that others fill in is no subject; a class whose forward is still to be written is one.
    return not (id(kind) in bases and all(is_stub(half) for half in halves if half is not None))


def _is_custom_vjp(value: Any) -> bool:
    return type(value).__name__ == "custom_vjp" and hasattr(value, "defvjp")


def _pair(name: str, own: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The common name and the backward, if the name is that of a forward whose backward is there."""
    if not inspect.isroutine(own[name]):
        return None
    for common, other in _counterparts(name, "forward", "backward"):
        if callable(own.get(other)) and not isinstance(own[other], type):
            return common, own[other]
    return None


def _counterparts(name: str, half: str, other: str) -> Iterator[tuple[str, str]]:
    """Common names, and what the other half would be called."""
    if name == half:
        yield half, other
    if name.endswith(f"_{half}"):
        common = name.removesuffix(f"_{half}")
        yield common, f"{common}_{other}"
    if name.startswith(f"{half}_"):
        common = name.removeprefix(f"{half}_")
        yield common, f"{other}_{common}"


def halves(namespace: Namespace) -> list[tuple[str, str]]:
    """Functions that lack their other half, with what that would be called."""
    lone = []
    for name, value in namespace.names.items():
        if not (inspect.isfunction(value) and _is_defined_in(value, namespace.module)):
            continue
        for half, other in (("forward", "backward"), ("backward", "forward")):
            lone += [(name, wanted) for _, wanted in _counterparts(name, half, other) if wanted not in namespace.names]
    return lone


def chosen(namespace: Namespace, wanted: str) -> list[Subject]:
    """The subjects of a namespace, or the one that is wanted.

    Raises:
        NotCheckable: there are none, or none of that name; the finding lists what is there.
    """
    subjects = subjects_in(namespace)
    if not wanted:
        if not subjects:
            raise NotCheckable(_nothing(namespace))
        return subjects
    for subject in subjects:
        if wanted in (subject.name, f"{subject.name}_forward", f"{subject.name}_backward"):
            return [subject]
    value: Any = namespace.names
    for part in wanted.split("."):
        value = value.get(part, _ABSENT) if isinstance(value, Mapping) else getattr(value, part, _ABSENT)
    if value is _ABSENT:
        raise NotCheckable(_not_found(namespace, wanted, [subject.name for subject in subjects]))
    pair = _pair(wanted, namespace.names) if wanted in namespace.names else None
    return [Subject(pair[0] if pair else wanted, (value, pair[1]) if pair else value, namespace.printed)]


_ABSENT = object()


def _not_found(namespace: Namespace, wanted: str, known: list[str]) -> Any:
    near = difflib.get_close_matches(wanted, known, n=len(known) or 1, cutoff=0.5)
    near = near or [name for name in known if name.lower() == wanted.lower()]
    ordered = [*near, *(name for name in known if name not in near)]
    listed = f"; there is {', '.join(ordered)}" if ordered else "; there is nothing that can be checked"
    guess = f"Did you mean {near[0]}?" if near else ""
    skipped = [text for names, text in namespace.skipped if wanted.partition(".")[0] in names]
    skipped = skipped or [text for names, text in namespace.skipped if not names]
    facts = {"known": f", in {namespace.where}{listed}"}
    return found("NOT_FOUND", wanted, facts, details=_details(namespace, [guess, *skipped]))


def _nothing(namespace: Namespace) -> Any:
    lines = [f"{name} is there, but no {other}." for name, other in halves(namespace)]
    lines += [text for _, text in namespace.skipped]
    return found("NOTHING_TO_CHECK", namespace.where, details=_details(namespace, lines))


def _details(namespace: Namespace, lines: Sequence[str]) -> str:
    printed = namespace.printed.strip()
    return "\n".join(filter(None, [*lines, f"It printed: {printed[:500]}" if printed else ""]))
