"""The lines of a report for a page of a given width: pieces of text with roles, which a medium may colour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.checking.finding import Finding
from chainrule.checking.printing import wording
from chainrule.checking.report import Report

__all__ = ["Line", "Piece", "layout"]

NARROWEST = 32
STEP = 2

# A word; code in backticks, a shape and a place are not taken apart.
_WORD = re.compile(r"(?:[^\s`(\[]*(?:`[^`]{1,40}`|\([\d, ]{1,24}\)|\[[\d, :]{1,24}\]))+\S*|\S+")


@dataclass(frozen=True)
class Piece:
    """Some text, and what it is: ``"name"``, a verdict, a severity, ``"sides"``, ``"quiet"``, or nothing special."""

    text: str
    role: str = ""


@dataclass(frozen=True)
class Line:
    """One line of pieces."""

    pieces: tuple[Piece, ...] = ()

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def layout(report: Report, width: int) -> list[Line]:
    """All lines.

    Args:
        report: to be shown.
        width: in characters; lines of tables may be longer.
    """
    width = max(width, NARROWEST)
    lines = [*_report(report, 0, width)]
    if said := wording.checked(report):
        lines += [Line()] if len(lines) > 1 else []
        lines += _filled([Piece("checked:", "quiet"), Piece(said, "quiet")], STEP, STEP, width)
    return lines


def _report(report: Report, indent: int, width: int) -> Iterator[Line]:
    yield from _filled(_head(report), indent, indent + STEP, width)
    for finding in _sorted(report.findings):
        yield Line()
        yield from _finding(finding, indent + STEP, width)
    if report.parts:
        yield from _parts(report, indent, width)


def _head(report: Report) -> list[Piece]:
    pieces = [Piece(f"{wording.heading(report)}:", "name"), Piece(wording.outcome(report), report.verdict)]
    if said := wording.compared(report):
        pieces.append(Piece(f"({said})", "quiet"))
    return pieces


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: ("error", "unsure", "warning").index(finding.severity))


def _finding(finding: Finding, indent: int, width: int) -> Iterator[Line]:
    inner = indent + STEP
    label = Piece(f"{wording.label(finding)}:", finding.severity)
    yield from _filled([label, Piece(wording.one_line(finding.message))], indent, inner, width)
    if sides := wording.where_they_part(finding):
        yield from _filled([Piece(sides, "sides")], inner, inner + STEP, width)
    if finding.hint:
        yield from _filled([Piece("Hint:", "hint"), Piece(wording.one_line(finding.hint))], inner, inner + STEP, width)
    for line in wording.details(finding):
        yield Line((Piece(" " * inner + line),))


def _parts(report: Report, indent: int, width: int) -> Iterator[Line]:
    """The parts: those with something to say apart, the others line below line; and how many are right."""
    yield Line()
    apart = False
    for number, part in enumerate(report.parts):
        lines = list(_report(part, indent + STEP, width))
        if number and (apart or len(lines) > 1):
            yield Line()
        yield from lines
        apart = len(lines) > 1
    if len(report.parts) > 1:
        yield Line()
        yield from _filled([Piece(f"{wording.total(report)}.", "name")], indent + STEP, indent + STEP, width)


def _filled(pieces: Sequence[Piece], first: int, others: int, width: int) -> Iterator[Line]:
    """Words on lines that are as full as the width allows; a word that is longer than a line is cut.

    Args:
        pieces: with a space between each two.
        first: the first line's indent.
        others: that of the lines below it.
        width: of a line, with its indent.
    """
    line, room = [Piece(" " * first)], width - first
    for word in _words(pieces, max(width - others, 1)):
        if len(line) > 1 and room <= len(word.text):  # with the space before it
            yield Line(_joined(line))
            line, room = [Piece(" " * others)], width - others
        space = " " if len(line) > 1 else ""
        line.append(Piece(space + word.text, word.role))
        room -= len(space + word.text)
    yield Line(_joined(line))


def _words(pieces: Sequence[Piece], longest: int) -> Iterator[Piece]:
    for piece in pieces:
        for word in _WORD.findall(piece.text):
            yield from (Piece(word[start : start + longest], piece.role) for start in range(0, len(word), longest))


def _joined(words: Sequence[Piece]) -> tuple[Piece, ...]:
    """Neighbours with the same role as one piece; empty ones left out."""
    pieces: list[Piece] = []
    for word in words:
        if pieces and pieces[-1].role == word.role:
            pieces[-1] = Piece(pieces[-1].text + word.text, word.role)
        elif word.text:
            pieces.append(word)
    return tuple(pieces)
