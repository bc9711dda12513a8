"""What is wrong with the input, in one line and without a traceback."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["PlainErrors", "in_one_line"]


class PlainErrors(TyperGroup):
    """Tells what is wrong with the input in one line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output has gone, such as `head`: not an error
            raise
        except (ValueError, KeyError, OSError, FloatingPointError, MemoryError, ImportError) as error:
            if isinstance(error, ImportError) and error.name != "jax":  # nobody's missing extra, but a fault
                raise
            typer.echo(f"error: {_pointing(error) or in_one_line(error)}", err=True)
            raise typer.Exit(1) from error


def _pointing(error: BaseException) -> str:
    """The words of an error that points at a column of an expression, line by line; nothing for others."""
    from chainrule.showing.text import printable

    return "\n".join(map(printable, str(error).splitlines())) if hasattr(error, "column") else ""


def in_one_line(error: BaseException) -> str:
    """The error's own words, with the library's arguments named as options."""
    from chainrule.showing.text import printable

    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    words = re.sub(r"\b(drop|categories)=\(('[^']*'),\)", r"--\1 \2", words or type(error).__name__)
    words = re.sub(r"\b(missing|task|unseen)='(\w+)'", r"--\1 \2", words)
    words = re.sub(r"\bclip=(\d)", r"--clip \1", words)
    return printable(" ".join(words.split()))
