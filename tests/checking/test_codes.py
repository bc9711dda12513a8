"""The table of codes: complete, used, and the same on its page in the docs."""

import ast
import re
from pathlib import Path

import pytest

from chainrule.checking.codes import CODES, GROUPS, Code
from chainrule.checking.codes.code import table
from tools import load_tool

SOURCE = Path(__file__).parents[2] / "src" / "chainrule"
TEXTS = {path: path.read_text() for path in sorted((SOURCE / "checking").rglob("*.py"))}
ELSEWHERE = {path: text for path, text in TEXTS.items() if path.parent != SOURCE / "checking" / "codes"}

tool = load_tool("codes")


def codes_used(text):
    """The codes that a module's text asks for by a literal name."""
    return [
        call.args[0].value
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and _called(call.func) in ("found", "_found", "Hypothesis") and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]


def _called(function):
    return getattr(function, "attr", getattr(function, "id", ""))


def named_in(text):
    """All capital words that stand as strings in a module's text, as codes do."""
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("[A-Z][A-Z0-9_]+", node.value)
    }


NAMED = {name for text in ELSEWHERE.values() for name in named_in(text)}


def test_the_page_says_what_the_code_says():
    assert tool.page() == tool.PAGE.read_text(encoding="utf-8"), "run python tools/codes.py"


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.name)
def test_the_sentence_can_be_filled_in(code):
    facts = {field: f"<{field}>" for field in code.fields - {"part"}}

    finding = code.finding("dw", facts)

    assert (code.name, code.severity, "dw") == (finding.code, finding.severity, finding.part)
    assert "{" not in finding.message + finding.hint
    assert finding.message.strip().endswith((".", ">", "?"))


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.name)
def test_a_code_shows_a_wrong_and_a_right_example(code):
    assert re.fullmatch("[A-Z][A-Z0-9_]+", code.name)
    assert code.wrong.strip()
    assert code.right.strip()
    assert code.wrong != code.right


@pytest.mark.parametrize("name", CODES)
def test_a_code_is_used(name):
    assert name in NAMED


def test_every_code_that_is_asked_for_is_in_the_table():
    asked = {name: path.name for path, text in TEXTS.items() for name in codes_used(text)}

    assert {} == {name: file for name, file in asked.items() if name not in CODES}


def test_every_code_stands_in_one_group():
    assert list(CODES) == [code.name for group in GROUPS.values() for code in group]


# -- and they fail where they should -------------------------------------------------------------------------


def test_two_codes_of_one_name_are_refused():
    code = Code("X", "{part} is wrong.", "", "a", "b")

    with pytest.raises(ValueError, match="same name"):
        table(code, code)


def test_codes_that_are_asked_for_are_seen():
    text = 'found("AA", "dw")\nself._found("BB", {})\nHypothesis("CC", f)\nother("DD")\nfound(code)'

    assert ["AA", "BB", "CC"] == sorted(codes_used(text))
    assert {"AA", "BB", "CC", "DD"} == named_in(text)


def test_the_page_shows_fields_in_italics_and_escapes_signs():
    code = Code("X", "{part} is 1/{size} * a|b too large{because}.{besides}", "Look at `{line}`.", "a | b", "c")

    assert r"*part* is 1/*size* \* a\|b too large. Look at `line`." == tool.sentence(code)
