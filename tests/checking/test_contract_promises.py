"""Each promise finds an op that breaks it in just that way, and finds nothing on sound ones."""

import numpy as np
import pytest

from chainrule import Op
from chainrule.checking.case import Case
from chainrule.checking.codes import CODES
from chainrule.checking.codes.promises import PROMISES
from chainrule.checking.codes.uncertain import UNCERTAIN
from chainrule.checking.contract import CONTRACT
from chainrule.checking.contract.state import (
    backward_can_run_twice,
    earlier_calls_do_not_matter,
    nothing_is_changed_in_place,
    results_are_deterministic,
    results_do_not_alias,
    two_instances_do_not_mix,
)
from chainrule.checking.contract.values import (
    backward_is_linear_in_d_out,
    float32_stays_float32,
    gradients_are_floats,
    gradients_have_the_shapes_of_their_arrays,
    gradients_match_differences,
    number_of_results_is_right,
)

X = np.random.default_rng(1).standard_normal((3, 4))
W = np.random.default_rng(2).standard_normal((4, 2))


def cube_forward(x):
    return x**3, x


def cube_backward(saved, d_out):
    return d_out * (3 * saved**2)


cube = Op(cube_forward, cube_backward)


def product_forward(x, w):
    return x @ w, (x, w)


def product_backward(saved, d_out):
    x, w = saved
    return d_out @ w.T, x.T @ d_out


class Cube:
    """As an author writes it: a cache on the instance, and results kept there, too."""

    def forward(self, x):
        self.x, self.grads = x, {}
        self.dx = np.zeros_like(x)
        return x**3

    def backward(self, d_out):
        self.dx[...] = d_out * 3 * self.x**2
        self.grads["x"] = self.dx.copy()
        return self.grads["x"]


def lifted(cls):
    """A new instance in each forward, as `check` lifts classes."""

    def forward(x):
        instance = cls()
        return instance.forward(x), instance

    return Op(forward, lambda instance, d_out: instance.backward(d_out), cls.__name__)


def dropout_forward(x):
    mask = np.random.random(x.shape) < 0.5
    return x * mask, mask


def dropout_backward(mask, d_out):
    return d_out * mask


SOUND = [
    Case(cube, (X,)),
    Case(cube, (np.array(1.5),)),
    Case(Op(product_forward, product_backward), (X, W)),
    Case(lifted(Cube), (X,)),
    Case(Op(dropout_forward, dropout_backward), (X,)),
    Case(Op(lambda x: (x**3, [x]), lambda saved, d_out: (d_out * 3 * saved[0] ** 2,)), (X,)),
    Case(Op(lambda x, y: (x - y, {"x": x}), lambda saved, d_out: d_out), (X, X + 1), differentiable=(0,)),
    Case(Op(lambda p: (0.5 * np.sum(p**2), p), lambda p, d_out: p), (X,), takes_upstream=False),
    Case(Op(lambda p: (float(np.sum(p**2)), p), lambda p, d_out: 2 * p * d_out), (X,)),
    Case(Op(lambda x: (x[:, :2], x), lambda x, d_out: np.pad(d_out, ((0, 0), (0, 2)))), (X,)),
    Case(Op(lambda x: (x.T, None), lambda saved, d_out: d_out.T), (X,)),
]
FOR_LEARNERS = [promise.check for promise in CONTRACT if promise.for_learners and not promise.takes_extremes]


@pytest.mark.parametrize("check", FOR_LEARNERS)
@pytest.mark.parametrize("case", SOUND, ids=str)
def test_sound_ops_keep_their_promises(case, check):
    assert check(case) is None


@pytest.mark.parametrize("check", [promise.check for promise in CONTRACT if not promise.takes_extremes])
def test_every_promise_is_kept_by_the_sound_op(check):
    assert check(Case(cube, (X,))) is None


# -- the ways to break them ------------------------------------------------------------------------------

CALLS = []
HIDDEN = []
BUFFER = np.zeros((3, 4))


def clipped(saved, d_out):
    return np.clip(d_out, -0.5, 0.5) * (3 * saved**2)


def ignored(saved, d_out):
    return 3 * saved**2


def writes_into_x(x):
    saved = x.copy()
    x *= x**2
    return x.copy(), saved


def backward_writes_into_x(saved, d_out):
    d_x = d_out * (3 * saved**2)
    saved[0] = 0
    return d_x


def writes_into_d_out(saved, d_out):
    d_out *= 3 * saved**2
    return d_out


def keeps_slope(x):
    return x**3, (3 * x**2, x.shape)


def writes_into_slope(saved, d_out):
    slope, _ = saved
    slope *= d_out
    return slope


def keeps_positive(x):
    return x**3, (np.maximum(x, 0), x + 0)


def clips_what_is_kept(saved, d_out):
    np.maximum(saved[0], 0.25, out=saved[0])
    return d_out * 3 * saved[1] ** 2


def uses_saved_up(saved, d_out):
    return d_out * saved.pop()


class Accumulating(Cube):
    def forward(self, x):
        self.x, self.dx = x, np.zeros_like(x)
        return x**3

    def backward(self, d_out):
        self.dx += d_out * 3 * self.x**2
        return self.dx.copy()


class ChangesCache(Cube):
    def backward(self, d_out):
        d_x = d_out * 3 * self.x**2
        self.x -= 1
        return d_x


class OnTheClass(Cube):
    def forward(self, x):
        OnTheClass.cache = x
        return x**3

    def backward(self, d_out):
        return d_out * 3 * OnTheClass.cache**2


def kept_in_a_global(x):
    HIDDEN[:] = [x]
    return x**3, ()


def from_a_global(saved, d_out):
    return d_out * 3 * HIDDEN[0] ** 2


def from_a_stack(saved, d_out):
    return d_out * 3 * HIDDEN.pop() ** 2


def counted(x):
    CALLS.append(len(CALLS))
    return x**3, x


def grows_with_calls(saved, d_out):
    return d_out * (3 * saved**2) * (1 + 1e-12 * len(CALLS))


def noisy(x):
    CALLS.append(1)
    return x**3 + 1e-12 * len(CALLS), x


def draws(saved, d_out):
    return d_out * (3 * saved**2) + 1e-9 * np.random.default_rng().standard_normal(saved.shape)


def into_a_buffer(x):
    np.power(x, 3, out=BUFFER[: len(x)])
    return BUFFER[: len(x)], x


def gradient_into_a_buffer(saved, d_out):
    return np.multiply(d_out, 3 * saved**2, out=BUFFER[: len(saved)])


BROKEN = [
    (number_of_results_is_right, cube_forward, lambda saved, d_out: (d_out, d_out), "WRONG_COUNT", "error"),
    (number_of_results_is_right, cube_forward, lambda saved, d_out: None, "NO_GRADIENT", "error"),
    (number_of_results_is_right, cube_forward, lambda saved, d_out: [][0], "INDEX_OUT_OF_RANGE", "error"),
    (
        gradients_have_the_shapes_of_their_arrays,
        cube_forward,
        lambda saved, d_out: (d_out * 3 * saved**2).sum(axis=0),
        "GRADIENT_SHAPE",
        "error",
    ),
    (gradients_have_the_shapes_of_their_arrays, cube_forward, lambda saved, d_out: None, "NO_GRADIENT", "error"),
    (
        gradients_are_floats,
        cube_forward,
        lambda saved, d_out: (d_out * 3 * saved**2).astype(int),
        "INTEGER_GRADIENT",
        "error",
    ),
    (gradients_match_differences, cube_forward, lambda saved, d_out: d_out * saved**2, "DIFFERENCES_DISAGREE", "error"),
    (
        gradients_match_differences,
        cube_forward,
        lambda saved, d_out: d_out * (3 * saved**2) * (np.arange(12).reshape(3, 4) != 5),
        "DIFFERENCES_DISAGREE",
        "error",
    ),
    (gradients_match_differences, cube_forward, ignored, "DIFFERENCES_DISAGREE", "error"),
    (gradients_match_differences, cube_forward, lambda saved, d_out: d_out * np.nan, "NOT_FINITE", "error"),
    (nothing_is_changed_in_place, writes_into_x, cube_backward, "ARGUMENT_CHANGED", "error"),
    (nothing_is_changed_in_place, cube_forward, backward_writes_into_x, "ARGUMENT_CHANGED", "error"),
    (nothing_is_changed_in_place, cube_forward, writes_into_d_out, "D_OUT_CHANGED", "warning"),
    (nothing_is_changed_in_place, keeps_slope, writes_into_slope, "SECOND_CALL_DIFFERS", "error"),
    (nothing_is_changed_in_place, keeps_positive, clips_what_is_kept, "SAVED_CHANGED", "warning"),
    (backward_can_run_twice, keeps_slope, writes_into_slope, "SECOND_CALL_DIFFERS", "error"),
    (backward_can_run_twice, lambda x: (x**3, [3 * x**2]), uses_saved_up, "SECOND_CALL_DIFFERS", "error"),
    (backward_can_run_twice, *vars(lifted(Accumulating)).values(), "SECOND_CALL_DIFFERS", "error"),
    (backward_can_run_twice, *vars(lifted(ChangesCache)).values(), "SECOND_CALL_DIFFERS", "error"),
    (two_instances_do_not_mix, *vars(lifted(OnTheClass)).values(), "INSTANCES_SHARE_STATE", "error"),
    (two_instances_do_not_mix, kept_in_a_global, from_a_global, "INSTANCES_SHARE_STATE", "error"),
    (two_instances_do_not_mix, kept_in_a_global, from_a_stack, "INSTANCES_SHARE_STATE", "error"),
    (earlier_calls_do_not_matter, counted, grows_with_calls, "DEPENDS_ON_EARLIER_CALLS", "error"),
    (results_are_deterministic, noisy, cube_backward, "RANDOM_FORWARD", "unsure"),
    (results_are_deterministic, cube_forward, draws, "NOT_DETERMINISTIC", "error"),
    (results_do_not_alias, into_a_buffer, cube_backward, "SHARES_MEMORY", "warning"),
    (results_do_not_alias, cube_forward, gradient_into_a_buffer, "SHARES_MEMORY", "warning"),
    (backward_is_linear_in_d_out, cube_forward, ignored, "NOT_LINEAR", "error"),
    (backward_is_linear_in_d_out, cube_forward, clipped, "NOT_LINEAR", "error"),
    (backward_is_linear_in_d_out, cube_forward, lambda saved, d_out: d_out**2 * saved, "NOT_LINEAR", "error"),
    (
        float32_stays_float32,
        lambda x: (x.astype(np.float64) ** 3, x),
        cube_backward,
        "FLOAT64_FROM_FLOAT32",
        "warning",
    ),
    (
        float32_stays_float32,
        cube_forward,
        lambda saved, d_out: d_out * (np.float64(3) * saved**2),
        "FLOAT64_FROM_FLOAT32",
        "warning",
    ),
]


@pytest.mark.parametrize(
    ("check", "forward", "backward", "code", "severity"), [(c, *r[:2], *r[-2:]) for c, *r in BROKEN]
)
def test_check_finds_an_op_that_is_broken_in_just_that_way(check, forward, backward, code, severity):
    finding = check(Case(Op(forward, backward, "cube"), (X.copy(),)))

    assert (code, severity) == (finding.code, finding.severity)


def test_every_promise_has_an_op_that_breaks_it():
    elsewhere = {"extreme", "replayed", "derivative"}
    asked = {p.check for p in CONTRACT if not elsewhere & set(p.name.split())}

    assert asked == {check for check, *_ in BROKEN}


def test_every_code_has_all_its_fields_filled():
    """Each finding above was made, so these sentences can be; the others are named here."""
    assert all(code.name in CODES for code in (*PROMISES, *UNCERTAIN))
    assert len(PROMISES) + len(UNCERTAIN) == len({code.name for code in (*PROMISES, *UNCERTAIN)})


# -- what the sentences say ------------------------------------------------------------------------------


def test_messages_name_what_was_written_into():
    relu = Op(cube_forward, writes_into_d_out, "relu")

    assert "relu: backward writes into d_out. The caller may still need it: x + relu(x) gets a wrong gradient." == (
        nothing_is_changed_in_place(Case(relu, (X,))).message
    )
    assert "dout" in nothing_is_changed_in_place(Case(relu, (X,), names=("dx",))).message
    assert "saved[0]" in backward_can_run_twice(Case(Op(keeps_slope, writes_into_slope), (X,))).message
    assert "self.x" in backward_can_run_twice(Case(lifted(ChangesCache), (X,))).message
    assert "argument x" in nothing_is_changed_in_place(Case(Op(writes_into_x, cube_backward), (X,))).message


def test_second_call_that_raises_is_named():
    op = Op(lambda x: (x**3, [3 * x**2]), uses_saved_up)

    assert "the second call raises IndexError: pop from empty list" in backward_can_run_twice(Case(op, (X,))).message


def test_second_call_says_where_it_differs():
    finding = backward_can_run_twice(Case(lifted(Accumulating), (X,)))
    first = 3 * X[0, 0] ** 2 * np.random.default_rng(7).standard_normal((3, 4))[0, 0]

    assert "d_x entry [0, 0]" == finding.where
    assert (f"{first:.6g}", f"{2 * first:.6g}") == (finding.expected, finding.received)


# -- whose fault it is -----------------------------------------------------------------------------------


def fails_in_forward(x):
    raise RuntimeError("in forward")


def fails_in_backward(saved, d_out):
    raise RuntimeError("in backward")


@pytest.mark.parametrize("check", FOR_LEARNERS)
@pytest.mark.parametrize(
    ("forward", "backward", "part"),
    [(fails_in_forward, cube_backward, "forward"), (cube_forward, fails_in_backward, "backward")],
)
def test_error_of_the_author_becomes_a_finding(check, forward, backward, part):
    finding = check(Case(Op(forward, backward, "cube"), (X,)))
    if check is backward_can_run_twice or finding is not None:
        assert finding.code in ("RAISED", "SECOND_CALL_DIFFERS", "INSTANCES_SHARE_STATE")
        assert "RuntimeError" in finding.message
        assert part in finding.message


@pytest.mark.parametrize("check", FOR_LEARNERS)
def test_exit_of_the_author_becomes_a_finding(check):
    def exits(saved, d_out):
        raise SystemExit(3)

    assert "RAISED" == check(Case(Op(cube_forward, exits, "cube"), (X,))).code


def test_error_of_the_checker_is_its_own(monkeypatch):
    def fails(*arguments):
        raise LookupError("the checker's own")

    monkeypatch.setattr("chainrule.checking.contract.values.distance", fails)

    with pytest.raises(LookupError, match="the checker's own"):
        backward_is_linear_in_d_out(Case(cube, (X,)))


def test_arrays_of_the_case_are_never_handed_out():
    before = X.copy()
    for promise in CONTRACT:
        if promise.for_learners and not promise.takes_extremes:
            promise.check(Case(Op(writes_into_x, backward_writes_into_x), (X,)))

    assert np.array_equal(before, X)
