"""Models with scikit-learn's conventions: ``fit``, ``predict``, ``score``, and a `Sequential` inside.

Settings are kept as they are given and looked at in ``fit``; what is learned has a name that ends in an
underscore. scikit-learn's own tools (`clone`, `cross_val_score`, `GridSearchCV`, pipelines) take these
models; it is imported only where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from chainrule.learning.history import History
from chainrule.learning.inputs import checked_inputs, require_same_length
from chainrule.learning.layers import ACTIVATIONS, Affine, Dropout, Layer
from chainrule.learning.metrics import accuracy, r2
from chainrule.learning.models import Sequential, checked_dtype
from chainrule.learning.optimizers import OPTIMIZERS, Optimizer, optimizer_from_configuration
from chainrule.learning.records import check_number, check_whole_number, choose, describe
from chainrule.learning.saving import load, save_model
from chainrule.learning.schedules import SCHEDULES, Schedule, schedule_from_configuration
from chainrule.learning.targets import Labels, Values, targets_from_configuration

__all__ = ["FeedforwardNet", "LinearRegression", "LogisticRegression", "load_model"]

Array = npt.NDArray[Any]


@dataclass(eq=False, kw_only=True)
class _Estimator:
    """The settings and methods that all models share; a subclass says which layers, and what is predicted."""

    task: ClassVar[str] = "regression"

    learning_rate: float | None = None
    epochs: int = 500
    batch_size: int | None = None
    optimizer: str | Optimizer = "sgd"
    schedule: str | Schedule = "constant"
    weight_decay: float | None = None
    patience: int | None = None
    seed: int = 0
    dtype: str = "float64"
    progress: bool | None = False
    engine: str = "numpy"

    def _layers(self, features: int, outputs: int) -> list[Layer]:
        """The network for so many columns of ``x`` and so many values a row to predict."""
        raise NotImplementedError

    # -- learning ------------------------------------------------------------------------------------

    def fit(self, x: Any, y: Any, *, validation: tuple[Any, Any] | None = None) -> Self:
        """Learn to predict ``y`` from ``x``, from a new start.

        Args:
            x: finite numbers, shape (N, D).
            y: values, shape (N,) or (N, k), or class labels, shape (N,).
            validation: ``(x, y)`` that is not learned from: the weights that are best on it are kept.
        """
        from chainrule.learning.solver import Solver

        self._check_settings()
        inputs = checked_inputs(x, self.dtype)
        targets = Labels.of(y) if self.task == "classification" else Values.of(y, self.dtype)
        encoded = targets.encode(y, self.dtype)
        require_same_length(inputs, encoded)
        features = inputs.shape[1]
        if validation is not None:
            validation = self._checked_validation(validation, features, targets)
        rng = np.random.default_rng(self.seed)
        network = Sequential(self._layers(features, targets.outputs), rng=rng, dtype=self.dtype)
        solver = Solver(
            network,
            targets.loss,
            self._make_optimizer(),
            schedule=self._make_schedule(),
            batch_size=self.batch_size,
            rng=rng,
            patience=self.patience,
            progress=self.progress,
            engine=self.engine,
        )
        history = solver.train(inputs, encoded, validation, self.epochs)
        self._remember(features, targets, network, history)
        return self

    def _remember(self, features: int, targets: Values | Labels, network: Sequential, history: History | None) -> None:
        self.n_features_in_ = features
        self.network_ = network
        self.history_ = history
        self._targets = targets
        if isinstance(targets, Labels):
            self.classes_ = targets.classes

    def _checked_validation(
        self, validation: tuple[Any, Any], features: int, targets: Values | Labels
    ) -> tuple[Array, Array]:
        if not isinstance(validation, (tuple, list)) or len(validation) != 2:
            raise TypeError("fit: validation must be a pair (x, y)")
        estimator = type(self).__name__
        x = checked_inputs(validation[0], self.dtype, features=features, estimator=estimator, name="validation x")
        y = targets.encode(validation[1], self.dtype, "validation y")
        require_same_length(x, y)
        return x, y

    def _check_settings(self) -> None:
        from chainrule.compiling import ENGINES

        check_whole_number(self, "epochs", least=1)
        check_whole_number(self, "seed", least=0)
        checked_dtype(self.dtype)
        choose("engine", dict.fromkeys(ENGINES), self.engine)
        for name in ("batch_size", "patience"):
            if getattr(self, name) is not None:
                check_whole_number(self, name, least=1)
        if self.learning_rate is not None:
            check_number(self, "learning_rate", above=0)

    def _make_optimizer(self) -> Optimizer:
        """The optimizer; a learning rate and a weight decay that are set here replace its own."""
        optimizer: Any = self.optimizer
        if isinstance(optimizer, str):
            optimizer = choose("optimizer", OPTIMIZERS, optimizer)()
        settings = {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}
        given = {name: value for name, value in settings.items() if value is not None}
        made: Optimizer = replace(optimizer, **given) if given else optimizer
        return made

    def _make_schedule(self) -> Schedule:
        if not isinstance(self.schedule, str):
            return self.schedule
        schedule: Schedule = choose("schedule", SCHEDULES, self.schedule)()
        return schedule

    # -- predicting ----------------------------------------------------------------------------------

    def predict(self, x: Any) -> Array:
        """Values in the form of the ``y`` that was learned, or labels."""
        output = self._output(x)
        return self._targets.predictions(output)

    def score(self, x: Any, y: Any) -> float:
        """Accuracy of a classification, R² of a regression."""
        measure = accuracy if self.task == "classification" else r2
        return measure(y, self.predict(x))

    def _probabilities(self, x: Any) -> Array:
        """The probability of each class, shape (N, K)."""
        output = self._output(x)
        assert isinstance(self._targets, Labels)  # or there would be no predict_proba
        return self._targets.probabilities(output)

    def _output(self, x: Any) -> Array:
        self._require_fitted()
        name = type(self).__name__
        inputs = checked_inputs(x, self.network_.dtype, features=self.n_features_in_, estimator=name)
        return np.asarray(self.network_(inputs))

    def _require_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            from sklearn.exceptions import NotFittedError

            name = type(self).__name__
            raise NotFittedError(f"this {name} has not learned anything yet; call fit(x, y) first")

    # -- scikit-learn's conventions ------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **settings: Any) -> Self:
        """Change settings; they count from the next ``fit`` on."""
        known = self.get_params()
        for name in settings:
            choose(f"setting of {type(self).__name__}", known, name)
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        classifies = self.task == "classification"
        return Tags(
            estimator_type="classifier" if classifies else "regressor",
            target_tags=TargetTags(required=True, multi_output=not classifies),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
            input_tags=InputTags(),
        )

    # -- files ---------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the fitted model to one ``.safetensors`` file; the history is not part of it."""
        self._require_fitted()
        configuration = {
            "settings": {name: _setting_to_json(name, value) for name, value in self.get_params().items()},
            "features": self.n_features_in_,
            "targets": self._targets.configuration(),
            "network": self.network_.configuration(),
        }
        save_model(path, type(self).__name__, configuration, self.network_.parameters)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote; never runs code from the file."""
        kind, configuration, arrays = load(path)
        if kind != cls.__name__:
            raise ValueError(f"{path}: holds a {kind} and not a {cls.__name__}. Use load_model(path).")
        return cls.from_file(path, configuration, arrays)

    @classmethod
    def from_file(cls, path: str | Path, configuration: Any, arrays: dict[str, Array]) -> Self:
        """The model with this configuration and these arrays, both from the file at ``path``."""
        try:
            settings = configuration["settings"]
            model = cls(**{name: _setting_from_json(name, value) for name, value in settings.items()})
            targets = targets_from_configuration(configuration["targets"])
            features, described = configuration["features"], configuration["network"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: the model's configuration is wrong: {error}. Save it again.") from error
        network = Sequential.from_file(path, described, arrays)
        sizes = (getattr(network.layers[0], "inputs", None), getattr(network.layers[-1], "outputs", None))
        if sizes != (features, targets.outputs):
            raise ValueError(
                f"{path}: the network goes from {sizes[0]} to {sizes[1]} values a row, the configuration "
                f"asks for {features} to {targets.outputs}. The file was changed; save the model again."
            )
        model._remember(features, targets, network, None)
        return model


@dataclass(eq=False, kw_only=True)
class LinearRegression(_Estimator):
    """``x @ w + b`` with the least mean squared error, found by gradient descent from zeros.

    Scale the columns of ``x`` to a like size first; targets are used as they are.

    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> model = LinearRegression(learning_rate=0.5, epochs=100).fit(x, 2 * x[:, 0] + 1)
    >>> model.predict([[5.0]]).round(2)
    array([11.])

    Args:
        learning_rate: in place of the optimizer's own.
        epochs: passes over the data.
        batch_size: rows a step; None for all.
        optimizer: a name (sgd, rmsprop, adam, adamw) or an optimizer, such as ``SGD(momentum=0.9)``.
        schedule: a name (constant, step, cosine, warmup) or a schedule, such as ``Cosine(0.1)``.
        weight_decay: in place of the optimizer's own; biases decay too, as in PyTorch.
        patience: epochs without a better validation loss after which training stops.
        seed: for the weights to start from and the order of minibatches.
        dtype: ``"float64"`` or ``"float32"``.
        progress: True or None to show how training goes.
        engine: what runs the training: ``"numpy"``, ``"xla"`` (JAX, also on a GPU) or ``"eager"``.
    """

    def _layers(self, features: int, outputs: int) -> list[Layer]:
        return [Affine(features, outputs, weights="zeros")]


@dataclass(eq=False, kw_only=True)
class LogisticRegression(_Estimator):
    """Class probabilities from ``x @ w + b`` with the least cross-entropy, by gradient descent from zeros.

    Two classes have one logit and a sigmoid, more have a logit each and a softmax.

    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> model = LogisticRegression(learning_rate=1.0).fit(x, ["no", "no", "yes", "yes"])
    >>> model.predict([[-0.5], [0.5]])
    array(['no', 'yes'], dtype='<U3')

    Args: as `LinearRegression`.
    """

    task: ClassVar[str] = "classification"

    def _layers(self, features: int, outputs: int) -> list[Layer]:
        return [Affine(features, outputs, weights="zeros")]

    def predict_proba(self, x: Any) -> Array:
        """The probability of each of ``classes_``, shape (N, K)."""
        return self._probabilities(x)


@dataclass(eq=False, kw_only=True)
class FeedforwardNet(_Estimator):
    """Affine layers with an activation after each but the last.

    >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = FeedforwardNet(hidden=(8,), activation="tanh", learning_rate=0.05, epochs=300)
    >>> model.fit(x, [0, 1, 1, 0]).predict(x)
    array([0, 1, 1, 0])

    Args: as `LinearRegression`, and
        hidden: the sizes of the hidden layers.
        activation: relu, leaky_relu, sigmoid, tanh or softplus.
        task: ``"classification"`` or ``"regression"``.
        weights: the initializer of the weights; he_uniform and he_normal are made for relu.
        dropout: the share of each hidden layer's outputs that a training step leaves out at random; 0 for none.
    """

    hidden: Sequence[int] = (32,)
    activation: str = "relu"
    task: str = "classification"  # type: ignore[misc] # a setting here, fixed in the other models
    weights: str = "glorot_uniform"
    dropout: float = 0.0
    epochs: int = 100
    batch_size: int | None = 32
    optimizer: str | Optimizer = "adam"

    def _check_settings(self) -> None:
        super()._check_settings()
        check_number(self, "dropout", least=0, below=1)
        choose("task", {"classification": 0, "regression": 0}, self.task)
        whole = isinstance(self.hidden, (tuple, list)) and all(type(size) is int for size in self.hidden)
        if not whole or any(size < 1 for size in self.hidden):
            raise ValueError(f"FeedforwardNet: hidden is {self.hidden!r}; expected sizes, such as (32,) or (64, 32)")

    def _layers(self, features: int, outputs: int) -> list[Layer]:
        activation = choose("activation", ACTIVATIONS, self.activation)
        layers: list[Layer] = []
        for size in self.hidden:
            layers += [Affine(features, size, weights=self.weights), activation()]
            layers += [Dropout(self.dropout)] if self.dropout else []
            features = size
        return [*layers, Affine(features, outputs, weights=self.weights)]

    # A property, so that a regression has no such method: scikit-learn asks with hasattr.
    @property
    def predict_proba(self) -> Callable[[Any], Array]:
        """``predict_proba(x)`` gives the probability of each of ``classes_``, shape (N, K)."""
        if self.task != "classification":
            raise AttributeError("FeedforwardNet: predict_proba needs task='classification'")
        return self._probabilities


_KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Sequential, LinearRegression, LogisticRegression, FeedforwardNet)
}


def load_model(path: str | Path) -> Sequential | LinearRegression | LogisticRegression | FeedforwardNet:
    """Whatever model was saved at ``path``; never runs code from the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is cut off, changed, or not a model of chainrule.
    """
    kind, configuration, arrays = load(path)
    if kind not in _KINDS:
        raise ValueError(f"{path}: holds a {kind!r}; this chainrule can load {', '.join(_KINDS)}")
    model: Sequential | LinearRegression | LogisticRegression | FeedforwardNet = _KINDS[kind].from_file(
        path, configuration, arrays
    )
    return model


def _setting_to_json(name: str, value: Any) -> Any:
    if is_dataclass(value):
        return describe(value)
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, (bool, int, float, str, list)):
        return value
    raise ValueError(
        f"{name} is {value!r}, which a file can't hold. Change it before saving: model.set_params({name}=...)."
    )


def _setting_from_json(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        rebuilt = {"optimizer": optimizer_from_configuration, "schedule": schedule_from_configuration}
        return choose("setting", rebuilt, name)(value)
    return tuple(value) if isinstance(value, list) else value
