"""Small IDX files, written by hand and not by our own code."""

import gzip
import struct

import numpy as np

from real_data import MNIST_FILES


def idx_bytes(array, *, code=8):
    """An IDX file's bytes: two zeros, the type's code, the number of dimensions, each dimension, the entries."""
    header = struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def write_mnist(folder, *, train_labels, test_labels, packed=True):
    """Four files with these labels and random pictures; gives the pictures of both parts."""
    images = pictures(len(train_labels), seed=1), pictures(len(test_labels), seed=2)
    arrays = images[0], np.array(train_labels), images[1], np.array(test_labels)
    for name, array in zip(MNIST_FILES, arrays, strict=True):
        content = idx_bytes(array)
        path = folder / (name if packed else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(content) if packed else content)
    return images
