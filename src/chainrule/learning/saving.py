"""Models as files: one ``.safetensors`` file with the arrays, and the configuration as JSON in its header.

Reading one gives arrays and JSON values and nothing else; no code comes from the file. The same model always
gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.files import write_bytes_atomically

__all__ = ["check_arrays", "load", "save_model"]

Array = npt.NDArray[Any]

# All metadata is one entry, because safetensors writes several in an order that changes from run to run.
KEY = "chainrule"
VERSION = 1


def save_model(path: str | Path, kind: str, configuration: Any, arrays: Mapping[str, Array]) -> None:
    """Write the file, whole or not at all, in an existing folder.

    Args:
        path: the file; an old one is replaced.
        kind: which class reads it: ``"Sequential"``.
        configuration: JSON values from which the class can be made again.
        arrays: what was learned.
    """
    from safetensors.numpy import save

    header = {"version": VERSION, "kind": kind, "configuration": configuration}
    text = json.dumps(header, sort_keys=True, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes_atomically(path, save(contiguous, metadata={KEY: text}))


def load(path: str | Path) -> tuple[str, Any, dict[str, Array]]:
    """Kind, configuration and arrays of a file that `save_model` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is cut off, or not a model of chainrule.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: there is no such file. Give the path that the model was saved to.")
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(KEY)
            # Copies: the file's own arrays may be read-only views of its bytes.
            names = [] if text is None else list(file.keys())
            arrays = {name: file.get_tensor(name).copy() for name in names}
    except SafetensorError as error:
        raise ValueError(
            f"{path}: not a readable .safetensors file ({error}). Perhaps it was cut off; save or copy it again."
        ) from error
    if text is None:
        raise ValueError(f"{path}: not a model of chainrule. Give a file that `model.save(path)` wrote.")
    try:
        header = json.loads(text)
        version, kind, configuration = header["version"], header["kind"], header["configuration"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: the model's description can't be read ({error!r}). Save it again.") from error
    if version != VERSION:
        raise ValueError(
            f"{path}: a model of file version {version!r}, and this chainrule reads version {VERSION}. "
            "Update chainrule."
        )
    return kind, configuration, arrays


def check_arrays(
    path: str | Path, arrays: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]], dtype: npt.DTypeLike
) -> None:
    """Refuse a file whose arrays are not exactly those that its configuration asks for."""
    for name in shapes.keys() | arrays.keys():
        expected = f"{shapes[name]} {np.dtype(dtype)}" if name in shapes else "no such array"
        found = f"{arrays[name].shape} {arrays[name].dtype}" if name in arrays else "no such array"
        if expected != found:
            raise ValueError(
                f"{path}: the file holds {name} as {found}, its configuration asks for {expected}. "
                "The file was changed after it was saved; save the model again."
            )
