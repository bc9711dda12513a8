"""The library behind NumPy's matrix products: which it is, the kernels it chose, its threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Blas", "blas_in_use", "described"]


@dataclass(frozen=True)
class Blas:
    """A BLAS library.

    Args:
        name: ``"openblas"``, ``"mkl"`` ...
        version: its own.
        kernels: the processor that its kernels were written for, ``"Haswell"`` ...; empty if nobody says.
        threads: how many it uses; 0 if nobody says.
    """

    name: str
    version: str = ""
    kernels: str = ""
    threads: int = 0

    @property
    def is_openblas(self) -> bool:
        """Whether it reads OpenBLAS's variables."""
        return "openblas" in self.name


def blas_in_use() -> Blas:
    """NumPy's BLAS: asked by threadpoolctl where it is installed, else what NumPy was built with."""
    built: Any = np.show_config(mode="dicts")
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return described([], built)
    return described(threadpool_info(), built)


def described(loaded: Sequence[Mapping[str, Any]], built: Mapping[str, Any]) -> Blas:
    """The library, from what threadpoolctl and NumPy's configuration say.

    SciPy brings a library of its own, so the one in NumPy's folder counts, where there are several.
    """
    found = [library for library in loaded if library.get("user_api") == "blas"]
    found.sort(key=lambda library: "numpy" not in str(library.get("filepath", "")))
    if found:
        library = found[0]
        return Blas(
            name=str(library.get("internal_api") or "unknown"),
            version=str(library.get("version") or ""),
            kernels=str(library.get("architecture") or ""),
            threads=int(library.get("num_threads") or 0),
        )
    known = built.get("Build Dependencies", {}).get("blas", {})
    return Blas(name=str(known.get("name") or "unknown"), version=str(known.get("version") or ""))
