"""A sheet as LaTeX, HTML and PDF."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.explaining.printing.formulas import math, to_latex, to_mathml
from chainrule.explaining.printing.wording import in_python

if TYPE_CHECKING:
    from chainrule.explaining.marking.sheet import Exercise, Sheet

__all__ = ["html", "latex", "pdf"]

# The four parts, and the space to write on: shares of a page in LaTeX, rems in HTML.
PARTS = (
    ("a", "Write intermediate variables with one operation each. Use again what can be used again.", 9),
    ("b", "Draw the graph of the computation, with the values.", 14),
    ("c", "Write on each edge the product of partial derivatives that is sent back, and its value.", 9),
    ("d", "Add up what arrives at each node.", 7),
)

_START = r"""\documentclass[a4paper]{article}
\usepackage{amsmath}
\usepackage{tikz}
\setlength{\textwidth}{165mm}
\setlength{\oddsidemargin}{-3mm}
\setlength{\topmargin}{-10mm}
\setlength{\textheight}{235mm}
\setlength{\parindent}{0pt}
\begin{document}
"""

_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { break-before: page; } section:first-of-type { break-before: auto; }
img { max-width: 100%; background: #fff; }
pre { overflow-x: auto; font-size: 0.85rem; line-height: 1.35; }
.space { border-bottom: 1px solid #bbb; } math { font-size: 1.15em; }
@media print { pre { white-space: pre-wrap; font-size: 0.7rem; } }"""

_NO_PDFLATEX = (
    "{path}: pdflatex is not installed. Install it with `sudo apt install texlive-latex-base texlive-pictures` "
    "(Debian, Ubuntu), `brew install --cask basictex` (macOS) or from https://miktex.org (Windows), or save a .tex or "
    ".html file."
)


# -- LaTeX -----------------------------------------------------------------------------------------------


def latex(sheet: Sheet, solutions: bool) -> str:
    """A whole document."""
    title = f"\\section*{{{sheet.title}{': solutions' if solutions else ''}}}\n"
    exercises = [_latex_exercise(number, each, solutions) for number, each in enumerate(sheet.exercises, 1)]
    return f"{_START}{title}{_START_NOTE}\n{chr(10).join(exercises)}\\end{{document}}\n"


_START_NOTE = "$\\log$ is the natural logarithm.\n"


def _latex_exercise(number: int, exercise: Exercise, solutions: bool) -> str:
    start = f"\\subsection*{{Exercise {number}}}\n"
    if solutions:
        answer = exercise.solution
        picture = f"\\noindent\\textbf{{b) The graph}}\\par\\medskip\n\\noindent\n{answer.tikz()}\n\\par\\medskip\n"
        return f"{start}{answer.latex()}\n{picture}\\clearpage\n"
    values = ", ".join(f"${to_latex(name)} = {value:g}$" for name, value in exercise.values.items())
    task = f"$\\displaystyle {_latex_formula(exercise)}$\\quad at {values}\\par\\medskip\n"
    parts = "".join(
        f"\\textbf{{{letter})}} {words}\\par\\vspace*{{\\stretch{{{space}}}}}\n" for letter, words, space in PARTS
    )
    return f"{start}{task}{parts}\\clearpage\n"


def _latex_formula(exercise: Exercise) -> str:
    name, _, formula = exercise.text.partition(" = ")
    return f"{name} = {to_latex(in_python(formula))}"


# -- HTML ------------------------------------------------------------------------------------------------


def html(sheet: Sheet, solutions: bool) -> str:
    """A whole page; nothing in it is loaded from elsewhere, and no script runs."""
    title = escape(f"{sheet.title}{': solutions' if solutions else ''}")
    exercises = [_html_exercise(number, each, solutions) for number, each in enumerate(sheet.exercises, 1)]
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>",
            "<p>log is the natural logarithm.</p>",
            *exercises,
            "</body>\n</html>\n",
        ]
    )


def _html_exercise(number: int, exercise: Exercise, solutions: bool) -> str:
    name, _, formula = exercise.text.partition(" = ")
    values = ", ".join(f"{escape(each)} = {value:g}" for each, value in exercise.values.items())
    shown = math(f"<mi>{escape(name)}</mi><mo>=</mo>{to_mathml(in_python(formula))}")
    answer = _html_solution(exercise) if solutions else _html_space()
    return f"<section>\n<h2>Exercise {number}</h2>\n<p>{shown} &nbsp; at {values}</p>\n{answer}\n</section>"


def _html_solution(exercise: Exercise) -> str:
    answer = exercise.solution
    picture = base64.b64encode(answer.svg().encode()).decode()
    alternative = escape(f"Graph of {exercise.text}", quote=True)
    return (
        f"<pre>{escape(answer.text())}</pre>\n"
        f'<p>b) <img alt="{alternative}" src="data:image/svg+xml;base64,{picture}"></p>'
    )


def _html_space() -> str:
    return "\n".join(
        f'<p><b>{letter})</b> {words}</p>\n<div class="space" style="height: {space}rem"></div>'
        for letter, words, space in PARTS
    )


# -- PDF -------------------------------------------------------------------------------------------------


def pdf(document: str, path: str) -> bytes:
    """What pdflatex makes of a document; the same document gives the same bytes.

    Raises:
        RuntimeError: it is not installed, or failed.
    """
    command = shutil.which("pdflatex")
    if command is None:
        raise RuntimeError(_NO_PDFLATEX.format(path=path))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sheet.tex").write_text(document, encoding="utf-8")
        done = subprocess.run(
            [command, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "sheet.tex"],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{path}: pdflatex failed: {_complaint(done.stdout)} Save a .tex file to look into it.")
        return (Path(folder) / "sheet.pdf").read_bytes()


def _complaint(output: bytes) -> str:
    """The first error of pdflatex's output."""
    lines = output.decode(errors="replace").splitlines()
    return next((line.removeprefix("! ") for line in lines if line.startswith("!")), "no reason given.")
