"""What to set so that matrix products are as fast as the processor allows: found by looking, and tried if asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chainrule.measuring import rates
from chainrule.measuring.libraries import Blas
from chainrule.measuring.processor import Processor

__all__ = ["Advice", "advise", "try_out", "worth_it"]

_WITHOUT_AVX512 = ("haswell", "zen", "sandybridge", "nehalem", "prescott", "core2", "excavator", "barcelona")
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_WORTH_IT = 1.05  # times as fast; less is within what two measurements differ by
_TRIED = 1024  # the n of the n x n matrices that advice is tried with


@dataclass(frozen=True)
class Advice:
    """Something to set.

    Args:
        variable: of the environment, to be set before Python starts; empty where it takes more than that.
        value: for the variable.
        reason: what is wrong, and what to do.
        brings: what is known of the gain: measured elsewhere, or, once tried, here.
        ratio: how many times as fast a float32 matrix product was with the variable set, if that was tried.
    """

    variable: str
    value: str
    reason: str
    brings: str = ""
    ratio: float | None = None

    def __str__(self) -> str:
        setting = f"set {self.variable}={self.value}: " if self.variable else ""
        return setting + " ".join(filter(None, (self.reason, self.brings)))


def advise(processor: Processor, cores: int, blas: Blas, environment: Mapping[str, str]) -> tuple[Advice, ...]:
    """What to set, by looking at the processor, the library and the variables."""
    found = (_kernels(processor, blas), _threads(cores, blas, environment), _library(blas))
    return tuple(advice for advice in found if advice is not None)


def _kernels(processor: Processor, blas: Blas) -> Advice | None:
    from chainrule_start import AVX512, VARIABLE, is_unknown

    fields = {"vendor_id": processor.vendor, "cpu family": processor.family, "flags": " ".join(processor.flags)}
    falls_back = blas.kernels.lower() in _WITHOUT_AVX512 if blas.kernels else is_unknown(fields)
    if not (blas.is_openblas and processor.has_avx512 and falls_back) or _runs_avx512_in_halves(processor):
        return None
    return Advice(
        VARIABLE,
        AVX512,
        f"OpenBLAS uses its {blas.kernels or 'Haswell'} kernels, though this processor has AVX-512.",
        "On one core of an AMD Zen 5 that took float32 matrix products from 115 to 214 GF/s.",
    )


def _runs_avx512_in_halves(processor: Processor) -> bool:
    """AMD's family 25, Zen 4, passes 512 bits through units of 256: measured there, the kernels are equally fast."""
    return (processor.vendor, processor.family) == ("AuthenticAMD", "25")


def _threads(cores: int, blas: Blas, environment: Mapping[str, str]) -> Advice | None:
    variable = "MKL_NUM_THREADS" if blas.name == "mkl" else _THREADS[0] if blas.is_openblas else _THREADS[2]
    if blas.threads > cores:
        reason = f"{blas.threads} threads on the {cores} cores that this process may use wait for one another."
        return Advice(variable, str(cores), reason)
    limits = [name for name in _THREADS if environment.get(name)]
    if 0 < blas.threads < cores and limits:
        reason = f"{' and '.join(limits)} left {blas.threads} of {cores} cores to matrix products."
        return Advice(variable, str(cores), reason, "Leave it where several processes share the cores.")
    return None


def _library(blas: Blas) -> Advice | None:
    if blas.name not in ("none", "blas", "refblas", "netlib", "lapack_lite"):
        return None
    reason = f"NumPy was built with {blas.name}, which is several times as slow as OpenBLAS. Install NumPy's wheel: "
    return Advice("", "", reason + "pip install --force-reinstall --only-binary numpy numpy")


def try_out(advice: Advice) -> Advice:
    """The advice with the ratio that it brings here: matrix products in processes with and without the variable."""
    if not advice.variable:
        return advice
    settings: tuple[dict[str, str], ...] = ({}, {advice.variable: advice.value})
    # In turns, and the better of each, so that what else runs on the machine counts less.
    found = [_product_rates(setting) for _ in range(2) for setting in settings]
    if None in found:
        return replace(advice, brings=f"{advice.brings} It could not be tried here.".strip())
    without, with_it = _best(found[0::2]), _best(found[1::2])
    gains = {dtype: f"{without[dtype]:.0f} to {with_it[dtype]:.0f} GF/s in {dtype}" for dtype in without}
    ratio = with_it["float32"] / without["float32"]
    brings = f"Tried here, {_TRIED} x {_TRIED}: {', '.join(gains.values())}, {ratio:.2f} times as fast in float32."
    return replace(advice, brings=brings, ratio=ratio)


def _best(found: Sequence[Mapping[str, float] | None]) -> dict[str, float]:
    rates = [rate for rate in found if rate is not None]
    return {dtype: max(rate[dtype] for rate in rates) for dtype in rates[0]}


def worth_it(advice: Advice) -> bool:
    """Whether to give it: unless it was tried and brought nothing."""
    return advice.ratio is None or advice.ratio >= _WORTH_IT


def _product_rates(setting: Mapping[str, str]) -> dict[str, float] | None:
    """The rates for each dtype in a process of its own, since OpenBLAS reads its variables when it is loaded."""
    # -P: modules of this folder must not stand in for others of the same name.
    command = [sys.executable, "-P", str(Path(rates.__file__)), str(_TRIED)]
    try:
        done = subprocess.run(
            command, env={**os.environ, **setting}, capture_output=True, text=True, check=True, timeout=120
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return {dtype: float(rate) for dtype, rate in found.items()}
