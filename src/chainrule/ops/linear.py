"""Products of matrices and vectors."""

import numpy as np

from chainrule.op import Op
from chainrule.ops.broadcasting import unbroadcast


def affine_forward(x, w, b):
    """Weigh the inputs and add a bias: ``out = x @ w + b``.

    Args:
        x: inputs, shape (..., D).
        w: weights, shape (D, H).
        b: bias, shape (H,).

    Example: x = (1, 2), w = ((1,), (10,)), b = (100,) give 121.
    """
    return x @ w + b, (x, w)


def affine_backward(saved, d_out):
    """Pull the gradient back from ``out`` to ``x``, ``w`` and ``b``.

    One output entry is ``out[n, h] = sum_d x[n, d] w[d, h] + b[h]``. Each input's gradient collects ``d_out`` from
    every output entry that the input reaches:

        d_x[n, d] = sum_h d_out[n, h] w[d, h]    d_out @ w.T
        d_w[d, h] = sum_n x[n, d] d_out[n, h]    x.T @ d_out
        d_b[h]    = sum_n d_out[n, h]            d_out.sum(axis=0)

    Any leading axes of x count the samples together, as one n.

    Args:
        saved: ``(x, w)``, from ``affine_forward``. The bias only shifts ``out``, so it is not needed.
        d_out: gradient of the loss with respect to ``out``, shape (..., H).

    Returns:
        d_x: shape (..., D).  d_w: shape (D, H).  d_b: shape (H,).
    """
    x, w = saved
    if x.ndim == 2:
        return d_out @ w.T, x.T @ d_out, d_out.sum(axis=0)
    inputs, outputs = w.shape
    rows, d_rows = np.reshape(x, (-1, inputs)), np.reshape(d_out, (-1, outputs))
    return d_out @ w.T, rows.T @ d_rows, d_rows.sum(axis=0)


def matmul_forward(a, b):
    """Multiply matrices: ``out[..., n, h] = sum_d a[..., n, d] b[..., d, h]``.

    A vector on the left is a row, one on the right a column; leading axes broadcast.

    Args:
        a: left factor, shape (..., D).
        b: right factor, shape (..., D, H) or (D,).

    Example: (1, 2) times (3, 4) is 11.
    """
    return a @ b, (a, b)


def matmul_backward(saved, d_out):
    """Pull the gradient back: ``d_a = d_out @ b.T`` and ``d_b = a.T @ d_out``, matrix by matrix.

        d_a[n, d] = sum_h d_out[n, h] b[d, h]
        d_b[d, h] = sum_n a[n, d] d_out[n, h]

    Vectors are first made the matrices they stood for.
    """
    a, b = saved
    a_matrix = a[None, :] if a.ndim == 1 else a
    b_matrix = b[:, None] if b.ndim == 1 else b
    if a.ndim == 1:
        d_out = d_out[..., None, :] if b.ndim > 1 else d_out[..., None]
    if b.ndim == 1:
        d_out = d_out[..., None]
    d_a = unbroadcast(d_out @ _transposed(b_matrix), a_matrix.shape)
    d_b = unbroadcast(_transposed(a_matrix) @ d_out, b_matrix.shape)
    return (
        np.reshape(d_a, a.shape) if a.ndim == 1 else d_a,
        np.reshape(d_b, b.shape) if b.ndim == 1 else d_b,
    )


def _transposed(matrix):
    return matrix.T if matrix.ndim == 2 else np.matrix_transpose(matrix)


def dot_forward(a, b):
    """NumPy's dot product: numbers multiply, vectors and matrices as in ``@``.

    Args:
        a: left factor, any shape.
        b: right factor, any shape.

    Example: (1, 2) times (3, 4) is 11.
    """
    if np.ndim(b) > 2 and np.ndim(a):
        raise ValueError(
            f"dot: has a derivative here for b with at most 2 axes, got shapes {np.shape(a)} and {np.shape(b)}. "
            "Write a @ b, or np.einsum."
        )
    return np.dot(a, b), (a, b)


def dot_backward(saved, d_out):
    """Pull the gradient back: as for multiply where one factor is a number, else as for matmul."""
    a, b = saved
    if not np.ndim(a) or not np.ndim(b):
        return unbroadcast(d_out * b, np.shape(a)), unbroadcast(d_out * a, np.shape(b))
    return matmul_backward(saved, d_out)


def outer_forward(a, b):
    """All products of two entries: ``out[i, j] = a[i] b[j]``, both read as one row.

    Args:
        a: left factor, any shape.
        b: right factor, any shape.

    Example: (1, 2) and (3, 4) give the rows (3, 4) and (6, 8).
    """
    return np.outer(a, b), (a, b)


def outer_backward(saved, d_out):
    """Pull the gradient back: ``d_a[i] = sum_j d_out[i, j] b[j]`` and ``d_b[j] = sum_i a[i] d_out[i, j]``."""
    a, b = saved
    return np.reshape(d_out @ np.ravel(b), np.shape(a)), np.reshape(np.ravel(a) @ d_out, np.shape(b))


def einsum_forward(*operands, subscripts):
    """Sum products of entries over repeated letters: ``"nd,dh->nh"`` is a matrix product.

    Args:
        operands: inputs, any shape, as many as the subscripts name.

    Example: ``einsum(a, b, subscripts="i,i->")`` of (1, 2) and (3, 4) is 11.
    """
    terms, result = _terms(subscripts, operands)
    return np.einsum(",".join(terms) + "->" + result, *operands), (operands, terms, result)


def einsum_backward(saved, d_out):
    """Pull the gradient back: an operand's gradient is the sum of ``d_out`` times all other operands, over the letters
    that it does not have. Letters that only it has were summed away: there it gets the same everywhere.
    """
    operands, terms, result = saved
    return tuple(_operand_gradient(place, operands, terms, result, d_out) for place in range(len(operands)))


def _operand_gradient(place, operands, terms, result, d_out):
    own = terms[place]
    others = [(term, operand) for at, (term, operand) in enumerate(zip(terms, operands, strict=True)) if at != place]
    known = set(result).union(*(term for term, _ in others))
    kept = "".join(letter for letter in own if letter in known)
    inputs = [(result, d_out), *others]
    subscripts = ",".join(term for term, _ in inputs) + "->" + kept
    gradient = np.einsum(subscripts, *(operand for _, operand in inputs))
    shape = np.shape(operands[place])
    # An axis of size 1 may have been broadcast against the same letter of another operand.
    gradient = unbroadcast(gradient, tuple(size for letter, size in zip(own, shape, strict=True) if letter in known))
    if kept != own:
        spread = tuple(size if letter in known else 1 for letter, size in zip(own, shape, strict=True))
        gradient = np.broadcast_to(np.reshape(gradient, spread), shape)
    return gradient


def _terms(subscripts, operands):
    """The letters of each operand and of the result, with ``...`` spelled out.

    >>> _terms("ij,jk", (np.ones((2, 3)), np.ones((3, 4))))
    (['ij', 'jk'], 'ik')
    >>> _terms("...d->...", (np.ones((2, 3)),))
    (['Ad'], 'A')
    """
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, got {len(operands)}")
    ellipses = [
        np.ndim(operand) - len(term.replace("...", "")) if "..." in term else 0
        for term, operand in zip(terms, operands, strict=True)
    ]
    spare = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in subscripts]
    longest = max(ellipses)
    dots = "".join(spare[:longest])
    # Shorter ellipses stand for the last of those axes, as shapes broadcast from the right.
    terms = [term.replace("...", dots[longest - count :]) for term, count in zip(terms, ellipses, strict=True)]
    if not arrow:
        letters = "".join(terms)
        result = dots + "".join(sorted(one for one in set(letters) - set(dots) if letters.count(one) == 1))
    for term in terms:
        if len(set(term)) != len(term):
            raise ValueError(
                f"einsum: a letter stands twice in {term!r}, a diagonal, which has no derivative here. Take the "
                "diagonal first, np.diagonal(x)."
            )
    return terms, result.replace("...", dots)


matmul = Op(matmul_forward, matmul_backward)
affine = Op(affine_forward, affine_backward)
dot = Op(dot_forward, dot_backward)
outer = Op(outer_forward, outer_backward)
einsum = Op(einsum_forward, einsum_backward)
