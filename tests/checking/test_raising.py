"""Errors in somebody's code: each kind is named, with the names and shapes of the line where it was raised."""

import linecache

import numpy as np
import pytest

from chainrule.checking.codes.raising import RAISING
from chainrule.checking.raising import raised

X, W, D = np.ones((5, 3)), np.ones((3, 7)), np.ones((5, 7))
Y = np.array([0, 2, 1, 0, 1])


class Layer:
    def __init__(self):
        self.x, self.w = X, W


NAMES = {"np": np, "x": X, "w": W, "d_out": D, "y": Y, "cache": (X, W), "layer": Layer(), "kept": {"x": X}}
numbers = iter(range(10**6))


def finding_of(body, wanted=None, **names):
    """What is said of the error that these lines raise, as the body of a function."""
    text = "def backward(np, x, w, d_out, y, cache, layer, kept):\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    filename = f"<raising {next(numbers)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = {**names}
    exec(compile(text, filename, "exec"), module)
    try:
        with np.errstate(all="ignore"):
            module["backward"](**NAMES)
    except Exception as error:
        return raised(error, "backward", {"x": X, "w": W}, wanted or {})
    raise AssertionError("nothing was raised")


# code, the line, and what is said of it.
LINES = [
    ("SHAPES_DO_NOT_FIT", "dx = d_out @ w", "d_out (5, 7) @ w (3, 7)"),
    ("SHAPES_DO_NOT_FIT", "dw = x.dot(d_out)", "x (5, 3) @ d_out (5, 7)"),
    ("SHAPES_DO_NOT_FIT", "dw = np.dot(layer.x, d_out)", "layer.x (5, 3) @ d_out (5, 7)"),
    ("SHAPES_DO_NOT_FIT", "dw = np.tensordot(x, d_out, axes=1)", "`x` is an array of shape (5, 3)"),
    ("SHAPES_DO_NOT_BROADCAST", "dw = x.T * d_out", "`x.T` (3, 5) and `d_out` (5, 7)"),
    ("SHAPES_DO_NOT_BROADCAST", "dw = np.multiply(x, w)", "`x` (5, 3) and `w` (3, 7)"),
    ("SHAPES_DO_NOT_BROADCAST", "dw = np.where(x > 0, w, 0)", "`x > 0` (5, 3) and `w` (3, 7)"),
    ("SHAPES_DO_NOT_BROADCAST", "z = x - x.max(axis=1)", "`x` (5, 3) and `x.max(axis=1)` (5,)"),
    ("SHAPES_DO_NOT_BROADCAST", "z = x.copy()\nz += w", "`z` (5, 3) and `w` (3, 7)"),
    ("SLOT_DOES_NOT_FIT", "z = np.zeros(3)\nz += x", "the place has shape (3,), what is written to it (5, 3)"),
    ("SLOT_DOES_NOT_FIT", "z = x.copy()\nz[0] = w", "shape (3, 7) into (3,)"),
    ("NO_SUCH_AXIS", "db = d_out.sum(axis=2)", "`d_out` has 2 axes, 0 to 1: its shape is (5, 7)"),
    ("NO_SUCH_AXIS", "db = np.sum(y, axis=1)", "`y` has one axis, 0: its shape is (5,)"),
    ("INDEX_OUT_OF_RANGE", "z = x[5]", "index 5 on axis 0 of `x`, whose shape is (5, 3), 5 long"),
    ("INDEX_OUT_OF_RANGE", "z = x.shape[2]", "`x.shape` is (5, 3), it has 2 members"),
    ("INDEX_OUT_OF_RANGE", "z = cache[2]", "`cache` is a tuple of 2"),
    ("TOO_MANY_INDICES", "z = y[0, 0]", "`y` has 1 axis: its shape is (5,), and 2 indices are given"),
    ("TOO_MANY_INDICES", "z = y[0][0]", "`y[0]` is one number"),
    ("BAD_INDEX", "z = x[w]", "`w` is an array of floats of shape (3, 7)"),
    ("BAD_INDEX", "z = x['w']", "`'w'` is a text"),
    ("CANNOT_RESHAPE", "z = x.reshape(5, 4)", "15 entries cannot become (5, 4)"),
    ("CANNOT_RESHAPE", "z = x.reshape(-1, -1)", "only one size may be -1"),
    ("CANNOT_JOIN", "z = np.concatenate([x, w])", "`x` is an array of shape (5, 3), `w` is an array of shape (3, 7)"),
    ("RAGGED", "z = np.exp(cache)", ""),
    ("EINSUM", "z = np.einsum('nd,nh->dh', x, w)", "`x` is an array of shape (5, 3)"),
    ("EMPTY_ARRAY", "z = x[:0]\nz.max()", ""),
    ("UNKNOWN_NAME", "dw = X.T @ d_out", "nothing of that name is there. Is `x` meant?"),
    ("UNKNOWN_NAME", "dw = kepd", "Is `kept` meant?"),
    ("UNKNOWN_NAME", "dw = qqq", "nothing of that name is there."),
    ("NAME_NOT_SET", "dx += d_out\ndx = 0", "before anything was put into it"),
    ("UNKNOWN_ATTRIBUTE", "z = np.summ(x)", "the module numpy has nothing of that name. Is `np.sum` or"),
    ("UNKNOWN_ATTRIBUTE", "z = x.append(w)", "`x`, an array of shape (5, 3), has nothing of that name"),
    ("NO_CACHE", "z = layer.cache", "`layer.cache`"),
    ("NO_CACHE", "z = layer.X", "Is `layer.x` meant?"),
    ("NO_SUCH_KEY", "z = kept['w']", "the key 'w'"),
    ("NO_SUCH_KEY", "z = kept['w']", "there are 'x'"),
    ("UNPACKING", "x, w, b = cache", "unpacks 3 values"),
    ("UNPACKING", "x, w, b = cache", "`cache` is a tuple of 2: an array of shape (5, 3), an array of shape (3, 7)"),
    ("UNPACKING", "n, = x.shape", "`x.shape` is (5, 3), 2 values"),
    ("UNPACKING", "a, b = x[0, 0]", "not several values"),
    ("WRONG_ARGUMENTS", "f = lambda a, b: a\nf(x)", "calls `f`"),
    ("WRONG_ARGUMENTS", "f = lambda a: a\nf(x, w)", "it takes 1, and gets 2"),
    ("WRONG_ARGUMENTS", "np.sum(x, axes=0)", "it has no argument axes"),
    ("WRONG_TYPE", "z = -cache", "`cache` is a tuple of 2"),
    ("WRONG_TYPE", "z = None\nz = z * x", "`z` is None"),
    ("WRONG_TYPE", "z = cache.shape", "`cache` is a tuple of 2, which has no .shape"),
    ("WRONG_TYPE", "z = np.zeros((x, w))", "A whole number is needed there"),
    ("NOT_A_FUNCTION", "z = d_out(x > 0)", "`d_out` is an array of shape (5, 7)"),
    ("TRUTH_OF_ARRAY", "z = x if x > 0 else 0", ""),
    ("NO_MINUS_FOR_MASKS", "z = -(x > 0)", ""),
    ("DIVISION_BY_ZERO", "z = 1 / (len(x) - 5)", ""),
    ("OUTSIDE_DOMAIN", "import math\nmath.log(-1.0)", ""),
    ("RECURSION", "f = lambda a: f(a)\nf(x)", ""),
    ("OWN_ASSERTION", "assert x.shape == w.shape, 'shapes'", "its own assert"),
    ("RAISED", "raise RuntimeError('no cache yet')", "RuntimeError: no cache yet"),
    ("NOT_IMPLEMENTED", "raise NotImplementedError", ""),
]


@pytest.mark.parametrize(("code", "line", "said"), LINES)
def test_the_error_is_named(code, line, said):
    found = finding_of(line)

    assert code == found.code
    assert said in f"{found.message} {found.hint}"
    assert found.hint


def test_every_code_has_a_line_that_earns_it():
    assert {code.name for code in RAISING} <= {code for code, _, _ in LINES}


def test_the_line_is_told():
    found = finding_of("z = 1\ndw = x.T * d_out")

    assert "in line 3, `dw = x.T * d_out`" in found.message


def test_the_shape_that_is_wanted_is_told():
    found = finding_of("dx = d_out @ w", wanted={"dx": (5, 3)})

    assert "To get a result of shape (5, 3)" in found.hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("z = x.T * d_out", "That is @"),
        ("z = x - x.max(axis=1)", "keepdims=True"),
        ("z = x * x.T", ".T"),
        ("z = x * y[:2]", "compared from the right"),
    ],
)
def test_what_would_make_the_shapes_fit_is_told(line, hint):
    assert hint in finding_of(line).hint


def test_a_statement_of_several_lines_is_read_as_one():
    found = finding_of("dw = (\n    x.T\n    * d_out\n)")

    assert "`x.T` (3, 5) and `d_out` (5, 7)" in found.message


def test_nothing_of_anybodys_is_run_to_tell():
    class Loud:
        ran = 0

        @property
        def shape(self):
            Loud.ran += 1
            return (1,)

        def __rmatmul__(self, other):
            raise ValueError("matmul: no")

    finding_of("z = x @ loud", loud=Loud())

    assert 0 == Loud.ran


def test_an_error_whose_text_cannot_be_read_is_told_by_its_type():
    class Odd(ValueError):
        def __str__(self):
            raise RuntimeError

    found = finding_of("raise odd", odd=Odd())

    assert "RAISED" == found.code
    assert "Odd" in found.message


def test_an_error_without_any_line_is_told():
    found = raised(ValueError("operands could not be broadcast together with shapes (2,) (3,)"), "forward", {}, {})

    assert "SHAPES_DO_NOT_BROADCAST" == found.code
    assert "forward combines arrays entry by entry whose shapes do not fit: (2,) and (3,)." == found.message


@pytest.mark.parametrize("text", ["", "{part}", "broadcast", "axis is out of bounds", "%s \x00", "index"])
@pytest.mark.parametrize("kind", [ValueError, IndexError, TypeError, AttributeError, NameError, KeyError, RuntimeError])
def test_no_text_of_an_error_breaks_the_telling(kind, text):
    found = raised(kind(text), "forward", {}, {})

    assert "forward" == found.part
    assert found.message.startswith("forward ")
