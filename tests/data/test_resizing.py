"""Smaller pictures, against SciPy's interpolation and numbers worked by hand."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from chainrule.data.resizing import resized

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def bilinear(image, size):
    """SciPy's own, at the points that the pixels of the new picture stand for."""
    points = [(np.arange(size) + 0.5) * side / size - 0.5 for side in image.shape]
    grid = np.meshgrid(*points, indexing="ij")
    return map_coordinates(image.astype(np.float64), grid, order=1, mode="nearest")


@pytest.mark.parametrize("size", [2, 3, 4, 7, 8, 14, 27, 28, 29, 56])
def test_it_is_scipys_bilinear_interpolation(size):
    expected = np.stack([bilinear(image, size) for image in IMAGES])

    np.testing.assert_allclose(expected, resized(IMAGES, size), rtol=0, atol=1e-11)


@pytest.mark.parametrize("shape", [(20, 30), (1, 9), (9, 1), (1, 1), (3, 2)])
def test_pictures_need_not_be_square(shape):
    image = np.random.default_rng(1).normal(size=shape)

    np.testing.assert_allclose(bilinear(image, 4), resized(image[None], 4)[0], rtol=0, atol=1e-14)


def test_four_pixels_are_exactly_every_seventh_from_the_fourth():
    np.testing.assert_array_equal(IMAGES[:, 3::7, 3::7], resized(IMAGES, 4))


def test_eight_pixels_worked_by_hand():
    ramp = np.broadcast_to(np.arange(28.0), (1, 28, 28))

    assert [1.25, 4.75, 8.25, 11.75, 15.25, 18.75, 22.25, 25.75] == resized(ramp, 8)[0, 0].tolist()


def test_all_pixels_are_the_picture_itself():
    np.testing.assert_array_equal(IMAGES, resized(IMAGES, 28))


def test_one_pixel_is_the_mean_of_all_and_not_the_middle():
    image = np.zeros((1, 28, 28), dtype=np.uint8)
    image[0, 0, 0] = 196

    assert [[[0.25]]] == resized(image, 1).tolist()
    np.testing.assert_allclose(IMAGES.astype(float).mean(axis=(1, 2)), resized(IMAGES, 1)[:, 0, 0], rtol=1e-15)


def test_small_features_between_the_points_are_not_seen():
    image = np.full((1, 28, 28), 255)
    image[0, 3::7, 3::7] = 0

    assert 0 == resized(image, 4).max()


@pytest.mark.parametrize("size", [1, 4, 28])
def test_no_pictures_stay_none(size):
    result = resized(IMAGES[:0], size)

    assert (0, size, size) == result.shape
    assert np.float64 == result.dtype


def test_the_pictures_are_left_alone():
    before = IMAGES.copy()
    resized(IMAGES, 28)[:] = 0

    np.testing.assert_array_equal(before, IMAGES)


@pytest.mark.parametrize(
    ("images", "size", "message"),
    [
        (np.zeros((28, 28)), 4, r"images have shape \(28, 28\); expected \(N, H, W\)"),
        (np.zeros((2, 0, 28)), 4, r"images have shape \(2, 0, 28\)"),
        (IMAGES, 0, "size is 0; expected at least 1 pixel"),
    ],
)
def test_what_is_no_picture_is_refused(images, size, message):
    with pytest.raises(ValueError, match=message):
        resized(images, size)
