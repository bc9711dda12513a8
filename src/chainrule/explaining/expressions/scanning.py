"""An expression's text becomes tokens, whose order is checked, and from them Python's syntax tree, never run.

Looking at single tokens first finds nearly everything that can be wrong, where it is wrong, and keeps names that are
not plain, deep nesting and long texts away from Python's parser.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["DEEPEST", "MOST_OPERATIONS", "ExpressionError", "Tree", "canonical", "parse_tree", "scan"]

LONGEST, DEEPEST, MOST_OPERATIONS = 20_000, 100, 2_000
_SHOWN = 100  # characters of a text in a message
_NUMBER = re.compile(r"[0-9]+(?=\.\.)|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DOTS = "\N{MIDDLE DOT}\N{GREEK ANO TELEIA}\N{DOT OPERATOR}"
# ".." becomes "|", which Python binds less tightly than arithmetic, and which nobody may write themselves.
_OPERATORS = {
    "..": "|",
    "**": "**",
    "^": "**",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    **dict.fromkeys(_DOTS, "*"),
    **{sign: sign for sign in "+-*/()[],="},
}
_INFIX = frozenset({"+", "-", "*", "/", "**", "|"})
_CLOSED_BY = {"(": ")", "[": "]"}


class ExpressionError(ValueError):
    """An expression that can't be read, or computed with the given values; the place is in ``column``.

    The message has three lines: what is wrong, the text, and a caret under the column.

    Args:
        problem: what happened, what was expected, what to do.
        text: the expression's text; of a long one, the part around the column is shown.
        column: where, from 0.
    """

    def __init__(self, problem: str, text: str, column: int) -> None:
        super().__init__(problem, text, column)  # what pickle makes it of again
        self.problem, self.text, self.column = problem, text, column

    def __str__(self) -> str:
        first = max(0, min(self.column - _SHOWN // 2, len(self.text) - _SHOWN))
        before, after = ("..." if first else ""), ("..." if first + _SHOWN < len(self.text) else "")
        shown = "".join(sign if sign.isprintable() else " " for sign in self.text[first : first + _SHOWN])
        indent = sum(map(_width, before + shown[: self.column - first]))
        return f"{self.problem}\n{before}{shown}{after}\n{' ' * indent}^"


def _width(sign: str) -> int:
    """How many columns of a terminal a character takes."""
    return 0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text: as written, as Python writes it, and from where to where it goes.

    ``kind`` is ``"name"``, ``"number"``, or the sign itself as Python writes it, also ``"for"`` and ``"in"``.
    """

    kind: str
    text: str
    python: str
    start: int
    end: int

    @property
    def ends_operand(self) -> bool:
        """Whether something that has a value ends here."""
        return self.kind in ("name", "number", ")", "]")


@dataclass(frozen=True)
class Tree:
    """Python's tree of a text, and where in the text its nodes stand."""

    body: ast.expr
    starts: dict[int, int]
    ends: dict[int, int]

    def span(self, node: ast.expr) -> tuple[int, int]:
        """From which column of the text to which, the last one not included."""
        return self.starts[node.col_offset], self.ends[node.end_col_offset or 0]


def canonical(value: float) -> int | float:
    """A whole number as an int, so that 2 and 2.0 are written, and shared, alike."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


# -- tokens ----------------------------------------------------------------------------------------------------------


def scan(text: str) -> list[Token]:
    """The tokens of a text, in an order in which they make sense; an ``A =`` at the start is left to the caller.

    Raises:
        ExpressionError: a sign or a number that can't be read.
    """
    if len(text) > LONGEST:
        problem = f"the text has {len(text)} characters; at most {LONGEST} can be read. Explain a part of it."
        raise ExpressionError(problem, text, LONGEST)
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        tokens.append(_token(text, place))
        place = tokens[-1].end
    return tokens


def _token(text: str, place: int) -> Token:
    if number := _NUMBER.match(text, place):
        return _number(text, place, number[0])
    if text[place].isidentifier():
        return _name(text, place)
    two, one = text[place : place + 2], text[place]
    word = two if two in _OPERATORS else one
    if word not in _OPERATORS or two in ("==", "//"):
        raise ExpressionError(_stray(two), text, place)
    return Token(_OPERATORS[word], word, _OPERATORS[word], place, place + len(word))


def _number(text: str, place: int, digits: str) -> Token:
    value = float(digits)
    if not math.isfinite(value):
        raise ExpressionError("this number is too large; the largest is 1.8e308. Write a smaller one.", text, place)
    return Token("number", digits, repr(canonical(value)), place, place + len(digits))


def _name(text: str, place: int) -> Token:
    end = place
    while end < len(text) and ("_" + text[end]).isidentifier() and text[end] not in _DOTS:
        end += 1
    word = unicodedata.normalize("NFKC", text[place:end])  # as Python does
    if word in ("for", "in"):
        return Token(word, word, word, place, end)
    if keyword.iskeyword(word):
        other = "lam or λ" if word == "lambda" else "another name"
        raise ExpressionError(f"{word!r} is a word of Python and can't be a name; write {other}.", text, place)
    return Token("name", text[place:end], word, place, end)


def _stray(two: str) -> str:
    """What to say of a sign that no expression has; ``two`` is the sign and the next one."""
    sign, plain = two[0], unicodedata.normalize("NFKC", two[0])
    if two == "==" or sign in "<>!≤≥≠":
        return f"{sign!r} compares, and an expression only computes. Leave the comparison out."
    if two == "//" or sign == "%":
        return f"{'//' if sign == '/' else sign!r} is no operation of an expression. Write / for a division."
    if sign in "\"'`":
        return "a text in quotes has no value here. Write names and numbers without quotes."
    if sign == ".":
        return "a dot stands in a number, as in 0.5, or in 1..3; names have no parts. Call it a name without a dot."
    if plain.isdigit():
        return f"{sign!r} can't be read. Write ^{plain} for a power, and {plain} after a letter for an index."
    return f"{sign!r} can't be read. An expression has names, numbers, + - * / ^, parentheses, and functions."


# -- their order -----------------------------------------------------------------------------------------------------


def check_order(tokens: Sequence[Token], text: str) -> None:
    """Raise for the first token that can't stand where it stands, and for parentheses that don't match."""
    if not tokens:
        raise ExpressionError("there is nothing to compute. Write an expression, such as exp(a) / b.", text, len(text))
    if not tokens[0].ends_operand:
        _check_pair(None, tokens[0], text)
    opened: list[Token] = []
    for number, token in enumerate(tokens):
        if number:
            _check_pair(tokens[number - 1], token, text)
        _check_brackets(opened, token, text)
    if opened:
        raise ExpressionError(
            f"{opened[-1].text!r} is never closed. Add a {_closing(opened[-1])!r}.", text, opened[-1].start
        )
    if not tokens[-1].ends_operand:
        raise ExpressionError(f"something is missing after {tokens[-1].text!r}.", text, tokens[-1].start)
    _check_count(tokens, text)


def _closing(opening: Token) -> str:
    return _CLOSED_BY[opening.kind]


def _check_brackets(opened: list[Token], token: Token, text: str) -> None:
    if token.kind in _CLOSED_BY:
        opened.append(token)
        if len(opened) > DEEPEST:
            raise ExpressionError(f"parentheses are nested more than {DEEPEST} deep.", text, token.start)
    elif token.kind in _CLOSED_BY.values():
        if not opened:
            raise ExpressionError(f"{token.text!r} closes nothing. Remove it, or open it before.", text, token.start)
        expected = _closing(opened.pop())
        if token.kind != expected:
            raise ExpressionError(f"{token.text!r} stands where {expected!r} was expected.", text, token.start)


def _check_pair(before: Token | None, token: Token, text: str) -> None:
    """Whether ``token`` may come after ``before``."""
    if token.kind == "=":
        problem = "'=' gives the whole expression a name, once, at the start: A = exp(a). It has no place here."
        raise ExpressionError(problem, text, token.start)
    if before is not None and before.ends_operand:
        starts = token.kind in ("name", "number") or (token.kind == "(" and before.kind != "name")
        if starts:
            raise ExpressionError(_missing_operator(before, token), text, token.start)
        if token.kind == "[" and before.kind != "name":
            raise ExpressionError("only a name can have an index, as in x[i], and only one.", text, token.start)
    elif token.kind not in ("name", "number", "(", "-"):
        place = f"between {before.text!r} and {token.text!r}" if before else f"before {token.text!r}"
        raise ExpressionError(f"something is missing {place}: a name, a number or parentheses.", text, token.start)


def _missing_operator(before: Token, token: Token) -> str:
    left = "(...)" if before.kind == ")" else "x[...]" if before.kind == "]" else before.text
    right = "(...)" if token.kind == "(" else token.text
    return f"an operator is missing between {before.text!r} and {token.text!r}. For a product write {left}*{right}."


def _check_count(tokens: Sequence[Token], text: str) -> None:
    """Every infix operator is an operation at least once, so this can be told before the tree is built."""
    infix = [token for before, token in pairwise(tokens) if before.ends_operand and token.kind in _INFIX - {"|"}]
    if len(infix) > MOST_OPERATIONS:
        problem = f"this has {len(infix)} operations; at most {MOST_OPERATIONS} can be explained. Explain a part of it."
        raise ExpressionError(problem, text, infix[MOST_OPERATIONS].start)


# -- the tree ----------------------------------------------------------------------------------------------------------


def parse_tree(tokens: Sequence[Token], text: str) -> Tree:
    """Python's tree of the tokens, with columns of the text.

    Raises:
        ExpressionError: the tokens make no expression.
    """
    check_order(tokens, text)
    starts, ends, place = {}, {}, 0
    for token in tokens:  # Python counts in bytes; a space stands between two tokens
        starts[place] = token.start
        place += len(token.python.encode())
        ends[place] = token.end
        place += 1
    python = " ".join(token.python for token in tokens)
    try:
        return Tree(ast.parse(python, mode="eval").body, starts, ends)
    except (RecursionError, MemoryError):
        raise ExpressionError(f"this is nested more than {DEEPEST} deep. Explain a part of it.", text, 0) from None
    except (SyntaxError, ValueError) as error:
        offset = len(python[: max((getattr(error, "offset", 1) or 1) - 1, 0)].encode())
        column = max((start for place, start in starts.items() if place <= offset), default=0)
        problem = "this can't be read. Sums are written sum(x[i] for i in 1..3), with nothing else in the parentheses."
        raise ExpressionError(problem, text, column) from None
