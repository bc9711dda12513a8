"""Frames: what comes from a submission is read without believing any of it."""

import json
import struct
import tracemalloc

import numpy as np
import pytest

from chainrule.grading.confinement.inside.frames import (
    ProtocolError,
    describe,
    frame,
    read_arrays,
    read_named,
    read_text,
    receive,
)


def reader(data, step=1 << 20):
    """``read(most)`` over bytes that arrive in pieces."""
    left = bytearray(data)

    def read(most):
        piece = bytes(left[: min(most, step)])
        del left[: len(piece)]
        if not piece:
            raise EOFError
        return piece

    return read


def got(header, body=b"", lengths=None, step=1 << 20):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    data = struct.pack("<II", *(lengths or (len(text), len(body)))) + text + body
    return receive(reader(data, step), 1 << 16, 1 << 20)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.float64(1.5).reshape(()),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.array([[1], [-2]], np.int32),
        np.array([2**62]),
        np.array([np.nan, np.inf, -0.0], np.float32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
)
def test_arrays_arrive_as_they_were_sent(array, step):
    data = frame({"out": [describe(array)]}, [array])

    header, body = receive(reader(data, step), 1 << 16, 1 << 20)
    (back,) = read_arrays(header["out"], body)

    assert (array.dtype, array.shape, array.tobytes()) == (back.dtype, back.shape, back.tobytes())
    assert back.flags.writeable


def test_form_is_two_lengths_a_header_and_raw_bytes():
    data = frame({"out": [["<f8", [1]]]}, [np.array([1.0])])

    assert b"\x17\0\0\0\x08\0\0\0" + b'{"out": [["<f8", [1]]]}' + struct.pack("<d", 1.0) == data


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([None]), np.array([1j]), np.array([1], np.uint8)])
def test_other_dtypes_are_not_sent(array):
    with pytest.raises(TypeError, match="cannot be sent"):
        describe(array)


@pytest.mark.parametrize("lengths", [(2**32 - 1, 0), (2, 2**32 - 1), ((1 << 16) + 1, 0), (2, (1 << 20) + 1)])
def test_lengths_beyond_what_is_allowed_are_refused_before_memory_is_taken(lengths):
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="at most"):
            got(b"{}", lengths=lengths)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1 << 20


def test_memory_is_taken_as_bytes_arrive_not_as_they_are_announced():
    tracemalloc.start()
    try:
        with pytest.raises(EOFError):
            receive(reader(struct.pack("<II", 2, 1 << 30) + b"{}" + bytes(10), 1), 1 << 16, 1 << 30)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1 << 20


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"a"',
        b"\xff\xfe",
        b"[" * 60000,
        b'{"a":' * 10000,
        b'{"a": ' + b"9" * 60000 + b"}",
    ],
)
def test_header_that_is_no_object_is_refused(header):
    with pytest.raises(ProtocolError, match="header"):
        got(header)


@pytest.mark.parametrize(
    ("described", "size"),
    [
        (None, 0),
        ({}, 0),
        ([None], 0),
        ([["<f8"]], 0),
        ([["<f8", [1], 1]], 8),
        ([["<f8", None]], 8),
        ([["<f8", "1"]], 8),
        ([["<f8", [-1]]], 8),
        ([["<f8", [-1, -1]]], 8),
        ([["<f8", [1.0]]], 8),
        ([["<f8", [True]]], 8),
        ([["<f8", [2]]], 8),
        ([["<f8", [1]]], 9),
        ([["<f8", [2**60]]], 8),
        ([["<f8", [2**39] * 3]], 8),
        ([["<f8", [2**32, 2**32]]], 0),
        ([["<f8", [0, 2**39, 2**39]]], 0),
        ([["<f8", [0] + [2**40 - 1] * 31]], 0),
        ([["<f8", [1] * 65]], 8),
        ([["<f8", [0]]] * 65, 0),
        ([["|O", [1]]], 8),
        ([["O", [1]]], 8),
        ([[">f8", [1]]], 8),
        ([["<f8,<f8", [1]]], 16),
        ([["V8", [1]]], 8),
        ([["<U2", [1]]], 8),
        ([["<c16", [1]]], 16),
        ([["<M8[s]", [1]]], 8),
        ([[["<f8"], [1]]], 8),
        ([[0, [1]]], 8),
    ],
)
def test_array_that_is_not_what_it_says_is_refused(described, size):
    with pytest.raises(ProtocolError):
        read_arrays(described, bytes(size))


def test_bytes_that_are_neither_true_nor_false_become_true():
    (back,) = read_arrays([["|b1", [4]]], bytes([0, 1, 2, 255]))

    assert b"\0\1\1\1" == back.tobytes()


@pytest.mark.parametrize(
    "out", [None, [["<f8", []]], [[1, "<f8", []]], [["a", "<f8", []], ["a", "<f8", []]], [[None, "<f8", []]], ["abc"]]
)
def test_results_without_names_of_their_own_are_refused(out):
    with pytest.raises(ProtocolError):
        read_named({"out": out}, bytes(8 * len(out or [])))


def test_texts_are_cut_and_can_be_written_to_a_file():
    assert "abc" == read_text("abcdef", 3)
    assert "a?b" == read_text("a\ud800b", 10)
    with pytest.raises(ProtocolError, match="NoneType"):
        read_text(None, 3)
