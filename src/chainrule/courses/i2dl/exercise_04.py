"""Exercise 4's names: linear and logistic regression, losses, an optimizer, a solver.

>>> from chainrule.courses.i2dl.exercise_04 import MSE, LinearModel, Solver
"""

from chainrule.courses.i2dl.evaluation import binarize, test_accuracy
from chainrule.courses.i2dl.housing import housing_classification_data, housing_data
from chainrule.courses.i2dl.linear_models import Classifier, LinearModel
from chainrule.courses.i2dl.losses import BCE, L1, MSE, Loss
from chainrule.courses.i2dl.network import Network
from chainrule.courses.i2dl.optimizers import Optimizer
from chainrule.courses.i2dl.solver import Solver

__all__ = [
    "BCE",
    "L1",
    "MSE",
    "Classifier",
    "LinearModel",
    "Loss",
    "Network",
    "Optimizer",
    "Solver",
    "binarize",
    "housing_classification_data",
    "housing_data",
    "test_accuracy",
]
