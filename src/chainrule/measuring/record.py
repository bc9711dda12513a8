"""`Machine`: what this machine has for matrix products, what it reaches, and what to set."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.measuring.advice import Advice, advise, try_out, worth_it
from chainrule.measuring.libraries import Blas, blas_in_use
from chainrule.measuring.processor import Processor, read_processor, usable_cores, usable_memory
from chainrule.measuring.rates import Rates, measure_rates

__all__ = ["Machine", "look"]


@dataclass(frozen=True)
class Machine:
    """A machine as NumPy finds it; it prints itself.

    Args:
        processor: what it is.
        cores: that this process may use.
        memory: in bytes, that this process may use; 0 if unknown.
        blas: the library behind matrix products.
        simd: NumPy's own vector instructions that this processor has.
        versions: of Python and NumPy.
        rates: what was measured; None if nothing was.
        advice: what to set.
    """

    processor: Processor
    cores: int
    memory: int
    blas: Blas
    simd: tuple[str, ...]
    versions: dict[str, str]
    rates: Rates | None
    advice: tuple[Advice, ...]

    def rows(self) -> list[tuple[str, str]]:
        """Each fact as a label and a text."""
        blas = self.blas
        return [
            ("processor", self.processor.name + (f" ({self.processor.vectors})" if self.processor.vectors else "")),
            ("cores", str(self.cores)),
            ("memory", f"{self.memory / 2**30:.1f} GiB" if self.memory else "unknown"),
            ("python", f"{self.versions['python']}, NumPy {self.versions['numpy']}"),
            ("simd", " ".join(self.simd) or "unknown"),
            ("blas", f"{blas.name} {blas.version}".strip()),
            ("kernels", blas.kernels or "unknown"),
            ("threads", str(blas.threads or "unknown")),
            *(_shown_rates(self.rates) if self.rates is not None else []),
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        processor = asdict(self.processor) | {"flags": sorted(self.processor.flags)}
        return {
            "processor": processor,
            "cores": self.cores,
            "memory": self.memory,
            "blas": asdict(self.blas),
            "simd": list(self.simd),
            "versions": dict(self.versions),
            "rates": None if self.rates is None else self.rates.as_dict(),
            "advice": [asdict(advice) for advice in self.advice],
        }

    def __str__(self) -> str:
        rows = [*self.rows(), *(("advice", str(advice)) for advice in self.advice)]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label:{width}}  {text}" for label, text in rows)

    __repr__ = __str__


def look(measure: bool) -> Machine:
    """What `machine` gives."""
    from chainrule_start import cpuinfo

    processor, cores, blas = read_processor(cpuinfo()), usable_cores(), blas_in_use()
    rates = measure_rates() if measure else None
    advice = advise(processor, cores, blas, os.environ)
    return Machine(
        processor=processor,
        cores=cores,
        memory=usable_memory(),
        blas=blas,
        simd=_simd(),
        versions={"python": platform.python_version(), "numpy": np.__version__},
        rates=rates,
        advice=tuple(filter(worth_it, map(try_out, advice))) if measure else advice,
    )


def _simd() -> tuple[str, ...]:
    """What NumPy's own loops use beside what every processor has."""
    built: Any = np.show_config(mode="dicts")
    extensions = built.get("SIMD Extensions", {})
    return tuple(extensions.get("found") or extensions.get("baseline") or ())


def _shown_rates(rates: Rates) -> list[tuple[str, str]]:
    products = [
        (f"{dtype} products", ", ".join(f"{rate:.1f} GF/s at {n} x {n}" for n, rate in found.items()))
        for dtype, found in rates.products.items()
    ]
    sizes = ", ".join(f"{rate:.1f} GB/s in {_size(held)}" for held, rate in rates.adding.items())
    moves = [f"{name} {rate:.1f} GB/s" for name, rate in (("copy", rates.copy), ("triad", rates.triad)) if rate]
    return [*products, ("memory moves", ", ".join(moves) or "not measured"), ("a = b + c", sizes)]


def _size(held: int) -> str:
    return f"{held // 2**20} MiB" if held >= 2**20 else f"{held // 2**10} KiB"
