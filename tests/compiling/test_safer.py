"""Safer forms: the same numbers where the author's form works, and numbers where it doesn't."""

import numpy as np
import pytest
from scipy import special

import chainrule
from chainrule.compiling import safer
from chainrule.tracing.program import primitive_name

X = np.array([[0.5, -1.5, 2.0], [-0.25, 3.0, 1e-3]])
FAR = np.array([[-1000.0, 0.0, 1000.0], [1000.0, 999.0, -1000.0]])
Y = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def softmax_by_hand(x):
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def tanh_by_hand(x):
    a, b = np.exp(x), np.exp(-x)
    return (a - b) / (a + b)


def log_of_softmax_at(x):
    p = softmax_by_hand(x)
    return np.log(p[np.arange(2), np.array([0, 2])])


def log_of_shifted_softmax(x):
    p = softmax_by_hand(x - np.max(x, axis=1)[:, None])
    return np.log(p)


# name: the form as people write it, an oracle that is right everywhere, the op it must have been taken for.
FORMS = {
    "log(1 + exp(x))": (lambda x: np.log(1 + np.exp(x)), lambda x: -special.log_expit(-x)),
    "log(exp(x) + 1.0)": (lambda x: np.log(np.exp(x) + 1.0), lambda x: -special.log_expit(-x)),
    "log1p(exp(x))": (lambda x: np.log1p(np.exp(x)), lambda x: -special.log_expit(-x)),
    "log(1 + exp(-2x))": (lambda x: np.log(1 + np.exp(-2 * x)), lambda x: -special.log_expit(2 * x)),
    "log(exp(a) + exp(b))": (
        lambda x: np.log(np.exp(x) + np.exp(x[:, :1])),
        lambda x: special.logsumexp(np.stack([x, np.broadcast_to(x[:, :1], x.shape)]), axis=0),
    ),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), special.expit),
    "sigmoid of -x": (lambda x: 1 / (1 + np.exp(x)), lambda x: special.expit(-x)),
    "exp over 1 + exp": (lambda x: np.exp(x) / (1 + np.exp(x)), special.expit),
    "exp(-x) over 1 + exp(-x)": (lambda x: np.exp(-x) / (1 + np.exp(-x)), lambda x: special.expit(-x)),
    "log of sigmoid": (lambda x: np.log(1 / (1 + np.exp(-x))), special.log_expit),
    "log of sigmoid of -x": (lambda x: np.log(1 / (1 + np.exp(x))), lambda x: special.log_expit(-x)),
    "log of 1 - sigmoid": (lambda x: np.log(1 - 1 / (1 + np.exp(-x))), lambda x: special.log_expit(-x)),
    "log of 1 - sigmoid of -x": (lambda x: np.log(1 - 1 / (1 + np.exp(x))), special.log_expit),
    "slope of sigmoid": (
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        lambda x: special.expit(x) * special.expit(-x),
    ),
    "tanh": (tanh_by_hand, np.tanh),
    "softmax": (softmax_by_hand, lambda x: special.softmax(x, axis=1)),
    "softmax along 0": (lambda x: np.exp(x) / np.exp(x).sum(0), lambda x: special.softmax(x, axis=0)),
    "softmax of all": (lambda x: np.exp(x) / np.sum(np.exp(x)), special.softmax),
    "softmax, axis put back": (
        lambda x: np.exp(x) / np.exp(x).sum(axis=-1)[:, np.newaxis],
        lambda x: special.softmax(x, axis=1),
    ),
    "log of softmax": (lambda x: np.log(softmax_by_hand(x)), lambda x: special.log_softmax(x, axis=1)),
    "log of shifted softmax": (log_of_shifted_softmax, lambda x: special.log_softmax(x, axis=1)),
    "log of softmax at": (log_of_softmax_at, lambda x: special.log_softmax(x, axis=1)[np.arange(2), [0, 2]]),
    **{
        f"logsumexp {axis} {keepdims}": (
            lambda x, axis=axis, keepdims=keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
            lambda x, axis=axis, keepdims=keepdims: special.logsumexp(x, axis=axis, keepdims=keepdims),
        )
        for axis in (None, 0, 1, -1, (0, 1))
        for keepdims in (False, True)
    },
    "logsumexp, axis put back": (
        lambda x: np.log(np.exp(x).sum(axis=1).reshape(-1, 1)),
        lambda x: special.logsumexp(x, axis=1, keepdims=True),
    ),
    "logsumexp, shifted for another axis": (
        lambda x: np.log(np.exp(x - x.max()).sum(axis=1)),
        lambda x: special.logsumexp(x, axis=1) - x.max(),
    ),
}


def traced(function, *examples):
    return chainrule.trace(function, *examples)


@pytest.mark.parametrize("name", FORMS)
def test_form_gives_the_same_at_ordinary_values_and_is_right_at_extreme_ones(name):
    function, oracle = FORMS[name]
    program, notes = safer(traced(function, X))

    assert notes
    np.testing.assert_allclose(program(X), function(X), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(program(FAR), oracle(FAR), rtol=1e-12)
    program.validate()


@pytest.mark.parametrize("name", FORMS)
def test_text_of_values_and_gradients_is_finite_at_extreme_values(name):
    function, oracle = FORMS[name]
    weights = np.random.default_rng(0).normal(size=np.shape(function(X)))

    def objective(x):
        return np.sum(weights * function(x))

    step = chainrule.compile(chainrule.value_and_grad(objective), safer=True)
    value, gradient = step(FAR)  # from the first call on

    assert step.source.startswith("# safer: ")
    assert value == pytest.approx(np.sum(weights * oracle(FAR)), rel=1e-12)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", FORMS)
def test_gradients_are_those_of_the_form_at_ordinary_values(name):
    function, _ = FORMS[name]
    weights = np.random.default_rng(0).normal(size=np.shape(function(X)))

    def objective(x):
        return np.sum(weights * function(x))

    expected = chainrule.grad(objective)(X)
    actual = chainrule.compile(chainrule.grad(objective), safer=True)(X)
    second = chainrule.grad(lambda x: np.sum(X * chainrule.grad(objective)(x)))

    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(chainrule.compile(second, safer=True)(X), second(X), rtol=1e-9, atol=1e-10)


def test_gradients_at_extreme_values_are_right():
    softplus = chainrule.grad(lambda x: np.log(1 + np.exp(x)).sum())
    sigmoid = chainrule.grad(lambda x: np.sum(1 / (1 + np.exp(-x))))
    log_of_sums = chainrule.grad(lambda x: np.log(np.exp(x).sum(axis=1)).sum())
    cross_entropy = chainrule.grad(lambda x: -np.sum(Y * np.log(softmax_by_hand(x))) / 2)

    def gradient(function):
        return chainrule.compile(function, safer=True)(FAR)

    np.testing.assert_allclose(gradient(softplus), special.expit(FAR), rtol=1e-12)
    np.testing.assert_allclose(gradient(sigmoid), special.expit(FAR) * special.expit(-FAR), rtol=1e-12)
    np.testing.assert_allclose(gradient(log_of_sums), special.softmax(FAR, axis=1), rtol=1e-12)
    np.testing.assert_allclose(gradient(cross_entropy), (special.softmax(FAR, axis=1) - Y) / 2, rtol=1e-12)


def test_binary_cross_entropy_by_hand():
    def loss(x):
        p = 1 / (1 + np.exp(-x))
        return -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))

    step = chainrule.compile(chainrule.value_and_grad(loss), safer=True)
    value, gradient = step(FAR)

    assert value == pytest.approx(-np.mean(Y * special.log_expit(FAR) + (1 - Y) * special.log_expit(-FAR)))
    np.testing.assert_allclose(gradient, (special.expit(FAR) - Y) / 6, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("square", [np.square, lambda x: x**2, lambda x: x * x, lambda x: np.power(x, 2.0)])
@pytest.mark.parametrize(("axis", "keepdims"), [(None, False), (0, False), (1, True)])
def test_variance_does_not_cancel(square, axis, keepdims):
    def variance(x):
        return np.mean(square(x), axis=axis, keepdims=keepdims) - square(np.mean(x, axis=axis, keepdims=keepdims))

    program, notes = safer(traced(variance, X))
    by_hand = np.mean((X - X.mean(axis=axis, keepdims=True)) ** 2, axis=axis, keepdims=keepdims)

    assert "mean(x**2) - mean(x)**2 cancels" in notes[0]
    np.testing.assert_allclose(program(X), variance(X), rtol=1e-12)
    np.testing.assert_allclose(program(X + 2.0**30), by_hand, rtol=1e-6)


def test_small_values_do_not_cancel():
    tiny = np.array([1e-20, -3e-17, 1e-12])
    log, _ = safer(traced(lambda x: np.log(1 + x), tiny))
    exp, _ = safer(traced(lambda x: np.exp(x) - 1, tiny))

    np.testing.assert_allclose(log(tiny), tiny - tiny**2 / 2, rtol=1e-15)
    np.testing.assert_allclose(exp(tiny), tiny + tiny**2 / 2, rtol=1e-15)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.log(2 + np.exp(x)),
        lambda x: np.log(1 - np.exp(x)),
        lambda x: 2 / (1 + np.exp(-x)),
        lambda x: 1 / (2 + np.exp(-x)),
        lambda x: 1 / (1 - np.exp(-x)),
        lambda x: np.exp(x) / (1 + np.exp(2 * x)),
        lambda x: np.exp(x) / np.sum(np.exp(2 * x)),
        lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True, where=x > 0),
        lambda x: np.log(np.sum(2 * np.exp(x))),
        lambda x: np.log(np.sum(np.exp(x), initial=1.0)),
        lambda x: 1 / (1 + np.exp(-np.abs(x))),
        lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(np.minimum(x, 0))),
        lambda x: np.mean(x**2) - np.mean(x),
        lambda x: np.mean(x**3) - np.mean(x) ** 3,
        lambda x: np.mean(x**2, axis=0) - np.mean(x) ** 2,
        lambda x: np.mean(x) ** 2 - np.mean(x**2),
        lambda x: np.log(np.sum(np.exp(np.mean(x)), axis=-1)),
        lambda x: np.exp(x) - 2,
        lambda x: 1 - np.exp(x),
        lambda x: np.log(np.float64(1) + x.astype(np.float32)),  # float64 from float32
        lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),  # safe already
        lambda x: np.log(np.sum(np.exp(x - x.max(axis=1)[:, None]), axis=1)),
        lambda x: (chainrule.ops.log_softmax(x), chainrule.ops.softmax(x), chainrule.ops.logsumexp(x)),
        lambda x: (chainrule.ops.softplus(x), chainrule.ops.sigmoid(x), chainrule.ops.tanh(x)),
    ],
)
def test_other_forms_stay(function):
    with np.errstate(all="ignore"):
        program = traced(function, X)
        compiled = chainrule.compile(function)
        compiled(X)

    assert (program, ()) == safer(program)
    assert not compiled.source.startswith("# ")


def test_a_square_matrix_divided_along_the_wrong_axis_is_no_softmax():
    square = np.arange(9.0).reshape(3, 3)
    program = traced(lambda x: np.exp(x) / np.exp(x).sum(axis=1), square)

    assert (program, ()) == safer(program)


def test_what_is_needed_elsewhere_is_kept_and_said():
    def function(x):
        e = np.exp(x)
        return np.log(1 + e), e.max()

    program, notes = safer(traced(function, X))

    assert "needed elsewhere too" in notes[0]
    np.testing.assert_array_equal(np.exp(X).max(), program(X)[1])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(np.maximum(FAR, 0), program(FAR)[0].round(300) * (FAR != 0))


def test_dead_forms_are_not_noted():
    def function(x):
        unused = np.log(1 + np.exp(x))
        return unused.shape[0] * x

    program = traced(function, X)

    assert (program, ()) == safer(program)


def test_single_precision_and_python_numbers_keep_their_kind():
    single = chainrule.compile(lambda x: np.log(1 + np.exp(x)), safer=True)

    assert single(np.float32([100.0])).dtype == np.float32
    assert single(1000.0) == 1000.0
    assert chainrule.compile(chainrule.grad(lambda t: 1 / (1 + np.exp(-t))), safer=True)(-1000.0) == 0.0


def test_author_names_and_lines_stay():
    def function(x):
        s = 1 / (1 + np.exp(-x))
        return s, s * s

    program, _ = safer(traced(function, X))
    last = [equation for equation in program.equations if program.names.get(equation.output) == "s"]

    assert ["divide"] == [primitive_name(equation.function) for equation in last]
    assert last[0].origin.source == "s = 1 / (1 + np.exp(-x))"


def test_forms_in_an_op_of_ones_own_are_found_and_its_backward_is_kept():
    def bend_forward(x):
        return np.log(1 + np.exp(x)), x

    def bend_backward(saved, d_out):
        return d_out * (saved > 0)  # the author's choice

    bend = chainrule.Op(bend_forward, bend_backward)
    step = chainrule.compile(chainrule.value_and_grad(lambda x: bend(x).sum()), safer=True)
    value, gradient = step(FAR)

    assert value == pytest.approx(2999 + np.log(2))
    np.testing.assert_array_equal(FAR > 0, gradient)


def test_the_first_lines_say_what_was_replaced_or_could_be():
    def function(x):
        return np.log(1 + np.exp(x))

    plain, safe = chainrule.compile(function), chainrule.compile(function, safer=True)
    plain(X), safe(X)

    assert plain.source == (
        "# log(1 + exp(x)) overflows for large x; compile(..., safer=True) writes np.logaddexp(0, x)\n"
        "def function(x):  # x (2, 3)\n    return np.log(1 + np.exp(x))\n"
    )
    assert safe.source == (
        "# safer: log(1 + exp(x)) overflows for large x; written np.logaddexp(0, x)\n"
        "def function(x):  # x (2, 3)\n    return np.logaddexp(0, x)\n"
    )


def test_a_form_that_only_the_gradient_needs_is_noted():
    gradient = chainrule.compile(chainrule.grad(lambda x: np.log(1 + np.exp(x)).sum()), safer=True)
    gradient(FAR)

    assert gradient.source.startswith("# safer: log(1 + exp(x)) overflows for large x; its derivative is taken from ")
    assert "logaddexp" not in gradient.source.split("\n", 1)[1]


def test_without_forms_the_text_is_the_same():
    function = chainrule.value_and_grad(lambda x: np.sum(np.tanh(x) ** 2))
    plain, safe = chainrule.compile(function), chainrule.compile(function, safer=True)
    plain(X), safe(X)

    assert plain.source == safe.source


def test_derivatives_outside_of_a_safer_compile_are_the_author_s():
    function = chainrule.grad(lambda x: np.log(1 + np.exp(x)).sum())
    chainrule.compile(function, safer=True)(X)
    expected = np.exp(X) * (1 / (1 + np.exp(X)))

    assert function(X).tobytes() == chainrule.compile(function)(X).tobytes()
    np.testing.assert_allclose(function(X), expected, rtol=1e-15)


def test_the_eager_engine_can_not_be_safer():
    with pytest.raises(ValueError, match="safer=True rewrites the text"):
        chainrule.compile(np.exp, engine="eager", safer=True)
