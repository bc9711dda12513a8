"""Which datasets can be fetched: their files, what these must be, and where the world keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.data.wording import listed, nearest

__all__ = ["SOURCES", "File", "Source", "source"]


@dataclass(frozen=True)
class File:
    """A file that is known to the byte.

    Args:
        name: of the file, here and on its mirrors.
        size: in bytes.
        sha256: of its content, in hexadecimal digits.
        mirrors: addresses, tried in this order.
    """

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A dataset that is not part of the package.

    Args:
        name: what it is called in commands.
        what: it holds, in a few words.
        licence: under which it is handed on, and whose it is.
        files: all of them are needed.
    """

    name: str
    what: str
    licence: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """In bytes, as fetched."""
        return sum(file.size for file in self.files)


def source(name: str) -> Source:
    """The source of that name; any other name is an error that tells the nearest one."""
    if name not in SOURCES:
        raise ValueError(f"no dataset {name!r}; there are {listed(SOURCES)}.{nearest(name, list(SOURCES))}")
    return SOURCES[name]


def _mnist_file(name: str, size: int, sha256: str) -> File:
    folders = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    return File(name, size, sha256, tuple(folder + name for folder in folders))


SOURCES: Mapping[str, Source] = {
    "mnist": Source(
        name="mnist",
        what="70,000 handwritten digits, 28 x 28 pixels",
        licence="Yann LeCun, Corinna Cortes, Christopher Burges, from NIST's data; handed on as CC BY-SA 3.0.",
        files=(
            _mnist_file(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            _mnist_file(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            _mnist_file(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            _mnist_file(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
    ),
    "housing": Source(
        name="housing",
        what="1,460 houses sold in Ames, Iowa, 81 columns",
        licence="Dean De Cock, 2011; Kaggle's competition rules apply to this copy: for learning, not for passing on.",
        files=(
            File(
                "housing_train.csv",
                460_676,
                "1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41",
                (
                    "https://raw.githubusercontent.com/carola-niu/i2dl_ss23/"
                    "34656783845aa9c455f5dc90b5cf7a1bb68627e5/datasets/housing/housing_train.csv",
                    "https://raw.githubusercontent.com/YuxuanSnow/IN2346_I2DL/"
                    "4e7eeac2a5c23d0e82cab5b79b0d6a2667642324/Bonus%20Exercise/exercise_04/datasets/housing/"
                    "housing_train.csv",
                ),
            ),
        ),
    ),
}
