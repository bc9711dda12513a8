"""Models that improve: layers, models, optimizers, and the solver that brings them together.

Reading order: `initializers`, `layers`, `models` (what is trained); `optimizers`, `schedules` (how it changes);
`training_step`, `batches`, `streams`, `sources`, `state`, `epochs`, `device_epochs` (with `kept_rows`, `sent_batches`),
`solver`, `history` (the training itself);
`targets`, `estimators` (all of it behind ``fit`` and ``predict``); `saving`, `checkpoints`.
"""

from chainrule.learning.estimators import FeedforwardNet, LinearRegression, LogisticRegression, load_model
from chainrule.learning.history import History
from chainrule.learning.initializers import INITIALIZERS, Normal
from chainrule.learning.layers import (
    ACTIVATIONS,
    LAYERS,
    Affine,
    Dropout,
    Layer,
    LeakyReLU,
    OpLayer,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
    layer_from_configuration,
)
from chainrule.learning.models import Sequential
from chainrule.learning.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from chainrule.learning.schedules import SCHEDULES, Constant, Cosine, Schedule, Step, WarmUp
from chainrule.learning.solver import Solver

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LAYERS",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "AdamW",
    "Affine",
    "Constant",
    "Cosine",
    "Dropout",
    "FeedforwardNet",
    "History",
    "Layer",
    "LeakyReLU",
    "LinearRegression",
    "LogisticRegression",
    "Normal",
    "OpLayer",
    "Optimizer",
    "RMSprop",
    "ReLU",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "Softplus",
    "Solver",
    "Step",
    "Tanh",
    "WarmUp",
    "layer_from_configuration",
    "load_model",
]
