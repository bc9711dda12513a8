"""What a run leaves: JSON and pictures, each written whole or not at all."""

from __future__ import annotations

import io
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.files import write_bytes_atomically, write_text_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["circumstances", "save"]

DISTRIBUTIONS = ("numpy", "jax", "jaxlib", "torch", "pytensor", "mygrad", "autograd", "scikit-learn")


def circumstances(machine: Any) -> dict[str, Any]:
    """What the numbers depend on: machine, versions, threads. No names of machines or folders."""
    found = {name: _version(name) for name in DISTRIBUTIONS}
    return {
        "versions": {"python": platform.python_version()} | {name: text for name, text in found.items() if text},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": machine.processor.name,
        "cores": machine.cores,
        "memory": machine.memory,
        "blas": {"name": machine.blas.name, "version": machine.blas.version, "kernels": machine.blas.kernels,
                 "threads": machine.blas.threads},
    }  # fmt: skip


def save(folder: Path, name: str, result: dict[str, Any], figure: Figure) -> list[Path]:
    """Write ``NAME.json`` and ``NAME.png`` into the folder; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=160)
    files = [folder / f"{name}.json", folder / f"{name}.png"]
    write_text_atomically(files[0], json.dumps(result, indent=1) + "\n")
    write_bytes_atomically(files[1], picture.getvalue())
    return files


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
