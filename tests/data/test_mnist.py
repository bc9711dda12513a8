"""MNIST: small files written by the tests hold everywhere; the real ones are compared with published counts."""

import gzip

import numpy as np
import pytest

from chainrule.data import mnist
from idx_files import idx_bytes, pictures, write_mnist
from real_data import MNIST_FILES, needs_mnist

TRAIN, TEST = [8, 1, 3, 1, 8, 8, 0, 9, 1, 2, 4, 5, 6, 7], [1, 3, 8]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with a small MNIST, and its pictures."""
    images = write_mnist(tmp_path, train_labels=TRAIN, test_labels=TEST)
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    return tmp_path, images


def test_all_digits_are_read(small):
    _, images = small
    data = mnist()

    np.testing.assert_array_equal(images[0].reshape(14, 784) / 255, data.train.x)
    np.testing.assert_array_equal(images[1].reshape(3, 784) / 255, data.test.x)
    assert (TRAIN, TEST) == (data.train.y.tolist(), data.test.y.tolist())


def test_a_part_says_what_it_is(small):
    part = mnist(4, (1, 8)).test

    assert ("mnist", "classification", (1, 8), (4, 4)) == (part.name, part.task, part.classes, part.image_shape)
    assert ("pixel_0_0", "pixel_0_1", "pixel_3_3") == (*part.feature_names[:2], part.feature_names[-1])
    assert tuple(range(10)) == mnist().train.classes
    assert np.int64 == part.y.dtype


def test_some_digits_keep_the_order_of_the_file(small):
    _, images = small
    data = mnist(digits=(1, 8))
    kept = [0, 1, 3, 4, 5, 8]

    np.testing.assert_array_equal(images[0][kept].reshape(6, 784) / 255, data.train.x)
    assert [1, 0, 0, 1, 1, 0] == data.train.y.tolist()
    assert [0, 1] == data.test.y.tolist()


@pytest.mark.parametrize("digits", [(8, 1), [8, 1], np.array([8, 1]), range(8, 0, -7)])
def test_classes_are_numbered_as_they_are_named(small, digits):
    data = mnist(digits=digits)

    assert [0, 1, 1, 0, 0, 1] == data.train.y.tolist()
    assert (8, 1) == data.train.classes
    assert {int} == {type(digit) for digit in data.train.classes}


def test_three_digits_are_three_classes(small):
    assert [0, 1, 2, 1, 0, 0, 1] == mnist(28, (8, 1, 3)).train.y.tolist()


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [
        (4, lambda image: image[3::7, 3::7] / 255),
        (1, lambda image: np.array([[image.mean() / 255]])),
    ],
)
def test_pictures_may_have_fewer_pixels(small, resolution, expected):
    _, images = small
    x = mnist(resolution, (1, 8)).test.x

    np.testing.assert_allclose([expected(image).ravel() for image in images[1][[0, 2]]], x, rtol=1e-15)


@pytest.mark.parametrize("resolution", [28, 8, 4, 1])
def test_pixels_lie_between_0_and_1(small, resolution):
    x = mnist(resolution).train.x

    assert (14, resolution**2) == x.shape
    assert np.float64 == x.dtype
    assert 0 <= x.min() <= x.max() <= 1


@pytest.mark.parametrize("resolution", [28, 8, 1])
@pytest.mark.parametrize("dtype", [np.float32, "float32"])
def test_float32_is_float64_rounded(small, resolution, dtype):
    single, double = mnist(resolution, dtype=dtype), mnist(resolution)

    assert np.float32 == single.train.x.dtype
    np.testing.assert_array_equal(double.train.x.astype(np.float32), single.train.x)


def test_digits_that_a_part_lacks_give_it_no_rows(small):
    data = mnist(digits=(0, 9))

    assert ((2, 784), (0, 784)) == (data.train.x.shape, data.test.x.shape)


def test_unpacked_files_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    write_mnist(tmp_path, train_labels=TRAIN, test_labels=TEST, packed=False)

    assert TRAIN == mnist().train.y.tolist()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resolution": 7}, "resolution is 7; expected one of 28, 8, 4, 1"),
        ({"resolution": "8"}, "resolution is '8'"),
        ({"resolution": 28.0}, "resolution is 28.0"),
        ({"resolution": None}, "resolution is None"),
        ({"resolution": (8, 8)}, r"resolution is \(8, 8\)"),
        ({"digits": (1, 1)}, r"digits is \(1, 1\); expected at least two different ones from 0 to 9, such as \(1, 8\)"),
        ({"digits": (11,)}, "at least two different ones"),
        ({"digits": (1, 11)}, "from 0 to 9"),
        ({"digits": (1, -1)}, "from 0 to 9"),
        ({"digits": "18"}, "digits is '18'"),
        ({"digits": b"18"}, "digits is b'18'"),
        ({"digits": 8}, "digits is 8"),
        ({"digits": (8,)}, "at least two"),
        ({"digits": ()}, "at least two"),
        ({"digits": (1.0, 8.0)}, "at least two"),
        ({"digits": (True, False)}, "at least two"),
        ({"digits": ("1", "8")}, "at least two"),
        ({"digits": ([1], [8])}, "at least two"),
        ({"dtype": np.int64}, "dtype is int64; expected float64 or float32"),
        ({"dtype": np.float16}, "dtype is float16"),
    ],
)
def test_wrong_arguments_are_refused_before_any_file_is_looked_for(monkeypatch, given, message):
    monkeypatch.setenv("CHAINRULE_DATA", "nowhere")

    with pytest.raises(ValueError, match=message):
        mnist(**given)


@pytest.mark.parametrize(
    ("number", "array", "message"),
    [
        (1, np.array(TRAIN[:-1]), "train-images-idx3-ubyte.gz holds 14 pictures and train-.* 13 labels; .*one place"),
        (2, pictures(4), "t10k-images-idx3-ubyte.gz holds 4 pictures and t10k-labels-idx1-ubyte.gz 3"),
        (
            2,
            np.zeros((3, 28, 27)),
            r"t10k-images-idx3-ubyte.gz holds pictures of shape \(28, 27\); expected \(28, 28\)",
        ),
        (3, np.array([1, 3, 10]), "t10k-labels-idx1-ubyte.gz holds the label 10; expected digits from 0 to 9"),
        (3, np.zeros((3, 28, 28)), r"t10k-labels-idx1-ubyte.gz has 3 dimensions; expected 1"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(small, number, array, message):
    (small[0] / MNIST_FILES[number]).write_bytes(gzip.compress(idx_bytes(array)))

    with pytest.raises(ValueError, match=message):
        mnist()


@pytest.mark.parametrize("name", MNIST_FILES)
def test_a_file_that_was_cut_short_is_named(small, name):
    path = small[0] / name
    path.write_bytes(path.read_bytes()[:-3])

    with pytest.raises(ValueError, match=f"^{name} cannot be unpacked"):
        mnist()


# ------------------------------------------------------------------------------------- the real files

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs_mnist
def test_real_mnist_has_the_published_counts_mean_and_deviation():
    data = mnist(dtype=np.float32)

    assert (TRAIN_COUNTS, TEST_COUNTS) == (np.bincount(data.train.y).tolist(), np.bincount(data.test.y).tolist())
    assert ((60_000, 784), (10_000, 784)) == (data.train.x.shape, data.test.x.shape)
    assert (0.1307, 0.3081) == (round(float(data.train.x.mean()), 4), round(float(data.train.x.std()), 4))
    assert ([5, 0, 4, 1, 9], [7, 2, 1, 0, 4]) == (data.train.y[:5].tolist(), data.test.y[:5].tolist())


@needs_mnist
@pytest.mark.parametrize("resolution", [28, 8, 4, 1])
def test_real_ones_and_eights(resolution):
    data = mnist(resolution, (1, 8))

    assert (12_593, 2_109) == (len(data.train), len(data.test))
    assert [6742, 5851] == np.bincount(data.train.y).tolist()
    assert [0, 0, 0, 0, 1] == data.train.y[:5].tolist()  # the file begins 5 0 4 1 9 2 1 3 1 4 3 5 3 6 1 7 2 8


@needs_mnist
def test_eights_have_more_ink_than_ones():
    x, y = mnist(1, (1, 8)).train.x[:, 0], mnist(1, (1, 8)).train.y

    assert x[y == 1].mean() > 1.5 * x[y == 0].mean()
