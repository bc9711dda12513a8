"""EDF's exercise 1: its solution against hand-worked numbers, differences and the sheet's errors; texts are marked."""

import math

import numpy as np
import pytest
from solved_sources import (
    array_tests_of,
    cases_of,
    central_difference,
    findings,
    learners_text,
    mistaken,
    probed,
    solution_lines,
    source_of,
    work_of,
)

from chainrule.exercises import Answer
from chainrule.exercises.comparing import judge_answer
from chainrule.explaining.marking.mark import mark
from real_data import needs_mnist

SOURCE = source_of("edf_1")
SOLVED = SOURCE.solved
TESTS = array_tests_of(SOURCE)
ANSWERS = {test.variable: test for task in SOURCE.exercise.tasks for test in task.tests if isinstance(test, Answer)}


# -- the solution --------------------------------------------------------------------------------------------


def test_the_matrix_of_derivatives_is_right_by_hand():
    np.testing.assert_array_equal(
        [[1, 2, 3], [10, 20, 30]],
        SOLVED.vector_derivative_product(np.array([1.0, 10.0]), np.array([1.0, 2.0, 3.0])),
    )


def test_the_matrix_of_derivatives_is_a_central_difference():
    for A, x in cases_of(TESTS["VectorDerivativeProductTest"]):
        W = np.ones((len(A), len(x)))
        slopes = central_difference(lambda W, A=A, x=x: float(A @ (W @ x)), W)

        np.testing.assert_allclose(slopes, SOLVED.vector_derivative_product(A, x), atol=1e-8)


def test_the_lines_derivatives_are_right_by_hand():
    # error -1 and -3: (2/2) (-1 * 1 - 3 * 2) and (2/2) (-1 - 3)
    derivatives = SOLVED.LinearRegression.compute_derivatives(np.array([1.0, 2.0]), np.array([1.0, 3.0]), 0.0, 0.0)

    assert (-7, -4) == derivatives


def test_logistic_derivatives_are_right_by_hand_and_by_differences():
    x, y, y_hat = np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[0.0], [1.0]]), np.array([[0.5], [0.5]])
    samples = np.random.default_rng(0).normal(size=(6, 3))
    labels = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])

    def loss(w):
        p = 1 / (1 + np.exp(-samples @ w[:, None]))
        return float(-np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p)))

    w = np.array([0.5, -1.0, 0.25])
    p = 1 / (1 + np.exp(-samples @ w[:, None]))
    np.testing.assert_array_equal([0, -0.5], SOLVED.LogisticRegression.compute_derivatives(x, y, y_hat))
    np.testing.assert_allclose(
        central_difference(loss, w), SOLVED.LogisticRegression.compute_derivatives(samples, labels, p), atol=1e-8
    )


def test_both_nodes_are_right_by_hand():
    l2, vector = TESTS["L2LossBackwardTest"], TESTS["SingleProbToProbVectorBackwardTest"]
    loss = probed(l2, SOLVED, (np.array([[3.0], [1.0]]), np.array([[1.0], [1.0]]), np.array([[0.5], [7.0]])))
    sent = probed(vector, SOLVED, (np.array([[0.25]]), np.array([[3.0, 5.0]])))
    value = probed(TESTS["SingleProbToProbVectorForwardTest"], SOLVED, (np.array([[0.25], [1.0]]),))["value"]

    np.testing.assert_array_equal([[4], [0]], loss["value"])
    np.testing.assert_array_equal([[2], [0]], loss["sent to y_hat"])
    np.testing.assert_array_equal([[0.25, 0.75], [1, 0]], value)
    assert [3, -5] == [sent["sent to z from column 0"].item(), sent["sent to z from column 1"].item()]


def squared(x, y, A, b):
    return (x @ A + b - y) ** 2


def surprise(x, y, A, b):
    z = 1 / (1 + np.exp(-(x @ A + b)[:, 0]))
    return -np.log(np.where(y == 0, z, 1 - z))


@pytest.mark.parametrize(
    ("name", "loss"), [("LinearRegressionGraphTest", squared), ("LogisticRegressionGraphTest", surprise)]
)
def test_a_graphs_loss_and_gradients_are_right(name, loss):
    for x, y, A, b in cases_of(TESTS[name]):
        results = probed(TESTS[name], SOLVED, (x, y, A, b))

        np.testing.assert_allclose(loss(x, y, A, b), results["loss"], rtol=1e-12)
        d_A = central_difference(lambda A, x=x, y=y, b=b: float(np.mean(loss(x, y, A, b))), A)
        d_b = central_difference(lambda b, x=x, y=y, A=A: float(np.mean(loss(x, y, A, b))), b)
        np.testing.assert_allclose(d_A, results["A.grad"], atol=1e-8)
        np.testing.assert_allclose(d_b, results["b.grad"], atol=1e-8)


def test_column_0_is_the_probability_of_class_0():
    x, A = np.array([[1.0], [-1.0]]), np.array([[3.0]])
    p = probed(TESTS["LogisticRegressionGraphTest"], SOLVED, (x, np.array([0, 1]), A, np.zeros(1)))["p"]

    np.testing.assert_allclose([[1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3))]], p[:1])


def test_what_is_given_stays_finite_where_probabilities_are_rounded_to_0():
    x, A = np.array([[1.0], [-1.0]]), np.array([[1000.0]])
    results = probed(TESTS["LogisticRegressionGraphTest"], SOLVED, (x, np.array([1, 0]), A, np.zeros(1)))

    assert all(np.isfinite(one).all() for one in results.values())


@needs_mnist
@pytest.mark.parametrize(("size", "percent"), [(1, 10.3), (4, 7.6), (8, 2.6)])
def test_the_sheets_test_errors_come_out(size, percent):
    np.random.seed(0)
    losses, errors, _ = SOLVED.train_logistic_regression(*SOLVED.ones_and_eights(size))

    assert percent == pytest.approx(100 * errors[-1], abs=0.25)
    assert losses[-1] < losses[0]


def test_the_plot_shows_the_line_before_and_after_and_the_loss(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: None)
    figure = SOLVED.line_experiment(steps=2000)
    line, loss = figure.axes
    before, after = (text.get_text() for text in line.get_legend().get_texts())

    assert "before: 4 x + 1" == before
    assert after.startswith("after: 2.")
    assert 2000 == len(loss.get_lines()[0].get_xdata())
    plt.close(figure)


# -- the tests of arrays -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "test", "said"),
    [
        (
            "A[:, np.newaxis] * x[np.newaxis, :]",
            "x[:, np.newaxis] * A[np.newaxis, :]",
            "VectorDerivativeProductTest",
            "W_hat comes out transposed",
        ),
        ("return 2 * np.mean(error * x)", "return np.mean(error * x)", "LineDerivativesTest", "d_slope is half of"),
        (
            "error = slope * x + offset_y - y",
            "error = y - slope * x - offset_y",
            "LineDerivativesTest",
            "d_slope has the wrong sign",
        ),
        (
            "np.mean((y_hat - y) * x, axis=0)",
            "np.sum((y_hat - y) * x, axis=0)",
            "LogisticDerivativesTest",
            "d_w is N = 5 times too large",
        ),
        (
            "np.mean((y_hat - y) * x, axis=0)",
            "(y_hat - y) * x",
            "LogisticDerivativesTest",
            "d_w is an array of shape (N, 3) = (5, 3); asked is an array of shape (3,), and the mean",
        ),
        (
            "* (self.y_hat.value - self.y.value) * self.grad",
            "* (self.y_hat.value - self.y.value)",
            "L2LossBackwardTest",
            "sent to y_hat does not change when d_out changes",
        ),
        (
            "* (self.y_hat.value - self.y.value) * self.grad",
            "* (self.y_hat.value - self.y.value) * self.grad / len(self.grad)",
            "L2LossBackwardTest",
            "sent to y_hat is only 1/N = 1/5 of what it should be: each sample's loss is returned here",
        ),
        (
            "self.y_hat.addgrad(2 * (self.y_hat.value - self.y.value) * self.grad)",
            "self.y_hat.grad = 2 * (self.y_hat.value - self.y.value) * self.grad",
            "L2LossBackwardTest",
            "sent to y_hat is all zeros",
        ),
        (
            "[self.z.value, 1 - self.z.value]",
            "[1 - self.z.value, self.z.value]",
            "SingleProbToProbVectorForwardTest",
            "the columns in reverse order",
        ),
        (
            "self.grad[:, :1] - self.grad[:, 1:]",
            "self.grad[:, :1] + self.grad[:, 1:]",
            "SingleProbToProbVectorBackwardTest",
            "sent to z from column 1 has the wrong sign",
        ),
        (
            "self.grad[:, :1] - self.grad[:, 1:]",
            "self.grad[:, :1]",
            "SingleProbToProbVectorBackwardTest",
            "sent to z from column 1 is all zeros",
        ),
        (
            "self.grad[:, :1] - self.grad[:, 1:]",
            "self.grad[:, 0] - self.grad[:, 1]",
            "SingleProbToProbVectorBackwardTest",
            "an (N, 1) array met an (N,) array",
        ),
        (
            "weights = AffineParams(n_inputs, 1)\n    y_hat",
            "weights = AffineParams(1, n_inputs)\n    y_hat",
            "LinearRegressionGraphTest",
            "A.value.shape",
        ),
        (
            "Sigmoid(Affine(weights, x))",
            "Sigmoid(Sigmoid(Affine(weights, x)))",
            "LogisticRegressionGraphTest",
            "p differs from what it should be",
        ),
    ],
)
def test_a_typical_mistake_is_named(right, wrong, test, said):
    assert said in findings(SOURCE, test, mistaken(SOURCE, right, wrong))[0].message


# -- answers by text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ANSWERS)
def test_the_solutions_text_is_right(variable):
    answer = ANSWERS[variable]
    marking = mark(answer.expression, getattr(SOLVED, variable), **answer.values)

    assert [] == list(marking.findings)
    assert (True, ()) == judge_answer(answer, getattr(SOLVED, variable))


def test_numbers_worked_by_hand_are_right_and_others_wrong():
    answer = ANSWERS["answer_c"]
    # 1 + 2 x - y is 2, -3 and 5, so the sum at w0 is 2 (2 - 3 + 5), at w1 2 (2 * 1 - 3 * 3 + 5 * 4)
    text = SOLVED.answer_c.replace("d w0 = 2*r1 + 2*r2 + 2*r3", "d w0 = 4.00 - 6.00 + 10.00 = 8.00")
    text = text.replace("d w1 = 2*r1*x1 + 2*r2*x2 + 2*r3*x3", "d w1 = 4.00 - 18.00 + 40.00 = 26.00")

    assert judge_answer(answer, text)[0]
    assert not judge_answer(answer, text.replace("= 8.00\n", "= 9.00\n"))[0]


@pytest.mark.parametrize(
    ("variable", "right", "wrong", "said"),
    [
        ("answer_a", "t3 = t1 / t2", "t3 = t1 * t2", "line 3, `t3 = t1 * t2`: t3 is not what is needed here"),
        ("answer_a", "t6 -> t3: t5", "t6 -> t3: t4", "line 7, `t6 -> t3: t4`: expected dt6/dt3 = t5"),
        ("answer_a", "t4 -> b: 1\n", "", "the message t4 -> b is missing"),
        ("answer_a", "d b = dt6/dt2 * dt2/db + dt6/dt4 * dt4/db", "d b = dt6/dt2 * dt2/db", "the message from t4"),
        ("answer_b", "t7 = b * t2", "t0 = c^2\nt7 = b * t0", "line 7, `t0 = c^2`: t0 has the value that t2 has"),
        ("answer_b", "t8 -> t7: -t3 / t7^2", "t8 -> t7: t3 / t7^2", "line 13, `t8 -> t7: t3 / t7^2`: expected"),
        ("answer_b", " + dt9/dt4 * dt4/dt3", "", "the message from t4 is missing"),
        ("answer_c", "s2 = r2^2", "s2 = 2 * r2", "line 8, `s2 = 2 * r2`: s2 is not what is needed here"),
        ("answer_c", "r3 -> y3: -1", "r3 -> y3: 1", "line 27, `r3 -> y3: 1`: expected dr3/dy3 = -1"),
        (
            "answer_c",
            "d w0 = 2*r1 + 2*r2 + 2*r3",
            "d w0 = 2*r1 + 2*r2",
            "line 40, `d w0 = 2*r1 + 2*r2`: 2*r1 + 2*r2 is not the sum of the messages to w0",
        ),
    ],
)
def test_a_wrong_answer_is_pointed_at_its_line(variable, right, wrong, said):
    text = getattr(SOLVED, variable)
    assert 1 == text.count(right)
    passed, found = judge_answer(ANSWERS[variable], text.replace(right, wrong))

    assert not passed
    assert said in found[0].message


@pytest.mark.parametrize(
    ("left_out", "code"), [("->", "ANSWER_MISSING_PRODUCT"), ("d ", "ANSWER_MISSING_SUM"), ("t6", "ANSWER_INCOMPLETE")]
)
def test_operations_messages_and_sums_are_all_asked_for(left_out, code):
    lines = [line for line in SOLVED.answer_a.splitlines() if left_out not in line.partition("=")[0]]
    passed, found = judge_answer(ANSWERS["answer_a"], "\n".join(lines))

    assert not passed
    assert code in {one.code for one in found}


def test_the_statements_example_is_a_right_answer():
    texts = "\n".join(cell.markdown for cell in SOURCE.texts("[markdown]"))
    start = texts.index("    s = a + b ")
    example = texts[start : texts.index("\n\nA message may be written")]
    asked = Answer("ExampleTest", "answer_e", "E = (a + b)*a", {"a": 2, "b": 3}, backward=True)

    assert (True, ()) == judge_answer(asked, example)
    for written in ("s -> a: de/ds * ds/da", "s -> a: 2.0"):
        assert judge_answer(asked, example.replace("s -> a: 1", written))[0]
    assert judge_answer(asked, example.replace("d a = s + de/ds * ds/da", "d a = 5.00 + 2.00"))[0]


# -- what a learner gets -------------------------------------------------------------------------------------


def test_the_stubs_parse_hold_no_solution_and_raise():
    text = learners_text(SOURCE)
    work = work_of(text)
    node, batch = work.Input(), np.ones((2, 1))
    node.value = batch

    assert [] == [line for line in solution_lines(SOURCE) if line in {each.strip() for each in text.splitlines()}]
    calls = [
        lambda: work.vector_derivative_product(np.ones(2), np.ones(3)),
        lambda: work.LinearRegression.compute_derivatives(np.ones(2), np.ones(2), 1.0, 1.0),
        lambda: work.LogisticRegression.compute_derivatives(batch, batch, batch),
        lambda: work.L2Loss(node, node).forward(),
        lambda: work.L2Loss(node, node).backward(),
        lambda: work.SingleProbToProbVector(node).forward(),
        lambda: work.SingleProbToProbVector(node).backward(),
        lambda: work.linear_regression_graph(2),
        lambda: work.logistic_regression_graph(2),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError):
            call()


@pytest.mark.parametrize("variable", ANSWERS)
def test_an_answer_begins_empty(variable):
    work = work_of(learners_text(SOURCE))
    passed, found = judge_answer(ANSWERS[variable], getattr(work, variable))

    assert "# your lines here" == getattr(work, variable).strip()
    assert not passed
    assert ["NOT_IMPLEMENTED"] == [one.code for one in found]


def test_an_answer_may_keep_the_comment_that_it_began_with():
    text = "\n# your lines here\n" + SOLVED.answer_a

    assert judge_answer(ANSWERS["answer_a"], text)[0]
