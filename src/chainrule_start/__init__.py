"""Where the command begins: what must be settled before NumPy is loaded, which importing the package does.

OpenBLAS chooses its kernels when it is loaded, by a table of the processors that it knows. On others it takes those
for AVX2, "Haswell", also where AVX-512 would run: a matrix product then takes twice as long. The variable
``OPENBLAS_CORETYPE`` says which to take, if it is set by then. This module imports nothing but the standard library.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from pathlib import Path

__all__ = ["AVX512", "KEEP", "VARIABLE", "choose_kernels", "cpuinfo", "first_processor", "is_unknown", "main"]

VARIABLE = "OPENBLAS_CORETYPE"
AVX512 = "SkylakeX"  # OpenBLAS's name for its AVX-512 kernels
KEEP = "CHAINRULE_KEEP_KERNELS"  # set to anything, it leaves OpenBLAS its choice
_TRAINS = ("train", "reproduce")
_NEEDED = frozenset({"avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"})


def cpuinfo() -> str:
    """What Linux says of the processors; empty elsewhere."""
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""


def first_processor(text: str) -> dict[str, str]:
    """The fields of the first processor in the text of ``/proc/cpuinfo``."""
    entry = text.strip().partition("\n\n")[0]
    return dict(re.findall(r"^([^\t:]+?)[\t ]*: ?(.*)$", entry, re.MULTILINE))


def has_avx512(flags: Collection[str]) -> bool:
    """Whether OpenBLAS's AVX-512 kernels run there."""
    return _NEEDED.issubset(flags)


def is_unknown(processor: Mapping[str, str]) -> bool:
    """Whether OpenBLAS falls back to AVX2 on a processor with AVX-512: seen on AMD's family 26, Zen 5."""
    from_amd = processor.get("vendor_id") == "AuthenticAMD" and processor.get("cpu family") == "26"
    return from_amd and has_avx512(processor.get("flags", "").split())


def choose_kernels(words: Sequence[str], environment: MutableMapping[str, str], text: str) -> bool:
    """Set the variable for a command that trains, where it helps and nobody has set it; whether it was set.

    Args:
        words: of the command line, without the program's name.
        environment: is changed.
        text: of ``/proc/cpuinfo``.
    """
    trains = bool(words) and words[0] in _TRAINS and not {"-h", "--help"}.intersection(words)
    if not trains or environment.get(VARIABLE) or environment.get(KEEP) or not is_unknown(first_processor(text)):
        return False
    environment[VARIABLE] = AVX512
    return True


def _numpy_brings_openblas() -> bool:
    """Whether NumPy, which is not loaded here, has OpenBLAS in a folder of its own, as its wheels have."""
    found = importlib.util.find_spec("numpy")
    if found is None or found.origin is None:
        return False
    return any(Path(found.origin).parents[1].glob("numpy.libs/*openblas*"))


def main() -> None:
    """Run the command that the shell's arguments ask for, with the kernels that suit the processor."""
    chosen = (
        "numpy" not in sys.modules and _numpy_brings_openblas() and choose_kernels(sys.argv[1:], os.environ, cpuinfo())
    )
    from chainrule import cli

    cli.main([f"{AVX512} ({VARIABLE}), as OpenBLAS does not know this processor"] if chosen else [])
