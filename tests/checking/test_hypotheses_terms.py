"""Terms through means and variances, indices, masks, and what a wrong mask or index looks like without a reference."""

import numpy as np
import pytest
from hypothesis_trials import finding

from chainrule import check

X = np.random.default_rng(3).normal(size=(6, 4))
GAMMA, BETA = np.array([0.5, 1.5, -1.0, 2.0]), np.array([0.1, -0.2, 0.3, 0.0])


def batch_norm_forward(x, gamma, beta):
    std = np.sqrt(x.var(axis=0) + 1e-5)
    x_hat = (x - x.mean(axis=0)) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)


def batch_norm_backward(d_x):
    def backward(dout, cache):
        x_hat, std, gamma = cache
        return d_x(dout * gamma, x_hat, std), (dout * x_hat).sum(axis=0), dout.sum(axis=0)

    return backward


def codes(forward, backward, *inputs):
    return check((forward, backward), inputs=[inputs]).codes


@pytest.mark.parametrize(
    ("code", "d_x"),
    [
        ("MEAN_TERM", lambda g, h, std: (g - h * (g * h).mean(axis=0)) / std),
        ("VARIANCE_TERM", lambda g, h, std: (g - g.mean(axis=0)) / std),
        ("VARIANCE_TERM", lambda g, h, std: g / std),
        ("VARIANCE_TERM", lambda g, h, std: (g - g.mean(axis=0) - 2 * h * (g * h).mean(axis=0)) / std),
    ],
)
def test_a_missing_term_of_batch_norm_is_named(code, d_x):
    assert (code,) == codes(batch_norm_forward, batch_norm_backward(d_x), X, GAMMA, BETA)


def test_rows_that_are_looked_up_twice_and_written_once_are_named():
    def forward(table, rows):
        return table[rows], (table.shape, rows)

    def backward(dout, cache):
        shape, rows = cache
        dtable = np.zeros(shape)
        dtable[rows] += dout
        return dtable, None

    report = check((forward, backward), inputs=[(X, np.array([1, 4, 1, 0, 1]))])

    assert ("REPEATED_INDEX",) == report.codes
    assert "row 1 is looked up 3 times" in report.findings[0].message


def test_whole_columns_for_one_entry_of_each_row_are_named():
    def forward(x):
        where = np.argmax(x, axis=1)
        return x[np.arange(len(x)), where], (x.shape, where)

    def backward(dout, cache):
        shape, where = cache
        dx = np.zeros(shape)
        dx[:, where] = dout
        return dx

    assert ("WRONG_INDEX",) == codes(forward, backward, X)


def test_a_mean_for_a_sum_is_named_where_only_the_callers_arrays_are_known():
    def forward(x):
        return x.sum(axis=1), x.shape

    def backward(dout, shape):
        return np.ones(shape) * dout[:, None] / shape[1]

    inputs = [(X,), (X[:, :3],)]
    report = check((forward, backward), inputs=inputs)

    assert ("FACTOR_ONE_OVER_AXIS",) == report.codes
    assert "axis 1 of the first argument" in report.findings[0].message


def test_a_mask_the_wrong_way_round_is_named_without_a_reference():
    def forward(x):
        return np.where(x > 0, x, 0), x

    def backward(dout, x):
        return np.where(x > 0, 0, dout)

    assert ("INVERTED_MASK",) == codes(forward, backward, X)


def test_a_mask_of_the_incoming_gradient_is_named_without_a_reference():
    def forward(x):
        return np.where(x > 0, x, 0), x

    def backward(dout, x):
        return np.where(dout > 0, dout, 0)

    assert ("MASK_FROM_UPSTREAM",) == codes(forward, backward, X)


def test_an_array_that_forward_leaves_out_is_named():
    def forward(x, w, b):
        return x @ w, (x, w)

    def backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

    report = check((forward, backward), inputs=[(X, X.T[:, :3].copy(), np.ones(3))])

    assert ("NOT_USED",) == report.codes
    assert "its third argument" in report.findings[0].message


def test_a_step_that_climbs_is_named():
    def forward(w, dw):
        return w + 0.1 * dw, ()

    def right(w, dw):
        return w - 0.1 * dw, ()

    def backward(dout, cache):
        return dout, -0.1 * dout

    report = check((forward, backward), like=(right, backward), inputs=[(X, np.sin(9 * X))])

    assert "PLUS_FOR_MINUS" in report.codes


def test_both_values_are_told_with_enough_digits_to_part():
    message = finding("relu", 0, lambda d, x: d * (x > 0) + 1e-7 * np.sin(37 * x * d + d * d)).message

    numbers = message.partition(" where ")
    assert numbers[0].split()[-1] != numbers[2].split()[0]


def test_a_changed_operation_is_told_without_names_that_nobody_gave():
    def forward(x):
        return x - np.log(np.exp(x).sum(axis=1, keepdims=True)), x

    def backward(dout, x):
        return dout - np.exp(x) * dout.sum(axis=1, keepdims=True)

    report = check((forward, backward), like="log_softmax")

    assert report.verdict == "wrong"
    assert "`t1`" not in str(report)


def test_what_is_used_as_well_reads_well():
    message = finding("affine", 1, lambda d, x, w, b: x.T @ d * w).message

    assert "dx uses w as well; it should be x.T @ d_out." == message
