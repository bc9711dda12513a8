"""IDX files: what they hold is read, and what is no such file is refused with its reason."""

import gzip
import struct

import numpy as np
import pytest

from chainrule.data.idx import read_idx
from idx_files import idx_bytes

LABELS = np.array([7, 2, 1, 0, 255])
PICTURES = np.arange(24).reshape(2, 3, 4)
GOOD = idx_bytes(PICTURES)


@pytest.fixture
def read(tmp_path):
    """Write the bytes to a file and read it."""

    def write_and_read(content, dimensions=3, name="pictures-idx3-ubyte"):
        path = tmp_path / name
        path.write_bytes(content)
        return read_idx(path, dimensions=dimensions)

    return write_and_read


def test_bytes_worked_by_hand(read):
    content = bytes([0, 0, 8, 1, 0, 0, 0, 3, 10, 20, 255])

    array = read(content, dimensions=1)

    assert [10, 20, 255] == array.tolist()
    assert np.uint8 == array.dtype


def test_dimensions_are_big_endian(read):
    content = bytes([0, 0, 8, 1, 0, 0, 1, 2]) + bytes(258)

    assert (258,) == read(content, dimensions=1).shape


@pytest.mark.parametrize("array", [LABELS, PICTURES, np.zeros((0, 28, 28)), np.zeros(0)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_plain_and_packed_files_hold_the_same(read, array, pack):
    np.testing.assert_array_equal(array, read(pack(idx_bytes(array)), array.ndim))


def test_the_content_and_not_the_name_says_whether_a_file_is_packed(read):
    np.testing.assert_array_equal(PICTURES, read(GOOD, name="pictures.gz"))
    np.testing.assert_array_equal(PICTURES, read(gzip.compress(GOOD), name="pictures"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"begins with the bytes \(none\); an IDX file of 3-D unsigned bytes begins with 00 00 08 03"),
        (b"\0", "begins with the bytes 00; an IDX file"),
        (b"<!DOCTYPE html>", "begins with the bytes 3c 21 44 4f"),
        (b"\x08\x03" + GOOD[2:], "begins with the bytes 08 03 08 03"),
        (GOOD[:2], "ends after 2 bytes, inside its header of 16"),
        (GOOD[:15], "ends after 15 bytes, inside its header of 16"),
        (idx_bytes(PICTURES, code=0x0D), "type with code 0x0d; expected 0x08, unsigned bytes"),
        (idx_bytes(PICTURES, code=0), "type with code 0x00"),
        (idx_bytes(np.arange(99)), r"has 1 dimensions; expected 3 \(pictures\).*exchanged"),
        (idx_bytes(np.zeros((2, 2, 2, 2))), "has 4 dimensions; expected 3"),
        (GOOD[:-1], r"shape \(2, 3, 4\), which is 24 bytes, and 23 follow: the file was cut short"),
        (GOOD[:16], "24 bytes, and 0 follow: the file was cut short"),
        (GOOD + b"\0", "24 bytes, and 25 follow: something follows that is no entry"),
        (GOOD[:4] + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "the file was cut short"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_no_idx_file_is_refused(read, content, message, pack):
    with pytest.raises(ValueError, match=r"^pictures-idx3-ubyte .*" + message + "|^pictures-idx3-ubyte: .*" + message):
        read(pack(content))


def test_pictures_are_no_labels(read):
    with pytest.raises(ValueError, match=r"has 3 dimensions; expected 1 \(labels\)"):
        read(GOOD, dimensions=1)


PACKED = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, (9, 9, 9))))


@pytest.mark.parametrize("length", [2, 9, 11, 30, len(PACKED) // 2, len(PACKED) - 8, len(PACKED) - 1])
def test_a_packed_file_that_was_cut_short_is_refused(read, length):
    with pytest.raises(ValueError, match=r"cut\.gz cannot be unpacked, it was cut short or damaged: .* Get the file"):
        read(PACKED[:length], name="cut.gz")


@pytest.mark.parametrize(
    "content",
    [
        PACKED[:40] + bytes(40) + PACKED[80:],  # the stream
        PACKED[:10] + b"\x07" + PACKED[11:],  # a block of a kind that there is not
        PACKED[:-8] + bytes(4) + PACKED[-4:],  # its checksum
        PACKED[:2] + b"\x07" + PACKED[3:],  # the method
        PACKED + b"and more",
    ],
)
def test_a_packed_file_that_was_changed_is_refused(read, content):
    with pytest.raises(ValueError, match=r"changed\.gz cannot be unpacked"):
        read(content, name="changed.gz")
