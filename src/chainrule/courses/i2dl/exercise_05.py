"""Exercise 5's names: layers as pairs of functions, networks, optimizers, the solver with data loaders.

>>> from chainrule.courses.i2dl.exercise_05 import ClassificationNet, Relu, Solver
"""

from chainrule.courses.i2dl.data_loader import DataLoader
from chainrule.courses.i2dl.layers import (
    LeakyRelu,
    Relu,
    Sigmoid,
    Tanh,
    affine_backward,
    affine_forward,
    sigmoid_backward,
    sigmoid_forward,
)
from chainrule.courses.i2dl.loader_solver import Solver
from chainrule.courses.i2dl.losses import BCE, L1, MSE, CrossEntropyFromLogits, Loss
from chainrule.courses.i2dl.network import Network
from chainrule.courses.i2dl.networks import ClassificationNet, RegressionNet
from chainrule.courses.i2dl.optimizers import SGD, Adam, SGDMomentum

__all__ = [
    "BCE",
    "L1",
    "MSE",
    "SGD",
    "Adam",
    "ClassificationNet",
    "CrossEntropyFromLogits",
    "DataLoader",
    "LeakyRelu",
    "Loss",
    "Network",
    "RegressionNet",
    "Relu",
    "SGDMomentum",
    "Sigmoid",
    "Solver",
    "Tanh",
    "affine_backward",
    "affine_forward",
    "sigmoid_backward",
    "sigmoid_forward",
]
