"""The interfaces of TUM's I2DL (Introduction to Deep Learning), exercises 4 and 5, over this package's ops.

`exercise_04` and `exercise_05` give each exercise's names. Both have a solver: `Solver` here is exercise 4's,
`exercise_05.Solver` the one with data loaders.

Reading order: `editions` (where the mean is taken); `linear_models`, `losses`, `optimizers`, `objectives`, `solver`;
`evaluation`, `housing` (exercise 4); `layers`, `networks`, `data_loader`, `loader_solver` (exercise 5); `network` and
`arrays` are what they share.
"""

from chainrule.courses.i2dl.data_loader import DataLoader
from chainrule.courses.i2dl.editions import EDITIONS
from chainrule.courses.i2dl.evaluation import binarize, test_accuracy
from chainrule.courses.i2dl.housing import housing_classification_data, housing_data
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
from chainrule.courses.i2dl.linear_models import Classifier, LinearModel
from chainrule.courses.i2dl.losses import BCE, L1, MSE, CrossEntropyFromLogits, Loss
from chainrule.courses.i2dl.network import Network
from chainrule.courses.i2dl.networks import ClassificationNet, RegressionNet
from chainrule.courses.i2dl.optimizers import SGD, Adam, Optimizer, SGDMomentum
from chainrule.courses.i2dl.solver import Solver

__all__ = [
    "BCE",
    "EDITIONS",
    "L1",
    "MSE",
    "SGD",
    "Adam",
    "ClassificationNet",
    "Classifier",
    "CrossEntropyFromLogits",
    "DataLoader",
    "LeakyRelu",
    "LinearModel",
    "Loss",
    "Network",
    "Optimizer",
    "RegressionNet",
    "Relu",
    "SGDMomentum",
    "Sigmoid",
    "Solver",
    "Tanh",
    "affine_backward",
    "affine_forward",
    "binarize",
    "housing_classification_data",
    "housing_data",
    "sigmoid_backward",
    "sigmoid_forward",
    "test_accuracy",
]
