"""A training run's whole state in one safetensors file: arrays as tensors, everything else as JSON in its header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.files import write_bytes_atomically
from chainrule.learning.history import History

if TYPE_CHECKING:
    from chainrule.learning.solver import State

__all__ = ["load", "save"]

FORMAT = "chainrule checkpoint 1"


def save(path: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    from safetensors.numpy import save as to_bytes

    arrays = {f"parameters.{name}": array for name, array in state.parameters.items()}
    arrays |= {f"best.{name}": array for name, array in (state.best_parameters or {}).items()}
    arrays |= {
        f"optimizer.{name}": value for name, value in state.optimizer.items() if isinstance(value, np.ndarray)
    }
    scalars = {name: value for name, value in state.optimizer.items() if not isinstance(value, np.ndarray)}
    header = {
        "epoch": state.epoch,
        "history": state.history.to_json(),
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "optimizer": scalars,
        "generator": type(state.rng.bit_generator).__name__,
        "generator_state": state.rng.bit_generator.state,
    }
    metadata = {"format": FORMAT, "state": json.dumps(header, default=_plain)}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes_atomically(path, to_bytes(contiguous, metadata=metadata))


def load(path: Path, state: State) -> None:
    """Put a saved state into ``state``; nothing is changed unless the whole file fits.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, not a checkpoint, or of another model or optimizer.
    """
    header, arrays = _read(path)
    try:
        parameters = _arrays(arrays, "parameters.")
        _require_same_form(path, "parameters", state.parameters, parameters)
        optimizer = _arrays(arrays, "optimizer.") | header["optimizer"]
        _require_same_form(path, "optimizer state", state.optimizer, optimizer)
        generator = state.rng.bit_generator
        if header["generator"] != type(generator).__name__:
            raise ValueError(
                f"{path}: the random generator was {header['generator']}, this solver's is {type(generator).__name__}"
            )
        history = History.from_json(header["history"])
        generator.state = _generator_state(header["generator_state"])
        best = _arrays(arrays, "best.") or None
        epoch, best_epoch, best_loss = header["epoch"], header["best_epoch"], header["best_loss"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: the checkpoint's header is incomplete ({error}); save it again") from error
    state.parameters, state.best_parameters = parameters, best
    state.optimizer = {name: optimizer[name] for name in state.optimizer}
    state.epoch, state.best_epoch, state.best_loss, state.history = epoch, best_epoch, best_loss, history


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no checkpoint here")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: not a readable safetensors file ({error}); was it cut off?") from error
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not a checkpoint of chainrule (its format is {metadata.get('format')!r})")
    try:
        return json.loads(metadata["state"]), arrays
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: the checkpoint's header can't be read ({error})") from error


def _arrays(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    # Copies: the file's own arrays may be read-only views of its bytes.
    return {
        name.removeprefix(prefix): value.copy() for name, value in arrays.items() if name.startswith(prefix)
    }


def _require_same_form(path: Path, what: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    def form(values: dict[str, Any]) -> dict[str, str]:
        return {name: f"{np.shape(v)} {getattr(v, 'dtype', type(v).__name__)}" for name, v in values.items()}

    here, there = form(ours), form(theirs)
    if here != there:
        names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        name = names[0]
        raise ValueError(
            f"{path}: {what} {name!r} is {there.get(name, 'not there')} in the file and {here.get(name, 'not there')} "
            "in this solver; resume with the model and the optimizer that were saved"
        )


def _plain(value: Any) -> Any:
    """Arrays inside a generator's state (MT19937 has one) as lists."""
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    return value.item()


def _generator_state(saved: Any) -> Any:
    if isinstance(saved, dict):
        if saved.keys() == {"array", "dtype"}:
            return np.array(saved["array"], dtype=saved["dtype"])
        return {name: _generator_state(value) for name, value in saved.items()}
    return saved
