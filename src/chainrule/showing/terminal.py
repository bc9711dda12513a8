"""Lines on a terminal. Text from files is text there and never markup."""

from __future__ import annotations

from typing import Any

from chainrule.showing.text import printable

__all__ = ["console", "say"]


def console() -> Any:
    """Rich's console on standard output, without colours of its own for numbers and paths."""
    from rich.console import Console

    return Console(highlight=False)


def say(label: str, text: object) -> None:
    """A label and a line, which is not wrapped: paths are to be copied."""
    from rich.text import Text

    console().print(Text.assemble((f"{label:8}", "bold cyan"), printable(text)), soft_wrap=True)
