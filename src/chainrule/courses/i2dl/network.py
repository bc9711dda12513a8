"""`Network`: what the models of both exercises have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from chainrule.courses.i2dl.editions import checked_edition
from chainrule.learning import saving

__all__ = ["Network"]

Array = npt.NDArray[Any]


class Network:
    """A model with a name, which a subclass gives ``forward(X)`` and ``backward(...)``, and ``W`` or ``params``.

    In edition "ss20" calling the model gives ``(y, dW)``, where ``dW`` is None in evaluation mode; in later ones
    it gives ``y``.

    Args:
        model_name: the name of its file in ``models/``.
        edition: the sheet's edition, see `editions`.
    """

    # On the class too, for learners' subclasses that do not call this __init__.
    model_name = "network"
    edition = "ss20"
    return_grad = True
    cache: Any = None
    W: Array | None
    params: dict[str, Array]

    def __init__(self, model_name: str = "network", *, edition: str = "ss20") -> None:
        self.model_name = model_name
        self.edition = checked_edition(edition)
        self.return_grad = True
        self.cache = None

    def __call__(self, X: Any) -> Any:
        """The output, in edition "ss20" with its gradient."""
        y = self.forward(X)
        if self.edition != "ss20":
            return y
        return y, self.backward(y) if self.return_grad else None

    def forward(self, X: Any) -> Any:
        """The output for inputs ``X``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(X); write it")

    def backward(self, y: Any) -> Any:
        """The gradient; of what, the edition says."""
        raise NotImplementedError(f"{type(self).__name__} has no backward; write it")

    def train(self) -> None:
        """Training mode: calling the model gives the gradient as well."""
        self.return_grad = True

    def eval(self) -> None:
        """Evaluation mode: calling the model gives None for the gradient."""
        self.return_grad = False

    def save_model(self, path: str | Path | None = None) -> Path:
        """Write the weights to a safetensors file, whole or not at all, and give its path.

        The course pickles; a pickle runs code when it is read, this file does not.

        Args:
            path: the file; ``models/<model_name>.safetensors`` if not given. Its folder is made if need be.
        """
        place = Path("models") / f"{self.model_name}.safetensors" if path is None else Path(path)
        arrays = _weights(self)
        place.parent.mkdir(parents=True, exist_ok=True)
        saving.save_model(place, type(self).__name__, {"edition": self.edition}, arrays)
        return place

    def load_model(self, path: str | Path) -> None:
        """Take the weights of a file that `save_model` of such a model wrote.

        Raises:
            ValueError: it is the file of another kind of model, or of another size.
        """
        kind, _, arrays = saving.load(path)
        if kind != type(self).__name__:
            raise ValueError(
                f"{path}: the weights of a {kind}; this is a {type(self).__name__}. Load it with a {kind}."
            )
        expected, found = _shapes(self), {name: array.shape for name, array in arrays.items()}
        if expected != found:
            raise ValueError(f"{path}: has weights of shapes {found}; this model has {expected}. Give it those sizes.")
        self.cache = None
        if hasattr(self, "params"):
            self.params = arrays
        else:
            self.W = arrays["W"]


def _weights(network: Any) -> dict[str, Array]:
    params = getattr(network, "params", None)
    if params is not None:
        return dict(params)
    if getattr(network, "W", None) is None:
        raise RuntimeError("weight matrix W is not initialized; call initialize_weights() before save_model()")
    return {"W": network.W}


def _shapes(network: Any) -> dict[str, tuple[int, ...]]:
    if hasattr(network, "params"):
        return {name: array.shape for name, array in network.params.items()}
    W = getattr(network, "W", None)
    return {"W": (network.num_features + 1, 1) if W is None else W.shape}
