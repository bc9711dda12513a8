"""The text form."""

import dataclasses

import pytest

from chainrule import explain
from chainrule.explaining.printing.text import text
from explaining.printed import arrays, expression_a, expression_b, expression_c, only_an_input, product_of
from explaining.printed import without_gradients as without

FORMS = ("both", "chain", "rule", "numbers")

A = """\
A = exp(a)/sqrt(b)*log(a+b)   at a = 1, b = 2

a) one operation each    value
   t1 = exp(a)           2.718
   t2 = sqrt(b)          1.414
   t3 = t1 / t2          1.922
   t4 = a + b            3
   t5 = log(t4)          1.099
   A  = t3 * t5          2.112

c) messages sent backwards                                     d) sums
   start   dA/dA = 1
   A -> t3    dA/dA * dA/dt3   = 1 * 1.099        =  1.099     dA/dt3 = 1.099
   A -> t5    dA/dA * dA/dt5   = 1 * 1.922        =  1.922     dA/dt5 = 1.922
   t5 -> t4   dA/dt5 * dt5/dt4 = 1.922 * 0.3333   =  0.6407    dA/dt4 = 0.6407
   t4 -> a    dA/dt4 * dt4/da  = 0.6407 * 1       =  0.6407
   t4 -> b    dA/dt4 * dt4/db  = 0.6407 * 1       =  0.6407
   t3 -> t1   dA/dt3 * dt3/dt1 = 1.099 * 0.7071   =  0.7768    dA/dt1 = 0.7768
   t3 -> t2   dA/dt3 * dt3/dt2 = 1.099 * (-1.359) = -1.493     dA/dt2 = -1.493
   t2 -> b    dA/dt2 * dt2/db  = -1.493 * 0.3536  = -0.5279    dA/db = 0.6407 + (-0.5279) = 0.1128
   t1 -> a    dA/dt1 * dt1/da  = 0.7768 * 2.718   =  2.112     dA/da = 0.6407 + 2.112 = 2.752
"""


def lines_of(record, form="both"):
    return text(record, form).splitlines()


def test_expression_a_is_worked_as_on_paper():
    printed = text(expression_a())

    assert A == printed[: len(A)]
    assert "note   log is the natural logarithm." == printed.splitlines()[-1]
    assert printed.endswith(".\n")


def test_inputs_are_checked_and_said_to_agree():
    checks = [line[7:] for line in lines_of(expression_a()) if "agrees" in line]

    assert ["= 2.752    agrees", "= 0.1128   agrees"] == [line[line.index("=") :] for line in checks]
    assert all(line.startswith("(A(") and "e-" in line for line in checks)


def test_a_check_that_fails_says_what_was_expected():
    record = expression_a()
    wrong = dataclasses.replace(record.checks[0], expected=9.5, agrees=False)
    printed = text(dataclasses.replace(record, checks=[wrong]))

    assert "= 2.752   does not agree with dA/da = 9.5" in printed


def test_chain_is_products_of_partial_derivatives_alone():
    lines = lines_of(expression_a(), "chain")

    assert "   t2 -> b    dA/dt2 * dt2/db     dA/db = dA/dt4 * dt4/db + dA/dt2 * dt2/db" in lines


def test_rule_fills_the_local_derivatives_in():
    lines = lines_of(expression_a(), "rule")

    assert "   t2 -> b    dA/dt2 * (1 / (2 * t2))" in [line[:38].rstrip() for line in lines]
    assert "dA/da = dA/dt4 * 1 + dA/dt1 * t1" in lines[-6]


def test_numbers_have_no_symbols():
    lines = lines_of(expression_a(), "numbers")

    assert "   t2 -> b    -1.493 * 0.3536  = -0.5279    dA/db = 0.6407 + (-0.5279) = 0.1128" in lines


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("record", [expression_a, expression_b, expression_c, arrays])
def test_lines_fit_on_a_page(record, form):
    printed = text(record(), form)

    assert 110 >= max(map(len, printed.splitlines()))
    assert printed.isascii()
    assert printed == text(record(), form)


def test_all_messages_and_sums_of_every_node_are_there():
    for record in (expression_b(), expression_c()):
        printed = text(record)

        assert len(record.messages) == printed.count(" -> ")
        assert all(f"d{record.name}/d{node.name} = " in printed for node in record.nodes)


def test_sums_stand_below_where_the_page_is_too_narrow():
    terms = " + ".join(f"exp(long_name * {k})" for k in range(2, 10))
    lines = lines_of(explain(f"A = {terms}", long_name=0.5).record, "chain")
    sums = lines[lines.index("d) sums") :]

    assert "   dA/dlong_name = dA/d" in "\n".join(sums)
    assert any(line.startswith(" " * 10 + "+") or line.lstrip().startswith("+ ") for line in sums)
    assert 110 >= max(map(len, lines))


def test_arrays_show_the_rule_and_the_shape():
    printed = text(arrays())

    assert "d_w += x.T @ d_t1" in printed
    assert "(3, 2), all 1" in printed
    assert "d_w = " in printed
    assert "(loss(w+" in printed
    assert "x = ((5, 3), from -1 to 1)" in printed


def test_array_messages_are_numbers_alone_if_asked():
    printed = text(arrays(), "numbers")

    assert "@ d_" not in printed
    assert "d_w, the sum of 3 messages: (3, 2), " in printed


def test_an_operand_that_is_used_twice_is_counted():
    printed = text(explain("A = a * a", a=3).record)

    assert "A -> a (operand 1)" in printed
    assert "dA/da = 3 + 3 = 6" in printed


def test_a_result_with_a_name_of_its_own_is_pointed_at():
    record = dataclasses.replace(product_of("a", "b", name="t1"), name="A")

    assert any(line.endswith("6   = A") for line in lines_of(record))


def test_a_logarithm_is_called_natural_once():
    record = expression_a()
    said = dataclasses.replace(record, notes=("log is natural here",))

    assert 1 == text(record).count("natural")
    assert 1 == text(said).count("natural")
    assert "natural" not in text(expression_c())


def test_without_derivatives_no_message_is_sent():
    printed = text(without())

    assert "c) messages" not in printed
    assert "no message is sent" in " ".join(printed.split())


def test_an_input_alone_is_its_own_result():
    assert "a = a   at a = 2\n" == text(only_an_input())


def test_a_function_is_shown_with_its_arguments_and_constants():
    assert "A = product(x, y)   at x = 2, y = 3, k = ((9,), all 1)" == lines_of(product_of("x", "y"))[0]


@pytest.mark.parametrize("name", ["a_b%", "x&y", "weiß", "_", "d_", "x" * 200])
def test_any_name_is_printed_as_it_is(name):
    assert f"{name} -> " in text(product_of("a", "b", name=name))
