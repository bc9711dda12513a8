"""The processor, and how much of it this process may use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Processor", "cores_of_quota", "read_processor", "usable_cores", "usable_memory"]

_VECTORS = ("avx512f", "avx2", "avx", "sse4_2", "asimd")  # the widest first; asimd is ARM's
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Processor:
    """What the processor is.

    Args:
        name: as it calls itself.
        vendor, family: as numbers in tables of processors, such as ``"AuthenticAMD"`` and ``"26"``.
        flags: the instruction sets that it has, by Linux's names.
    """

    name: str
    vendor: str = ""
    family: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def has_avx512(self) -> bool:
        """Whether it has the instructions of OpenBLAS's kernels for AVX-512."""
        from chainrule_start import has_avx512

        return has_avx512(self.flags)

    @property
    def vectors(self) -> str:
        """The widest vector instructions; empty if nobody says."""
        return next((name for name in _VECTORS if name in self.flags), "")


def read_processor(text: str) -> Processor:
    r"""The processor that the text of ``/proc/cpuinfo`` describes; without text, the name that Python knows.

    >>> read_processor("vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel name\t: i7\nflags\t\t: avx avx2").vectors
    'avx2'
    """
    from chainrule_start import first_processor

    fields = first_processor(text)
    return Processor(
        name=fields.get("model name") or platform.processor() or platform.machine(),
        vendor=fields.get("vendor_id", ""),
        family=fields.get("cpu family", ""),
        flags=frozenset((fields.get("flags") or fields.get("Features") or "").split()),
    )


def usable_cores() -> int:
    """The cores that this process may use: its affinity, or fewer by the quota of its container."""
    affine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cores_of_quota(_text(_CGROUP / "cpu.max"))
    return affine if quota is None else min(affine, quota)


def cores_of_quota(text: str) -> int | None:
    """The cores that ``cpu.max`` leaves a container, at least one; None if all.

    >>> cores_of_quota("150000 100000"), cores_of_quota("50000 100000"), cores_of_quota("max 100000")
    (2, 1, None)
    """
    words = text.split()
    if len(words) != 2 or not all(word.isdigit() for word in words) or words[1] == "0":
        return None
    return max(1, -(-int(words[0]) // int(words[1])))


def usable_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or fewer by its container's limit; 0 if unknown."""
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    limit = _text(_CGROUP / "memory.max").strip()
    return min(installed, int(limit)) if limit.isdigit() else installed


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
