"""A training's whole state in one safetensors file: arrays as tensors, everything else as JSON in its header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.files import write_bytes_atomically
from chainrule.learning.history import History
from chainrule.learning.state import State, twin

__all__ = ["load", "read", "save"]

FORMAT = "chainrule checkpoint 1"
COUNTS = ("epoch", "rows", "loss_sum", "best_epoch", "best_loss")

Array = np.ndarray[Any, Any]


def save(path: Path, state: State, description: dict[str, Any]) -> None:
    """Write the state, whole or not at all. ``description`` tells what it belongs to, in JSON values."""
    from safetensors.numpy import save as to_bytes

    remembered = {name: value for name, value in state.optimizer.items() if _is_array(value)}
    arrays = _prefixed("parameters", state.parameters)
    arrays |= _prefixed("best", state.best_parameters or {})
    arrays |= _prefixed("optimizer", remembered)
    header = {
        "of": description,
        "counts": {name: getattr(state, name) for name in COUNTS},
        "history": state.history.to_json(),
        "optimizer": {name: value for name, value in state.optimizer.items() if name not in remembered},
        "generator": state.rng.bit_generator.state,
    }
    metadata = {"format": FORMAT, "state": json.dumps(header, default=_array_to_json)}
    write_bytes_atomically(path, to_bytes(arrays, metadata=metadata))


def read(path: Path) -> bytes:
    """The file's content.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no checkpoint here")
    return path.read_bytes()


def load(path: Path, content: bytes, state: State, description: dict[str, Any]) -> None:
    """Put the saved state that was read from ``path`` into ``state``; nothing is changed unless all of it fits.

    Raises:
        ValueError: the file is cut off, not a checkpoint, or of another model, loss or optimizer.
    """
    header, arrays = _parsed(path, content)
    try:
        _require_same(path, description, header["of"])
        loaded = _state(path, header, arrays, state)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: the checkpoint's header is incomplete ({error!r}); save it again") from error
    state.rng.bit_generator.state = loaded.rng.bit_generator.state
    loaded.rng = state.rng  # the caller's own Generator goes on
    vars(state).update(vars(loaded))


def _state(path: Path, header: dict[str, Any], arrays: dict[str, Array], ours: State) -> State:
    """The saved state, in the form of ``ours``."""
    optimizer = _of(arrays, "optimizer") | header["optimizer"]
    best = _of(arrays, "best")
    _require_same_form(path, "parameter", ours.parameters, _of(arrays, "parameters"))
    _require_same_form(path, "best parameter", ours.parameters if best else {}, best)
    _require_same_form(path, "optimizer's", ours.optimizer, optimizer)
    loaded = State(
        {name: arrays[f"parameters.{name}"] for name in ours.parameters},
        {name: _like(value, optimizer[name]) for name, value in ours.optimizer.items()},
        _generator(path, header["generator"], ours.rng),
        best_parameters={name: best[name] for name in ours.parameters} if best else None,
    )
    try:
        loaded.history = History.from_json(header["history"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    for name in COUNTS:
        setattr(loaded, name, _number(path, name, header["counts"][name]))
    return loaded


def _parsed(path: Path, content: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header and the arrays of a checkpoint."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        # Copies: arrays made from bytes can't be written.
        arrays = {name: array.copy() for name, array in from_bytes(content).items()}
        metadata = _metadata(content)
        if metadata.get("format") != FORMAT:
            raise ValueError(f"{path}: not a checkpoint of chainrule (its format is {metadata.get('format')!r})")
        return json.loads(metadata["state"]), arrays
    except SafetensorError as error:
        raise ValueError(f"{path}: not a readable safetensors file ({error}); was it cut off?") from error
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: the checkpoint's header can't be read ({error!r}); save it again") from error


def _metadata(content: bytes) -> dict[str, str]:
    """The texts in a safetensors file's header: its length in 8 bytes, then JSON (safetensors' format, 2022)."""
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return found


# -- what must agree -----------------------------------------------------------------------------------


def _require_same(path: Path, here: dict[str, Any], there: dict[str, Any]) -> None:
    for what, expected in here.items():
        if there[what] != expected:
            raise ValueError(
                f"{path}: a checkpoint with {what} {there[what]}, and this solver's {what} is {expected}; "
                f"resume with the {what} that was saved"
            )


def _require_same_form(path: Path, what: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    here = {name: _form(value) for name, value in ours.items()}
    there = {name: _form(value) for name, value in theirs.items()}
    for name in sorted(here | there):
        if here.get(name) != there.get(name):
            raise ValueError(
                f"{path}: {what} {name!r} is {there.get(name, 'not there')} in the file and "
                f"{here.get(name, 'not there')} in this solver; resume with the model and the optimizer that were saved"
            )


def _form(value: Any) -> str:
    return f"{value.shape} {value.dtype}" if _is_array(value) else type(value).__name__


def _number(path: Path, name: str, value: Any) -> Any:
    kinds: Any = (float, int) if name in ("loss_sum", "best_loss") else int
    if not isinstance(value, kinds) and not (value is None and name == "best_epoch"):
        raise ValueError(f"{path}: the checkpoint's {name} is {value!r}; expected a number. Save it again.")
    return value


# -- arrays and generators -----------------------------------------------------------------------------


def _is_array(value: Any) -> bool:
    """Also NumPy's scalars, whose dtype JSON would lose."""
    return isinstance(value, (np.ndarray, np.generic))


def _like(ours: Any, value: Any) -> Any:
    return value[()] if isinstance(ours, np.generic) else value


def _prefixed(prefix: str, arrays: dict[str, Any]) -> dict[str, Array]:
    return {f"{prefix}.{name}": np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}


def _of(arrays: dict[str, Array], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}


def _generator(path: Path, saved: Any, ours: np.random.Generator) -> np.random.Generator:
    """A generator of our kind with the saved state."""
    expected = type(ours.bit_generator).__name__
    if saved["bit_generator"] != expected:
        raise ValueError(
            f"{path}: the random generator was {saved['bit_generator']}, this solver's is {expected}; "
            "pass the solver one of the same kind"
        )
    generator = twin(ours)
    try:
        generator.bit_generator.state = _arrays_from_json(saved)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path}: the random generator's state is wrong ({error}); save it again") from error
    return generator


def _array_to_json(value: Any) -> Any:
    """Arrays and scalars inside a generator's state; MT19937 has them."""
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"the optimizer's state holds {value!r}; a checkpoint takes arrays, numbers and strings")


def _arrays_from_json(saved: Any) -> Any:
    if not isinstance(saved, dict):
        return saved
    if saved.keys() == {"array", "dtype"}:
        return np.array(saved["array"], dtype=saved["dtype"])
    return {name: _arrays_from_json(value) for name, value in saved.items()}
