"""Marks for tests that need datasets which are not part of the repository. Where they are absent, these skip."""

import os
from pathlib import Path

import pytest

MNIST_FILES = tuple(f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
_FOLDER = os.environ.get("CHAINRULE_DATA")


def _are_there(*names):
    return bool(_FOLDER) and all(Path(_FOLDER, name).is_file() for name in names)


needs_mnist = pytest.mark.skipif(not _are_there(*MNIST_FILES), reason="MNIST is not in CHAINRULE_DATA")
needs_housing = pytest.mark.skipif(
    not _are_there("housing_train.csv"), reason="housing_train.csv is not in CHAINRULE_DATA"
)
