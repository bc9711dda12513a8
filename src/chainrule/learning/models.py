"""`Sequential`: layers one after the other, and the parameters that they have learned."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
import numpy.typing as npt

from chainrule.learning.layers import ACTIVATIONS, LAYERS, Dropout, Layer, OpLayer, draws, layer_from_configuration
from chainrule.learning.saving import check_arrays, load, save_model
from chainrule.tracing import group, named

__all__ = ["Sequential", "checked_dtype"]

Array = npt.NDArray[Any]
DTYPES = ("float64", "float32")
# Layers that give as many values a row as they take.
KEEPING = (*ACTIVATIONS.values(), Dropout)


class Sequential:
    """Layers applied one after the other.

    >>> from chainrule.learning import Affine, ReLU
    >>> model = Sequential([Affine(64, 32), ReLU(), Affine(32, 10)], rng=0)
    >>> model
    Sequential, 2,410 parameters, float64
      1 Affine(64, 32)  w1 (64, 32), b1 (32,)
      2 ReLU()
      3 Affine(32, 10)  w2 (32, 10), b2 (10,)
    >>> model(np.zeros((5, 64))).shape
    (5, 10)

    ``parameters`` is one flat dict, numbered by the layers that have any. The arrays in it are the model's
    own and read-only; to change some, assign a whole dict:
    ``model.parameters = {**model.parameters, "b1": np.ones(32)}``.

    Args:
        layers: objects with ``initialize(rng, dtype)`` and ``__call__(x, **parameters)``.
        rng: a Generator or a seed, for the weights to start from.
        dtype: float64 or float32, for the parameters and for the inputs that the model is called with.
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        *,
        rng: np.random.Generator | int = 0,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self.layers = tuple(layers)
        self.dtype = checked_dtype(dtype)
        _check_layers(self.layers)
        generator = np.random.default_rng(rng)
        self._take([layer.initialize(generator, self.dtype) for layer in self.layers])

    def _take(self, per_layer: list[dict[str, Array]]) -> None:
        """Number the layers' parameters, and make them the model's own."""
        self._names = _numbered([list(parameters) for parameters in per_layer])
        self._parameters = {
            numbered: _own(parameters[name], self.dtype)
            for names, parameters in zip(self._names, per_layer, strict=True)
            for name, numbered in names.items()
        }

    @property
    def parameters(self) -> dict[str, Array]:
        """What the model has learned, by name."""
        return _Parameters(self._parameters)

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        if values.keys() != self._parameters.keys():
            raise ValueError(f"parameters: expected {_listed(self._parameters)}, got {_listed(values)}")
        own = {name: _own(values[name], self.dtype) for name in self._parameters}
        for name, array in own.items():
            expected = self._parameters[name].shape
            if array.shape != expected:
                raise ValueError(f"parameters: expected {name} with shape {expected}, got {array.shape}")
        self._parameters = own

    @property
    def random(self) -> bool:
        """Whether any layer draws random numbers in training, so that `forward` needs a key there."""
        return any(map(draws, self.layers))

    def forward(self, parameters: Mapping[str, Any], x: Any, key: Any = None) -> Any:
        """The output of the last layer for inputs ``x`` and any parameters: pure and traceable.

        Args:
            parameters: by name.
            x: inputs.
            key: two words, uint64, shape (2,), from which random layers draw, each its own numbers; None where the
                model is used and not trained.
        """
        kinds: Counter[str] = Counter()
        streams = itertools.count(1)
        for number, (layer, names) in enumerate(zip(self.layers, self._names, strict=True), 1):
            kind = layer.op.name if isinstance(layer, OpLayer) else type(layer).__name__
            kinds[kind] += 1
            drawing = {"key": key, "stream": next(streams)} if key is not None and draws(layer) else {}
            with group(f"{number} {kind}"):
                out = layer(x, **drawing, **{name: parameters[numbered] for name, numbered in names.items()})
            # A random layer that only hands on what it got leaves it its name.
            x = out if out is x and draws(layer) else named(out, f"{kind.lower()}{kinds[kind]}")
        return x

    def __call__(self, x: Any) -> Any:
        """The output for inputs ``x`` with the model's own parameters."""
        # What is being traced stays as it is; a plain array may be integers or of the other float type.
        plain = isinstance(x, (np.ndarray, list, tuple))
        return self.forward(self._parameters, np.asarray(x, self.dtype) if plain else x)

    def __repr__(self) -> str:
        total = sum(array.size for array in self._parameters.values())
        shown = [f"{number} {_shown(layer)}" for number, layer in enumerate(self.layers, 1)]
        width = max(map(len, shown))
        lines = [f"Sequential, {total:,} parameters, {self.dtype}"]
        for text, names in zip(shown, self._names, strict=True):
            shapes = ", ".join(f"{name} {self._parameters[name].shape}" for name in names.values())
            lines.append(f"  {text:{width}}  {shapes}".rstrip())
        return "\n".join(lines)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Copying and pickling make arrays that can be written; these are the copy's own again."""
        self.__dict__.update(state)
        for array in self._parameters.values():
            array.flags.writeable = False

    # -- files ---------------------------------------------------------------------------------------

    def configuration(self) -> dict[str, Any]:
        """Layers and dtype as JSON values."""
        return {"layers": [_configuration(layer) for layer in self.layers], "dtype": str(self.dtype)}

    def save(self, path: str | Path) -> None:
        """Write the model to one ``.safetensors`` file, whole or not at all."""
        save_model(path, "Sequential", self.configuration(), self._parameters)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote; never runs code from the file."""
        kind, configuration, arrays = load(path)
        if kind != "Sequential":
            raise ValueError(f"{path}: holds a {kind} and not a Sequential. Use chainrule.learning.load_model(path).")
        return cls.from_file(path, configuration, arrays)

    @classmethod
    def from_file(cls, path: str | Path, configuration: Any, arrays: Mapping[str, Array]) -> Self:
        """The model with this configuration and these arrays, both from the file at ``path``."""
        model = cls.__new__(cls)
        try:
            model.layers = tuple(layer_from_configuration(layer) for layer in configuration["layers"])
            model.dtype = checked_dtype(configuration["dtype"])
            _check_layers(model.layers)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: the model's configuration is wrong: {error}. Save it again.") from error
        # Compared before anything of the shapes' sizes is made: a file that lies must not fill the memory.
        shapes = [layer.shapes() for layer in model.layers]  # type: ignore[attr-defined] # all are in LAYERS
        numbered = _numbered([list(shape) for shape in shapes])
        named = {new: shape[name] for names, shape in zip(numbered, shapes, strict=True) for name, new in names.items()}
        check_arrays(path, arrays, named, model.dtype)
        model._take([{name: arrays[new] for name, new in names.items()} for names in numbered])
        return model


class _Parameters(dict[str, Array]):
    """A model's parameters by name. To put an array into this dict would not change the model: refused."""

    def _refuse(self, *arguments: Any, **keywords: Any) -> NoReturn:
        raise TypeError(
            "assign a whole dict to change a model's parameters: model.parameters = {**model.parameters, name: array}"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


def _own(array: Any, dtype: np.dtype[Any]) -> Array:
    """A read-only copy."""
    copy = np.array(array, dtype)
    copy.flags.writeable = False
    return copy


def _numbered(names: list[list[str]]) -> list[dict[str, str]]:
    """For each layer its parameters' names with its number among the layers that have any.

    >>> _numbered([["w", "b"], [], ["w"]])
    [{'w': 'w1', 'b': 'b1'}, {}, {'w': 'w2'}]
    """
    for name in (name for own in names for name in own):
        if not name.isidentifier() or name[-1].isdigit():  # w1 of layer 1 would be w of layer 11
            raise ValueError(f"Sequential: a layer calls a parameter {name!r}; expected a name that ends in a letter")
    numbered: list[dict[str, str]] = []
    number = 0
    for own in names:
        number += bool(own)
        numbered.append({name: f"{name}{number}" for name in own})
    return numbered


def checked_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """float64 or float32 as a NumPy dtype; a ValueError says which there are."""
    try:
        known = np.dtype(dtype)
    except TypeError:
        known = None
    if known is None or str(known) not in DTYPES:
        raise ValueError(f"dtype is {dtype!r}; expected {' or '.join(DTYPES)}")
    return known


def _check_layers(layers: tuple[Any, ...]) -> None:
    """Refuse what isn't a layer, and neighbours whose sizes don't fit."""
    if not layers:
        raise ValueError("Sequential: there are no layers; give at least one, such as [Affine(inputs, outputs)]")
    before: tuple[int, Any] | None = None  # the layer that says how many values a row has here
    for number, layer in enumerate(layers, 1):
        if isinstance(layer, type) or not (callable(layer) and hasattr(layer, "initialize")):
            raise TypeError(
                f"Sequential: layer {number} is {layer!r}; expected an object with initialize(rng, dtype) "
                "and __call__(x, **parameters), such as ReLU(). OpLayer(op) makes one from an op."
            )
        inputs, outputs = getattr(layer, "inputs", None), getattr(layer, "outputs", None)
        if before is not None and inputs is not None and before[1].outputs != inputs:
            raise ValueError(
                f"Sequential: layer {before[0]} {_shown(before[1])} gives {before[1].outputs} values a row, "
                f"but layer {number} {_shown(layer)} takes {inputs}. Make the two numbers equal."
            )
        if outputs is not None:
            before = number, layer
        elif type(layer) not in KEEPING:
            before = None  # somebody's own layer: any size may come out of it


def _configuration(layer: Any) -> Any:
    if type(layer) not in LAYERS.values():
        raise ValueError(
            f"{layer!r} can't be saved in a model's file, which holds only {', '.join(LAYERS)}: reading a "
            "file never runs code. Save the values with `numpy.savez(path, **model.parameters)`, and put "
            "them into a model that is built in the same way: `model.parameters = dict(numpy.load(path))`."
        )
    return layer.configuration()


def _shown(layer: Any) -> str:
    """The layer in a few words: the settings that are not the usual ones are left to its own repr."""
    return f"{type(layer).__name__}({layer.inputs}, {layer.outputs})" if hasattr(layer, "outputs") else repr(layer)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
