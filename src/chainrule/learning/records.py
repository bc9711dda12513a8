"""Frozen records of settings (layers, optimizers, schedules): checked, written as JSON, and made again.

A record is made again from a fixed table of names and by calling its own constructor with plain values,
so that reading a file never runs code from it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

__all__ = ["Table", "check_number", "check_whole_number", "choose", "describe", "rebuild"]

T = TypeVar("T")
Table = Mapping[str, type[Any]]


def check_whole_number(record: Any, name: str, *, least: int) -> None:
    """Refuse a field that is not a whole number of at least ``least``; NumPy's integers become Python's."""
    value = getattr(record, name)
    where = f"{type(record).__name__}: {name} is {value!r}"
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{where}; expected a whole number")
    if value < least:
        raise ValueError(f"{where}; expected at least {least}")
    object.__setattr__(record, name, operator.index(value))


def check_number(
    record: Any,
    name: str,
    *,
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Refuse a field that is not a finite number within the bounds; NumPy's floats become Python's."""
    value = getattr(record, name)
    where = f"{type(record).__name__}: {name} is {value!r}"
    # NumPy's scalars would turn float32 arrays into float64; Python's numbers adapt to the array.
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        raise TypeError(f"{where}; expected a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{where}; expected a finite number")
    if least is not None and number < least:
        raise ValueError(f"{where}; expected at least {least}")
    if above is not None and number <= above:
        raise ValueError(f"{where}; expected more than {above}")
    if below is not None and number >= below:
        raise ValueError(f"{where}; expected less than {below}")
    object.__setattr__(record, name, number)


def choose(kind: str, table: Mapping[str, T], name: str) -> T:
    """The entry of that name; an unknown one is an error that lists the names.

    >>> choose("activation", {"relu": 1, "tanh": 2}, "gelu")
    Traceback (most recent call last):
    ValueError: unknown activation 'gelu'; choose one of relu, tanh
    """
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"unknown {kind} {name!r}; choose one of {', '.join(table)}")
    return table[name]


def describe(record: Any) -> dict[str, Any]:
    """The record as JSON values: its kind and name, then its fields; records inside it likewise."""
    settings = {field.name: _plain(record, field.name) for field in fields(record)}
    return {record.kind: type(record).__name__, **settings}


def _plain(record: Any, name: str) -> Any:
    value = getattr(record, name)
    if is_dataclass(value) and hasattr(value, "kind"):
        return describe(value)
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(
        f"{type(record).__name__}: {name} is {value!r}, which a file can't hold. "
        f"Give it by name, or use `dataclasses.replace(..., {name}=...)` before saving."
    )


def rebuild(configuration: Any, kind: str, table: Table, inside: Mapping[str, Table]) -> Any:
    """The record that `describe` wrote down; anything else is a ValueError that says what is wrong.

    Args:
        configuration: what `describe` gave, perhaps by way of JSON.
        kind: which kind of record is expected.
        table: the records of that kind, by name.
        inside: for each kind that may stand in a field, its table.
    """
    if not isinstance(configuration, dict) or kind not in configuration:
        raise ValueError(
            f"expected the configuration of one {kind}, a dict with the key {kind!r}, got {configuration!r}"
        )
    name = configuration[kind]
    record = choose(kind, table, name)
    settings = {key: value for key, value in configuration.items() if key != kind}
    expected = {field.name for field in fields(record)}
    if settings.keys() != expected:
        raise ValueError(f"{name}: expected the settings {_listed(expected)}, got {_listed(settings)}")
    try:
        return record(**{key: _rebuilt(value, inside) for key, value in settings.items()})
    except TypeError as error:
        raise ValueError(str(error)) from error


def _rebuilt(value: Any, inside: Mapping[str, Table]) -> Any:
    if not isinstance(value, dict):
        return value
    kind = next((kind for kind in inside if kind in value), None)
    if kind is None:
        raise ValueError(f"expected a plain value or one {_listed(inside)}, got {value!r}")
    return rebuild(value, kind, inside[kind], inside)


def _listed(names: Any) -> str:
    return ", ".join(map(str, sorted(names))) or "none"
