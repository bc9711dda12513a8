"""Sheets: repeatable, safe to compute, of the promised size; counted on Python's own syntax trees."""

import ast
import math
import re
import shutil

import pytest

from chainrule.explaining.marking.mark import mark
from chainrule.explaining.marking.sheet import sheet
from chainrule.explaining.printing.formulas import to_text

LEVELS = (1, 2, 3, 4)
SEEDS = range(5)
FUNCTIONS = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "sin": math.sin, "tanh": math.tanh}


def python_text(exercise):
    """The formula as Python, with sums written out."""
    text = exercise.text.partition(" = ")[2].replace("^", "**")
    found = re.fullmatch(r"sum\((.*) for i in 1\.\.(\d)\)", text)
    if not found:
        return text
    terms = (re.sub(r"([xy])\[i\]", rf"\g<1>{number}", found[1]) for number in range(1, int(found[2]) + 1))
    return " + ".join(f"({term})" for term in terms)


def operations(exercise):
    """The text of each operation, as often as it stands there."""
    nodes = ast.walk(ast.parse(python_text(exercise), mode="eval"))
    return [ast.unparse(node) for node in nodes if isinstance(node, (ast.BinOp, ast.Call))]


def value(exercise, moved=None, by=0.0):
    values = {name: number + (by if name == moved else 0) for name, number in exercise.values.items()}
    return eval(python_text(exercise), {**FUNCTIONS, **values})


@pytest.mark.parametrize("level", LEVELS)
def test_the_same_seed_gives_the_same_sheet(level):
    assert sheet(3, level) == sheet(3, level)
    assert sheet(3, level) != sheet(4, level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_expressions_are_equal(level, seed):
    made = sheet(seed, level, count=8)

    assert 8 == len({exercise.text.partition(" = ")[2] for exercise in made.exercises})
    assert list("ABCDEFGH") == [exercise.text[0] for exercise in made.exercises]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", SEEDS)
def test_values_and_gradients_are_of_moderate_size(level, seed):
    for exercise in sheet(seed, level).exercises:
        assert 0.05 <= abs(value(exercise)) <= 30
        for name, number in exercise.values.items():
            slope = (value(exercise, name, 1e-6) - value(exercise, name, -1e-6)) / 2e-6

            assert 0.3 <= number <= 3.0
            assert 0.049 <= abs(slope) <= 30.01


@pytest.mark.parametrize(("level", "fewest", "most"), [(1, 3, 4), (2, 5, 7), (3, 8, 10)])
@pytest.mark.parametrize("seed", SEEDS)
def test_levels_have_their_number_of_operations(level, fewest, most, seed):
    for exercise in sheet(seed, level).exercises:
        assert fewest <= len(set(operations(exercise))) <= most


@pytest.mark.parametrize("level", [2, 3, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_something_is_shared_from_level_2_on(level, seed):
    for exercise in sheet(seed, level).exercises:
        found = operations(exercise)

        assert len(set(found)) < len(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_level_4_is_a_sum(seed):
    assert all(" = sum(" in exercise.text for exercise in sheet(seed, 4).exercises)


@pytest.mark.parametrize("level", LEVELS)
def test_solutions_agree_with_differences_and_are_marked_right(level):
    for exercise in sheet(11, level).exercises:
        nodes = {node.id: node for node in exercise.solution.record.nodes}
        answer = "\n".join(
            f"{node.name} = {to_text(node.formula)}" for node in nodes.values() if node.kind == "operation"
        )

        assert exercise.solution.agrees
        assert value(exercise) == pytest.approx(exercise.solution.value)
        assert mark(exercise.text, answer).passed


def test_print_shows_expressions_and_values():
    shown = str(sheet(1, 1, count=2)).splitlines()

    assert "Computation graphs, level 1, sheet 1" == shown[0]
    assert re.fullmatch(r"1\. A = .*   at a = [\d.]+, b = [\d.]+", shown[2])


def test_tex_without_solutions_gives_nothing_away():
    made = sheet(2, 2, count=1)

    assert made.latex().count(r"\textbf{a)}") == 1
    assert "t_{1}" not in made.latex()
    assert "t_{1}" in made.latex(solutions=True)
    assert "tikzpicture" in made.latex(solutions=True)


def test_html_without_solutions_gives_nothing_away():
    made = sheet(2, 2, count=1)

    assert "<math" in made.html()
    assert "t1 =" not in made.html()
    assert "t1 =" in made.html(solutions=True)
    assert "data:image/svg+xml;base64," in made.html(solutions=True)
    assert "<script" not in made.html(solutions=True)


@pytest.mark.parametrize("ending", [".tex", ".html"])
def test_saving_writes_the_form_that_the_ending_says(tmp_path, ending):
    made = sheet(2, 1, count=1)
    made.save(tmp_path / f"sheet{ending}", solutions=True)
    form = made.latex if ending == ".tex" else made.html

    assert form(solutions=True) == (tmp_path / f"sheet{ending}").read_text(encoding="utf-8")


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no form has the ending '\.doc'; there are \.tex, \.html, \.pdf"):
        sheet(1).save(tmp_path / "sheet.doc")


def test_pdf_without_pdflatex_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(RuntimeError, match=r"pdflatex is not installed\. Install it with `sudo apt install texlive"):
        sheet(1).save(tmp_path / "sheet.pdf")
    assert not (tmp_path / "sheet.pdf").exists()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("solutions", [False, True])
def test_pdf_is_written_and_always_the_same(tmp_path, solutions):
    for name in ("first.pdf", "second.pdf"):
        sheet(3, 2, count=2).save(tmp_path / name, solutions=solutions)

    assert (tmp_path / "first.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_document_that_pdflatex_refuses_is_reported():
    from chainrule.explaining.marking.sheet_printing import pdf

    with pytest.raises(RuntimeError, match=r"pdflatex failed: Undefined control sequence"):
        pdf("\\documentclass{article}\\begin{document}\\unheardof\\end{document}", "sheet.pdf")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 5}, "level is 5; expected one of 1, 2, 3, 4"),
        ({"count": 0}, "count is 0"),
        ({"count": 27}, "from 1 to 26"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        sheet(1, **arguments)
