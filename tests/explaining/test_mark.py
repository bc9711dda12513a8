"""Marking: right answers pass, and each mistake is found in the line where it is. Expected texts are worked by hand."""

import pytest

from chainrule.explaining.expressions.expression import ExpressionError
from chainrule.explaining.marking.mark import mark

A = "A = exp(a)/sqrt(b)*log(a+b)"
B = "B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)"
C = "C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..2)"
RIGHT = "t1=exp(a); t2=sqrt(b); t3=t1/t2; t4=a+b; t5=log(t4); t6=t3*t5"
RIGHT_B = "t1=a+b; t2=c^2; t3=t1+t2; t4=sqrt(t3); t5=log(t3); t6=b*t2; t7=t3/t6; t8=t4+t5; t9=t8+t7"
MESSAGES = (
    "t6->t3: t5; t6->t5: t3; t5->t4: 1/t4; t4->a: 1; t4->b: 1; "
    "t3->t1: 1/t2; t3->t2: -t1/t2^2; t2->b: 1/(2*t2); t1->a: t1"
)
NUMBERS = (
    "t6->t3: 1.099; t6->t5: 1.922; t5->t4: 0.6407; t4->a: 0.6407; t4->b: 0.6407; "
    "t3->t1: 0.7768; t3->t2: -1.493; t2->b: -0.5279; t1->a: 2.112"
)
AT = {"a": 1, "b": 2}


def codes(marking):
    return [(finding.line, finding.code) for finding in marking.findings]


# -- right answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (A, RIGHT),
        (A, RIGHT.replace("; ", "\n") + "\n"),
        (A, "u = b + a\nv = log(u)\nw = exp(a)\nr = sqrt(b)\nq = w / r\nA = v * q"),
        (A, RIGHT + "; A = t6"),
        (B, RIGHT_B),
        (B, "p=c^2; s=b+a; q=p+s; B1=log(q); B2=sqrt(q); d=p*b; e=q/d; g=B1+B2; B=e+g"),
        (C, "p=w1*x1; q=w0+p; r=q-y1; s=r^2; k=w1*x2; l=w0+k; m=l-y2; n=m^2; C=s+n"),
        ("a*a", "f = a*a"),
        ("(a+b)*(b+a)", "t = a+b; f = t*t"),
        ("max(a, b)/2", "m = max(b, a); f = m/2"),
        ("2*3*a", "f = 6*a"),
    ],
)
def test_right_answers_pass_whatever_their_names_and_order(expression, answer):
    marking = mark(expression, answer)

    assert [] == codes(marking)
    assert marking.passed
    assert marking.same_graph
    assert str(marking).endswith(": right")


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (A, "t1=exp(a); t2=sqrt(b); t4=a+b; t5=log(t4); t3=t1*t5; t6=t3/t2"),
        (B, RIGHT_B.replace("t1=a+b; t2=c^2; t3=t1+t2", "t2=c^2; t1=b+t2; t3=a+t1")),
        (B, RIGHT_B.replace("t2=c^2", "t2=c*c")),
    ],
)
def test_another_way_of_the_same_length_passes_with_a_note(expression, answer):
    marking = mark(expression, answer)

    assert [(0, "order")] == codes(marking)
    assert marking.passed
    assert not marking.same_graph
    assert marking.first is None


# -- one mistake each ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "line", "code", "message"),
    [
        (RIGHT.replace("sqrt(b)", "sqrt(b"), 2, "syntax", "'(' is never closed"),
        (RIGHT.replace("t5=log(t4)", "t5=lgo(t4)"), 5, "syntax", "Did you mean 'log'"),
        (RIGHT.replace("t4=a+b", "a+b"), 4, "name", "t4 = a+b"),
        (RIGHT.replace("t1/t2", "t1/t7"), 3, "undefined", "t7 is not defined"),
        (
            "t1=exp(a); t2=sqrt(b); t3=t1/t2; t5=log(t4); t4=a+b; t6=t3*t5",
            4,
            "undefined",
            "t4 is used here and defined only in line 5; move that line up",
        ),
        (RIGHT.replace("t3=t1/t2", "t1=t2/t2"), 3, "redefined", "t1 is defined already, in line 1"),
        (RIGHT.replace("t4=a+b", "b=a+2"), 4, "redefined", "b is a value of the expression"),
        (
            "t3=exp(a)/sqrt(b); t4=a+b; t5=log(t4); t6=t3*t5",
            1,
            "several",
            "t3 takes 3 operations; write u1 = exp(a); u2 = sqrt(b); t3 = u1 / u2",
        ),
        (RIGHT.replace("t4=a+b", "t0=a; t4=t0+b"), 4, "none", "t0 is a again, and no operation; use a itself"),
        (RIGHT.replace("t4=a+b", "t0=2; t4=a+b"), 4, "none", "t0 is 2 again, and no operation; use 2 itself"),
        ("t1=exp(a); t2=a-b; t7=sqrt(t2); t6=t1*t7", 3, "no value", "sqrt(t2) has no value"),
        (
            RIGHT.replace("t5=log(t4)", "t8=b+a; t5=log(t8)"),
            5,
            "repeated",
            "t8 has the value that t4 has already (line 4); use it",
        ),
        (RIGHT.replace("t3=t1/t2", "t3=t1*t2"), 3, "value", "t3 is not what is needed here; expected t1 / t2"),
        (RIGHT.replace("sqrt(b)", "sqrt(a)"), 2, "value", "t2 is not what is needed here; expected sqrt(b)"),
        (RIGHT.replace("t4=a+b", "t4=a*b"), 4, "value", "expected a + b"),
        (RIGHT.replace("t3*t5", "t3+t5"), 6, "value", "t6 is not what is needed here; expected t3 * t5"),
        (RIGHT.replace("; t6=t3*t5", ""), 5, "incomplete", "expected t3 * t5 at the end"),
        ("", 0, "incomplete", "expected lines such as t1 = exp(a)"),
        (RIGHT.replace("t5=log", "t7=sin(a); t5=log"), 5, "unused", "t7 is not used for t6; leave it out"),
        (
            RIGHT.replace("t3=t1/t2", "t7=1/t2; t3=t1*t7"),
            3,
            "extra",
            "6 operations are enough, and 1/t2 is none of them",
        ),
    ],
)
def test_one_mistake_is_found_in_its_line(answer, line, code, message):
    marking = mark(A, answer)

    assert not marking.passed
    assert (line, code) == (marking.first.line, marking.first.code)
    assert message in marking.first.message


def test_two_mistakes_are_pointed_at_the_first():
    marking = mark(A, RIGHT.replace("t1/t2", "t1*t2").replace("t4=a+b", "t4=a*b"))

    assert 3 == marking.first.line


def test_a_line_that_depends_on_an_unreadable_one_is_not_complained_about():
    assert [(1, "syntax")] == codes(mark(A, RIGHT.replace("exp(a)", "exp(a")))


def test_a_repeated_part_of_the_shared_sum_is_found():
    answer = "t1=a+b; t2=c^2; t3=t1+t2; t4=sqrt(t3); t5=log(t3); t0=c^2; t6=b*t0; t7=t3/t6; t8=t4+t5; t9=t8+t7"

    assert [(6, "repeated")] == codes(mark(B, answer))


def test_a_value_that_the_expression_itself_computes_in_two_ways_may_be_too():
    assert mark("exp(a)*exp(b) + exp(a+b)", "p=exp(a); q=exp(b); r=p*q; s=a+b; t=exp(s); f=r+t").passed


def test_the_place_in_a_line_is_shown():
    marking = mark(A, RIGHT.replace("t1/t2", "t1/t7"))

    assert 7 == marking.first.column
    assert "line 3   t3=t1/t7\n               ^\n  t7 is not defined." in str(marking)


def test_sums_of_one_line_count_all_their_operations():
    marking = mark(C, "C = sum((w0 + w1*x[i] - y[i])^2 for i in 1..2)")

    assert [(1, "several")] == codes(marking)
    assert "C takes 9 operations" in marking.first.message


def test_an_unreadable_question_is_the_askers_mistake():
    with pytest.raises(ExpressionError):
        mark("exp(a", "t1 = exp(a)")


def test_an_expression_without_values_is_refused():
    with pytest.raises(ValueError, match="no value at any of 120 random points"):
        mark("log(-a^2 - 1)", "t1 = a^2")


# -- messages and sums -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (MESSAGES, {}),
        (MESSAGES.replace("->", " -> ").replace(":", " ="), AT),
        (NUMBERS, AT),
        (NUMBERS.replace("t6->t3: 1.099", "t6->t3: dt6/dt3 = t5 = 1.1"), AT),
        ("t6 -> t3: dt6/dt3; " + MESSAGES.partition("; ")[2], {}),
        ("d b = -0.5279 + 0.6407; d a = 2.112 + 0.6407", AT),
        ("dt6/db = -0.5279 + 0.6407 = 0.1128; dt6/da = 2.752", AT),
        ("d a = dt6/dt1*dt1/da + dt6/dt4*dt4/da; d b = dt6/dt4 + dt6/dt2*dt2/db", {}),
        ("d a = t5*t1/t2 + t3/t4; d b = t3/t4 - t5*t1/t2^2/(2*t2)", {}),
    ],
)
def test_right_messages_and_sums_pass(lines, values):
    assert [] == codes(mark(A, f"{RIGHT}\n{lines}", **values))


def test_both_edges_of_a_square_may_be_given_alone_or_together():
    assert mark("a*a", "f=a*a; f->a: a; f->a: a; d a = a + a").passed
    assert mark("a*a", "f=a*a; f->a: 2*a; d a = 2*a").passed


@pytest.mark.parametrize(
    ("lines", "values", "line", "code", "message"),
    [
        (MESSAGES.replace("t6->t3: t5", "t6->t3: t4"), {}, 7, "product", "expected dt6/dt3 = t5, or its product"),
        (MESSAGES.replace("-t1/t2^2", "t1/t2^2"), {}, 13, "product", "expected dt3/dt2 = -t1/t2^2"),
        (NUMBERS.replace("1.922", "1.822"), AT, 8, "product", "in numbers 1.922, or 1.922"),
        (NUMBERS, {}, 7, "values", "mark("),
        (MESSAGES.replace("t6->t3", "t6->t1"), {}, 7, "edge", "t6 does not use t1; it uses t3 and t5"),
        (MESSAGES.replace("t6->t3", "t6->t0"), {}, 7, "undefined", "t0 is not defined"),
        (MESSAGES.replace("t6->t3: t5", "t6->t3: t0"), {}, 7, "syntax", "t0 is not defined"),
        (MESSAGES.replace("t6->t3: t5", "t6->t3: (t5"), {}, 7, "syntax", "never closed"),
        (MESSAGES.replace("; t1->a: t1", ""), {}, 0, "missing product", "the message t1 -> a is missing"),
        ("d b = -0.5279; d a = 2.752", AT, 7, "sum", "the message from t4 (0.6407) is missing"),
        ("d b = -0.5279 + 0.33; d a = 2.752", AT, 7, "sum", "0.33 is no message to b"),
        ("d b = -0.5279 + 0.6407 = 0.2; d a = 2.752", AT, 7, "sum", "0.2 is not the sum of the messages to b, 0.1128"),
        ("d b = 0.1128", AT, 0, "missing sum", "the sum at a is missing"),
        ("d b = 0.1128; d a = 2.752", {}, 7, "values", "mark("),
        ("d b = 0.1128; d t0 = 2.752", AT, 8, "undefined", "t0 is not defined"),
        (
            "d a = dt6/dt1*dt1/da; d b = dt6/dt4*dt4/db + dt6/dt2*dt2/db",
            {},
            7,
            "sum",
            "dt6/dt1*dt1/da is not the sum of the messages to a; the message from t4 is missing",
        ),
    ],
)
def test_a_wrong_or_missing_message_or_sum_is_found(lines, values, line, code, message):
    marking = mark(A, f"{RIGHT}\n{lines}", **values)
    found = [finding for finding in marking.findings if finding.code == code]

    assert not marking.passed
    assert marking.same_graph
    assert line == found[0].line
    assert message in found[0].message


@pytest.mark.parametrize(
    ("expression", "wrong", "expected"),
    [
        ("(a + b)^2", "t1 = a + b; f = t1 * b", "expected t1 ^ 2"),
        ("(a + b)**2", "t1 = a + b; f = t1 * b", "expected t1 ** 2"),
        ("(a + b)^2 / a^3", "t1 = a + b; t2 = t1*b; t3 = a**3; f = t2/t3", "expected t1 ** 2"),
        ("(a + b)**2 / a**3", "t1 = a + b; t2 = t1*b; t3 = a^3; f = t2/t3", "expected t1 ^ 2"),
    ],
)
def test_powers_are_shown_as_the_answer_has_them_or_else_the_expression(expression, wrong, expected):
    assert mark(expression, wrong).first.message.endswith(expected)


def test_messages_wait_until_the_definitions_are_right():
    assert [(3, "value")] == codes(mark(A, RIGHT.replace("t1/t2", "t1*t2") + "; t6->t3: 7*t4"))


def test_a_rounded_number_is_right_in_its_digits_only():
    assert mark("sqrt(a)", "f=sqrt(a); f->a: 0.35; d a = 0.354", a=2).passed
    assert not mark("sqrt(a)", "f=sqrt(a); f->a: 0.38", a=2).passed
