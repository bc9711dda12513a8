"""Python text as HTML, lightly coloured."""

from __future__ import annotations

import html
import io
import keyword
import tokenize
from collections.abc import Iterator

__all__ = ["highlighted"]


def highlighted(source: str) -> str:
    """The source as escaped HTML with a span for each keyword, number, string, comment and gradient.

    >>> highlighted("d_x = 2 * x")
    '<span class="gradient">d_x</span> = <span class="number">2</span> * x'
    """
    try:
        return "".join(_pieces(source))
    except (tokenize.TokenError, SyntaxError):
        return html.escape(source)


def _pieces(source: str) -> Iterator[str]:
    """Each token, and the blanks before it as they are."""
    lines = source.splitlines(keepends=True)
    row, column = 1, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (
            tokenize.INDENT,
            tokenize.DEDENT,
            tokenize.ENDMARKER,
            tokenize.NEWLINE,
            tokenize.NL,
        ):
            continue
        while row < token.start[0]:
            yield html.escape(lines[row - 1][column:])
            row, column = row + 1, 0
        yield html.escape(lines[row - 1][column : token.start[1]])
        kind = _kind(token)
        text = html.escape(token.string)
        yield f'<span class="{kind}">{text}</span>' if kind else text
        row, column = token.end
    yield html.escape("".join([lines[row - 1][column:], *lines[row:]]) if row <= len(lines) else "")


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        if keyword.iskeyword(token.string):
            return "keyword"
        return "gradient" if token.string.startswith("d_") else ""
    return {tokenize.NUMBER: "number", tokenize.STRING: "string", tokenize.COMMENT: "comment"}.get(token.type, "")
