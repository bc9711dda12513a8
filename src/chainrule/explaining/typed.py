"""Values as they are typed on a command line: ``a=1``, ``x=1,2,3``."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["read_values"]


def read_values(words: Sequence[str]) -> dict[str, float | list[float]]:
    """Names and their numbers; several numbers with commas between them are a list.

    >>> read_values(["a=1", "x=1,2.5"])
    {'a': 1.0, 'x': [1.0, 2.5]}

    Raises:
        ValueError: a word has another form, or a name is there twice.
    """
    values: dict[str, float | list[float]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ValueError(f"{word!r} is no value; write a name, an equals sign and a number: a=1, or x=1,2,3")
        if name in values:
            raise ValueError(f"{name} has two values; give one")
        numbers = [_number(word, part) for part in text.split(",")]
        values[name] = numbers if len(numbers) > 1 else numbers[0]
    return values


def _number(word: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{word!r}: {text!r} is no number; write digits, such as 1, -0.5 or 1e-3") from None
