"""What the I2DL tests share: a small problem, and gradients by central differences."""

import numpy as np

from chainrule.courses.i2dl import BCE, L1, MSE, Classifier, LinearModel, Solver

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 2))
PRICES = X @ [[1.5], [-0.5]] + 0.3 + 0.1 * RNG.normal(size=(20, 1))
LABELS = (PRICES > 0.2).astype(float)
WEIGHTS = [[0.3], [-0.2], [0.1]]

# A model, a loss that suits it and its targets; L1 and MSE are legal for probabilities as well.
PROBLEMS = [
    (LinearModel, MSE, PRICES),
    (LinearModel, L1, PRICES),
    (Classifier, BCE, LABELS),
    (Classifier, MSE, LABELS),
    (Classifier, L1, LABELS),
]


def data(y, rows=15):
    return {"X_train": X[:rows], "y_train": y[:rows], "X_val": X[rows:], "y_val": y[rows:]}


def make_solver(model_type=LinearModel, loss_type=MSE, y=PRICES, *, edition="ss20", solver_type=Solver, **options):
    model = model_type(num_features=2, edition=edition)
    model.initialize_weights(WEIGHTS)
    options = {"learning_rate": 0.1, "verbose": False} | options
    return solver_type(model, data(y), loss_type(edition=edition), **options)


def central_difference(function, x, step=1e-6):
    """The gradient of a function with a scalar result, entry by entry."""
    gradient = np.zeros_like(x, dtype=float)
    for place in np.ndindex(x.shape):
        up, down = x.astype(float), x.astype(float)
        up[place] += step
        down[place] -= step
        gradient[place] = (function(up) - function(down)) / (2 * step)
    return gradient
