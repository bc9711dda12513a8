"""A report on paper, on a terminal and in a notebook: what it says, and that nothing an author wrote becomes markup."""

import io
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from chainrule.checking.finding import Finding
from chainrule.checking.printing import html, rich_report, text
from chainrule.checking.printing.notebook import COLOURS
from chainrule.checking.report import Report

TRANSPOSED = Finding(
    "TRANSPOSED",
    "dw comes out transposed.",
    part="dw",
    expected="shape (3, 7)",
    received="shape (7, 3)",
    hint="Write x.T @ dout.",
)
FACTOR = Finding("FACTOR_N", "db is N times too large.", where="entry [2, 1]", expected="0.12", received="0.60")
WARNING = Finding("WRITES_ARGUMENT", "backward writes into d_out.", "warning")
UNSURE = Finding("KINK", "A kink lies inside the step.", "unsure", details="step   slope\n1e-2   -1.0")
RIGHT = Report("ReLU", checked=("gradients match", "shapes"), like="relu")
WRONG = Report("Affine", (WARNING, TRANSPOSED, FACTOR), ("gradients match",), "affine")

EVIL = "[bold]x[/bold]<script>alert(1)</script>\x1b[31m\r\n&\u202e"


def on_terminal(report, width=80, color=False):
    file = io.StringIO()
    system = "truecolor" if color else None
    Console(file=file, width=width, force_terminal=color, color_system=system, highlight=False).print(report)
    return file.getvalue()


# -- text ------------------------------------------------------------------------------------------------


def test_a_right_subject_is_a_line_and_what_was_checked():
    assert "ReLU: right (compared with relu)\n  checked: gradients match, shapes" == text(RIGHT)


def test_a_wrong_one_is_told_finding_by_finding_and_warnings_last():
    assert """\
Affine: wrong (compared with affine)

  TRANSPOSED: dw comes out transposed.
    expected shape (3, 7), received shape (7, 3)
    Hint: Write x.T @ dout.

  FACTOR_N: db is N times too large.
    at entry [2, 1]: expected 0.12, received 0.60

  warning WRITES_ARGUMENT: backward writes into d_out.

  checked: gradients match""" == text(WRONG)


def test_shapes_that_the_message_names_are_not_said_twice():
    finding = Finding("X", "dw is (7, 3) instead of (3, 7).", expected="shape (3, 7)", received="shape (7, 3)")

    assert "Affine: wrong\n\n  X: dw is (7, 3) instead of (3, 7)." == text(Report("Affine", (finding,)))


def test_a_place_that_the_message_names_is_not_said_twice():
    finding = Finding(
        "X", "It is furthest off at entry [1]: 2 where 1 is expected.", "error", "", "", "", "1", "2", "entry [1]"
    )

    assert text(Report("Affine", (finding,))).endswith("X: It is furthest off at entry [1]: 2 where 1 is expected.")


def test_the_table_of_a_doubt_keeps_its_columns():
    assert """\
abs: cannot tell

  unsure KINK: A kink lies inside the step.
    step   slope
    1e-2   -1.0""" == text(Report("abs", (UNSURE,)))


def test_many_subjects_have_a_total_and_what_was_checked_stands_once():
    report = Report("layers.py", parts=(RIGHT, Report("Tanh", checked=("shapes",)), WRONG, RIGHT))

    assert text(report).startswith("""\
layers.py: wrong

  ReLU: right (compared with relu)
  Tanh: right

  Affine: wrong (compared with affine)
""")
    assert text(report).endswith("""\
    warning WRITES_ARGUMENT: backward writes into d_out.

  ReLU: right (compared with relu)

  3 right, 1 wrong.

  checked: gradients match, shapes""")


def test_warnings_of_a_right_subject_are_counted():
    assert text(Report("relu", (WARNING,))).startswith("relu: right, 1 warning\n")
    assert text(Report("relu", (WARNING, WARNING))).startswith("relu: right, 2 warnings\n")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_are_as_wide_as_the_page(width):
    finding = Finding("FACTOR_N", "dw is N times too large, " * 6, hint="Divide by N, " * 9, expected="1", received="2")

    lines = text(Report("Affine", (finding,)), width).splitlines()

    assert width - 12 < max(map(len, lines)) <= width


def test_shapes_and_code_stay_together_on_one_line():
    words = "w (3, 7) and x[2, 1] and `x @ w.T` "
    lines = text(Report("Affine", (Finding("X", words * 20),)), 50).splitlines()
    said = " ".join(line.strip() for line in lines)

    assert 20 == said.count(words.strip())
    assert not [line for line in lines if re.search(r"\(3,$|\[2,$|`x$|@$", line)]


def test_a_word_that_is_longer_than_a_line_is_cut():
    assert 40 == max(map(len, text(Report("Affine", (Finding("X", "y" * 200),)), 40).splitlines()))


def test_str_repr_and_the_failed_test_say_the_same():
    assert text(WRONG) == str(WRONG) == repr(WRONG)
    with pytest.raises(AssertionError, match="TRANSPOSED"):
        WRONG.raise_if_failed()


# -- a terminal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 100])
def test_a_terminal_shows_the_same_lines(width):
    shown = "\n".join(line.rstrip() for line in on_terminal(WRONG, width).splitlines())

    assert text(WRONG, width) == shown


def test_a_wide_terminal_is_not_filled():
    finding = Finding("FACTOR_N", "dw is N times too large, " * 20)

    assert 100 >= max(map(len, on_terminal(Report("Affine", (finding,)), 200).splitlines()))


def test_a_terminal_colours_the_verdict_besides_saying_it():
    assert "\x1b[1;31m wrong" in on_terminal(WRONG, color=True)
    assert "\x1b[1;32m right" in on_terminal(RIGHT, color=True)


# -- whatever an author writes stays text ------------------------------------------------------------------


EVIL_REPORT = Report(
    EVIL,
    (Finding(EVIL, EVIL, part=EVIL, hint=EVIL, expected=EVIL, received=EVIL, where="entry " + EVIL, details=EVIL),),
    (EVIL,),
    EVIL,
    (Report(EVIL, (Finding("X", EVIL, "unsure"),)),),
)


@pytest.mark.parametrize("shown", [text(EVIL_REPORT), on_terminal(EVIL_REPORT), html(EVIL_REPORT)])
def test_control_characters_are_spelled_out(shown):
    assert not set("\x1b\r\u202e") & set(shown)
    assert "\\x1b" in shown


def test_markup_of_a_terminal_is_text():
    assert on_terminal(EVIL_REPORT).count("[bold]x[/bold]") >= 10


def test_a_notebook_gets_no_tag_that_an_author_wrote():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.seen = set()

        def handle_starttag(self, tag, attrs):
            self.seen.add((tag, *(name for name, _ in attrs)))

    parser = Tags()
    parser.feed(html(EVIL_REPORT))

    assert {"div", "strong", "span", "em", "pre"} == {tag for tag, *_ in parser.seen}
    assert {"style"} == {name for _, *names in parser.seen for name in names}


# -- a notebook ------------------------------------------------------------------------------------------


def test_a_notebook_shows_all_that_the_text_says():
    report = Report("layers.py", parts=(RIGHT, WRONG, Report("abs", (UNSURE,))))
    words = [word.strip(".:()") for word in text(report).split()]
    shown = re.sub(r"<[^>]+>", " ", html(report))

    assert [] == [word for word in words if word not in shown]
    assert html(report) == report._repr_html_()


def test_a_notebook_says_the_verdict_besides_its_colour():
    assert "✗ wrong" in html(WRONG)
    assert "✓ right" in html(RIGHT)
    assert "? cannot tell" in html(Report("abs", (UNSURE,)))


def luminance(colour):
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", sorted(set(COLOURS.values())))
def test_colours_of_a_notebook_are_legible_on_light_and_dark(colour):
    assert contrast("#ffffff", colour) >= 4.5
    assert contrast("#111111", colour) >= 3


def test_rich_prints_a_report_itself():
    assert on_terminal(rich_report(WRONG)) == on_terminal(WRONG)
