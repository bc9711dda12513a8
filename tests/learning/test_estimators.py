"""The estimators: what they learn, against closed forms and scikit-learn, and scikit-learn's conventions."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn import linear_model
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.estimator_checks import check_estimator

from chainrule.learning import SGD, Adam, Cosine, Dropout, FeedforwardNet, LinearRegression, LogisticRegression

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
W = np.array([[1.0, -1.0], [2.0, 0.5], [0.0, 3.0]])
Y = X @ W + [0.5, -2.0] + 0.1 * RNG.normal(size=(60, 2))
IRIS_X, IRIS_Y = load_iris(return_X_y=True)
IRIS_X = scale(IRIS_X)
SMALL = {"epochs": 3}


# -- what they learn -------------------------------------------------------------------------------


def test_linear_regression_finds_the_least_squares():
    model = LinearRegression(learning_rate=0.3, epochs=500).fit(X, Y)
    expected, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(60)]), Y, rcond=None)

    np.testing.assert_allclose(expected[:3], model.network_.parameters["w1"], atol=1e-9)
    np.testing.assert_allclose(expected[3], model.network_.parameters["b1"], atol=1e-9)


def test_predictions_have_the_form_of_the_targets():
    one = LinearRegression(learning_rate=0.3).fit(X, Y[:, 0])
    column = LinearRegression(learning_rate=0.3).fit(X, Y[:, :1])
    two = LinearRegression(learning_rate=0.3).fit(X, Y)

    assert [(60,), (60, 1), (60, 2)] == [model.predict(X).shape for model in (one, column, two)]
    assert np.array_equal(one.predict(X), column.predict(X)[:, 0])


def test_regression_score_is_scikit_learns():
    model = LinearRegression(learning_rate=0.3).fit(X, Y[:, 0])
    theirs = linear_model.LinearRegression().fit(X, Y[:, 0])

    assert pytest.approx(theirs.score(X, Y[:, 0]), abs=1e-9) == model.score(X, Y[:, 0])


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_finds_scikit_learns_probabilities(classes):
    x, y = IRIS_X[50 * (3 - classes) :], IRIS_Y[50 * (3 - classes) :]
    # Both without a penalty. Noise in the labels keeps the classes from being separable, which would have the
    # weights grow without end.
    y = np.where(RNG.random(len(y)) < 0.2, RNG.permutation(y), y)
    theirs = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, y)
    ours = LogisticRegression(learning_rate=1.0, epochs=5000, optimizer=SGD(momentum=0.9)).fit(x, y)

    np.testing.assert_allclose(theirs.predict_proba(x), ours.predict_proba(x), atol=1e-4)
    assert theirs.score(x, y) == ours.score(x, y)


def test_two_classes_have_one_logit():
    two = LogisticRegression(**SMALL).fit(X, Y[:, 0] > 0)
    three = LogisticRegression(**SMALL).fit(IRIS_X, IRIS_Y)

    assert (3, 1) == two.network_.parameters["w1"].shape
    assert (4, 3) == three.network_.parameters["w1"].shape


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"], [False, True], [3, 7, 5], ["c", "a", "b"], [-1.0, 1.0]])
def test_labels_of_any_kind_come_back(labels):
    y = np.array(labels)[np.arange(60) % len(labels)]
    model = LogisticRegression(**SMALL).fit(X, y)
    probabilities = model.predict_proba(X)

    assert sorted(labels) == model.classes_.tolist()
    assert y.dtype == model.predict(X).dtype
    assert np.allclose(1, probabilities.sum(axis=1))
    assert np.array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))


def test_small_probabilities_keep_their_digits():
    model = LogisticRegression(**SMALL).fit([[-1.0], [1.0]], [0, 1])
    model.network_.parameters = {"w1": [[1.0]], "b1": [0.0]}

    # 1 / (1 + e^50) is e^-50 to 22 digits.
    assert pytest.approx(np.exp(-50.0), rel=1e-12) == model.predict_proba([[50.0]])[0, 0]


def test_network_learns_what_a_line_cannot():
    x = RNG.uniform(-1, 1, size=(400, 2))
    y = np.where(x[:, 0] * x[:, 1] > 0, "same", "different")
    straight = LogisticRegression().fit(x, y)
    network = FeedforwardNet(hidden=(16,), learning_rate=0.02).fit(x, y)

    assert straight.score(x, y) < 0.7
    assert network.score(x, y) > 0.95


def test_network_learns_a_curve():
    x = np.linspace(-2, 2, 200).reshape(-1, 1)
    model = FeedforwardNet(hidden=(20,), activation="tanh", task="regression", learning_rate=0.02, epochs=300)

    assert model.fit(x, np.sin(2 * x[:, 0])).score(x, np.sin(2 * x[:, 0])) > 0.99


def test_the_same_seed_learns_the_same():
    def learned(seed):
        return FeedforwardNet(**SMALL, seed=seed).fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X)

    assert np.array_equal(learned(1), learned(1))
    assert not np.array_equal(learned(1), learned(2))


def test_dropout_follows_each_hidden_layer_and_changes_what_is_learned():
    with_it, again, without = (
        FeedforwardNet(hidden=(5, 4), dropout=rate, epochs=3, seed=1).fit(IRIS_X, IRIS_Y) for rate in (0.3, 0.3, 0)
    )

    kinds = ["Affine", "ReLU", "Dropout", "Affine", "ReLU", "Dropout", "Affine"]
    assert kinds == [type(layer).__name__ for layer in with_it.network_.layers]
    assert {0.3} == {layer.rate for layer in with_it.network_.layers if isinstance(layer, Dropout)}
    assert not without.network_.random
    assert np.array_equal(with_it.predict_proba(IRIS_X), again.predict_proba(IRIS_X))
    assert not np.array_equal(with_it.predict_proba(IRIS_X), without.predict_proba(IRIS_X))
    # Used twice, it gives the same: nothing is left out any more.
    assert np.array_equal(with_it.predict_proba(IRIS_X), with_it.predict_proba(IRIS_X))


def test_float32_is_computed_in_float32():
    model = FeedforwardNet(**SMALL, dtype="float32").fit(IRIS_X, IRIS_Y)

    assert np.float32 == model.predict_proba(IRIS_X).dtype


def test_integers_and_lists_are_taken_as_numbers():
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    model = LinearRegression(learning_rate=0.3).fit(x, [0, 1, 2, 3])

    assert pytest.approx([0, 1, 2, 3], abs=1e-6) == model.predict(x).tolist()


def test_history_has_a_row_for_each_epoch():
    model = LinearRegression(epochs=7).fit(X, Y)

    assert list(range(7)) == model.history_.column("epoch")


def test_a_new_fit_starts_anew():
    model = FeedforwardNet(**SMALL)
    first = model.fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X)

    assert np.array_equal(first, model.fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X))
    assert 3 == len(model.history_)


def test_validation_data_stops_the_training():
    model = FeedforwardNet(hidden=(64,), learning_rate=0.05, epochs=500, patience=3, task="regression")
    noise = RNG.normal(size=60)
    model.fit(X[:30], noise[:30], validation=(X[30:], noise[30:]))

    assert len(model.history_) < 500
    assert None not in model.history_.column("validation_loss")


@pytest.mark.parametrize("engine", ["eager", "xla"])
def test_every_engine_learns_the_same(engine, tmp_path):
    if engine == "xla":
        pytest.importorskip("jax", reason='needs JAX: pip install "chainrule[xla]"')
    models = [FeedforwardNet(epochs=5, engine=name).fit(IRIS_X, IRIS_Y) for name in ("numpy", engine)]
    models[1].save(tmp_path / "model.safetensors")
    loaded = FeedforwardNet.load(tmp_path / "model.safetensors")

    expected, actual, kept = (model.predict_proba(IRIS_X) for model in (*models, loaded))
    np.testing.assert_allclose(expected, actual, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(actual, kept)
    assert engine == loaded.engine


def test_optimizer_by_name_or_as_object_with_settings_on_top():
    assert Adam(0.5) == LinearRegression(optimizer="adam", learning_rate=0.5)._make_optimizer()
    assert SGD(0.3, 0.9) == LinearRegression(optimizer=SGD(0.3, 0.9))._make_optimizer()
    assert SGD(0.3, 0.9, weight_decay=0.1) == (
        LinearRegression(optimizer=SGD(0.3, 0.9), weight_decay=0.1)._make_optimizer()
    )
    assert Cosine() == LinearRegression(schedule="cosine")._make_schedule()


# -- what belongs to the model ---------------------------------------------------------------------


def test_data_that_is_changed_afterwards_leaves_the_model_alone():
    x, y = IRIS_X.copy(), IRIS_Y.copy()
    model = LogisticRegression(**SMALL).fit(x, y)
    expected = model.predict_proba(IRIS_X)
    x[:] = 0
    y[:] = 0

    assert np.array_equal(expected, model.predict_proba(IRIS_X))


def test_results_that_are_changed_leave_the_model_alone():
    model = LogisticRegression(**SMALL).fit(IRIS_X, IRIS_Y)
    expected = model.predict(IRIS_X)
    model.predict(IRIS_X)[:] = 9
    model.predict_proba(IRIS_X)[:] = 9
    with pytest.raises(ValueError, match="read-only"):
        model.classes_[0] = 9

    assert np.array_equal(expected, model.predict(IRIS_X))


def test_fit_leaves_the_data_alone():
    x, y = X.copy(), Y.copy()
    LinearRegression(epochs=20).fit(x, y)

    assert np.array_equal(X, x)
    assert np.array_equal(Y, y)


# -- what is refused -------------------------------------------------------------------------------

NAN = X.copy()
NAN[4, 1] = np.nan
INF = X.copy()
INF[0, 2] = -np.inf


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (NAN, Y, "x holds NaN or inf: row 4, column 1 is nan. Remove"),
        (INF, Y, "x holds NaN or inf: row 0, column 2 is -inf"),
        (X, NAN, "y holds NaN or inf: row 4, column 1 is nan"),
        (X, np.full(60, np.nan), r"y holds NaN or inf: entry 0 is nan \(60 such values in all\)"),
        (X[:, 0], Y, r"x has shape \(60,\); expected \(N, D\).*x\.reshape\(-1, 1\)"),
        (X[None], Y, r"x has shape \(1, 60, 3\); expected \(N, D\)"),
        (X, Y[:50], "x has 60 rows and y has 50; expected one target for each row"),
        (X[:0], Y[:0], r"x has 0 sample\(s\)"),
        (X[:, :0], Y, r"x has 0 feature\(s\)"),
        (X, Y[:, :, None], r"y has shape \(60, 2, 1\); expected targets \(N,\), or \(N, k\)"),
        ([["a", "b"]], [1.0], "x has dtype <U1; expected numbers. Encode text"),
        ([[1.0, "b"]], [1.0], "x has dtype <U32; expected numbers"),
        (np.array([[1.0, "b"]], object), [1.0], "x holds something that is not a number"),
        ([[1.0, 2.0], [1.0]], [1.0, 2.0], "x can't be made an array"),
        (X + 1j, Y, "Complex data not supported: x has dtype complex128"),
        (X, None, "requires y to be passed"),
    ],
)
def test_regression_refuses(x, y, message):
    model = LinearRegression(**SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(x, y)

    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 60, r"y holds one class only, \['a'\]; a classifier needs at least two classes"),
        (np.eye(3)[np.arange(60) % 3], r"y has shape \(60, 3\); expected one label a row.*argmax"),
        (Y[:, 0], "Unknown label type: y is continuous"),
        (np.where(np.arange(60) == 7, np.nan, 1.0), "y holds NaN or inf: entry 7 is nan"),
        (np.array(["a", 1] * 30, object), "y holds labels of different types"),
        (np.arange(60).astype("datetime64[D]"), "y has dtype datetime64"),
        (["a", "b"] * 20, "x has 60 rows and y has 40"),
        (None, "requires y to be passed"),
    ],
)
def test_classification_refuses(y, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression(**SMALL).fit(X, y)


def test_what_is_too_large_for_float32_is_refused():
    with pytest.raises(ValueError, match="x holds NaN or inf: row 0, column 0 is inf"):
        LinearRegression(dtype="float32").fit([[1e300]], [1.0])


def test_prediction_refuses_other_columns():
    model = LinearRegression(**SMALL).fit(X, Y)
    with pytest.raises(ValueError, match="X has 2 features, but LinearRegression is expecting 3 features as input"):
        model.predict(X[:, :2])


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_prediction_needs_fit(method):
    with pytest.raises(NotFittedError, match=r"this FeedforwardNet has not learned anything yet; call fit\(x, y\)"):
        getattr(FeedforwardNet(), method)(X)


def test_probabilities_are_for_classification():
    model = FeedforwardNet(**SMALL, task="regression").fit(X, Y)
    with pytest.raises(AttributeError, match="predict_proba needs task='classification'"):
        model.predict_proba(X)

    assert not hasattr(model, "predict_proba")
    assert not hasattr(LinearRegression(), "predict_proba")


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((X[:, :2], IRIS_Y[:60]), "X has 2 features, but LogisticRegression is expecting 3"),
        ((X, np.full(60, 7)), "validation y holds .*7.*, which is none of the classes"),
        ((X, [0, 1]), "x has 60 rows and y has 2"),
        ((NAN, IRIS_Y[:60]), "validation x holds NaN or inf: row 4, column 1"),
    ],
)
def test_validation_data_is_checked(validation, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression(**SMALL).fit(X, np.arange(60) % 3, validation=validation)


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"epochs": 0}, ValueError, "FeedforwardNet: epochs is 0; expected at least 1"),
        ({"epochs": 2.5}, TypeError, r"FeedforwardNet: epochs is 2\.5; expected a whole number"),
        ({"batch_size": 0}, ValueError, "FeedforwardNet: batch_size is 0"),
        ({"learning_rate": -1}, ValueError, "FeedforwardNet: learning_rate is -1; expected more than 0"),
        ({"weight_decay": -1}, ValueError, "Adam: weight_decay is -1; expected at least 0"),
        (
            {"optimizer": "lbfgs"},
            ValueError,
            "unknown optimizer 'lbfgs'; choose one of sgd, rmsprop, adam, adamw",
        ),
        (
            {"schedule": "linear"},
            ValueError,
            "unknown schedule 'linear'; choose one of constant, step, cosine, warmup",
        ),
        ({"activation": "gelu"}, ValueError, "unknown activation 'gelu'; choose one of relu"),
        (
            {"task": "clustering"},
            ValueError,
            "unknown task 'clustering'; choose one of classification, regression",
        ),
        ({"weights": "xavier"}, ValueError, "unknown initializer 'xavier'"),
        ({"hidden": 32}, ValueError, r"hidden is 32; expected sizes, such as \(32,\)"),
        ({"hidden": (32, 0)}, ValueError, r"hidden is \(32, 0\); expected sizes"),
        ({"dtype": "int32"}, ValueError, "dtype is 'int32'; expected float64 or float32"),
        ({"engine": "torch"}, ValueError, "unknown engine 'torch'; choose one of numpy, eager, xla"),
        ({"seed": -1}, ValueError, "FeedforwardNet: seed is -1"),
        ({"dropout": 1.0}, ValueError, r"FeedforwardNet: dropout is 1\.0; expected less than 1"),
        ({"dropout": -0.5}, ValueError, r"FeedforwardNet: dropout is -0\.5; expected at least 0"),
    ],
)
def test_senseless_settings_are_refused_by_fit(settings, kind, message):
    model = FeedforwardNet(**{**SMALL, **settings})
    with pytest.raises(kind, match=message):
        model.fit(IRIS_X, IRIS_Y)


# -- scikit-learn's conventions --------------------------------------------------------------------


def test_clone_has_the_settings_and_nothing_learned():
    model = FeedforwardNet(**SMALL, hidden=(4, 5), optimizer=Adam(0.1)).fit(IRIS_X, IRIS_Y)
    copy = clone(model)

    assert model.get_params().keys() == copy.get_params().keys()
    assert (4, 5) == copy.hidden
    assert Adam(0.1) == copy.optimizer
    assert not hasattr(copy, "network_")


def test_set_params_changes_known_settings_only():
    model = LinearRegression().set_params(epochs=5, seed=3)

    assert (5, 3) == (model.epochs, model.seed)
    with pytest.raises(ValueError, match="unknown setting of LinearRegression 'hidden'; choose one of"):
        model.set_params(hidden=(3,))


def test_scikit_learn_knows_what_they_are():
    assert is_regressor(LinearRegression())
    assert is_classifier(LogisticRegression())
    assert is_classifier(FeedforwardNet())
    assert is_regressor(FeedforwardNet(task="regression"))


@pytest.mark.parametrize(
    "model",
    [
        # Adam, because the checks' data is not scaled.
        LinearRegression(optimizer="adam", learning_rate=0.5, epochs=100),
        LogisticRegression(optimizer="adam", learning_rate=0.1, epochs=50),
        FeedforwardNet(learning_rate=0.02, epochs=20),
        FeedforwardNet(learning_rate=0.05, epochs=50, task="regression"),
    ],
    ids=repr,
)
def test_scikit_learns_own_checks_pass(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not a BaseEstimator; some checks' optional packages are not there
        results = check_estimator(model, on_fail=None, on_skip=None)
    failed = {result["check_name"] for result in results if result["status"] == "failed"}
    # A column of labels, shape (N, 1), is an error here and not a warning.
    expected = {"check_supervised_y_2d"} if is_classifier(model) else set()

    assert len(results) > 40
    assert expected == failed


def test_cross_validation_and_pipelines_work():
    model = make_pipeline(StandardScaler(), LogisticRegression(learning_rate=0.5, epochs=200))
    scores = cross_val_score(model, *load_iris(return_X_y=True), cv=3)

    assert (scores > 0.9).all()


def test_cross_validation_takes_scorers_of_probabilities():
    model = LogisticRegression(learning_rate=0.5, epochs=200)

    assert (cross_val_score(model, X, Y[:, 0] > 0, cv=3, scoring="roc_auc") > 0.9).all()


def test_grid_search_finds_the_learning_rate_that_learns():
    search = GridSearchCV(LogisticRegression(epochs=50), {"learning_rate": [1e-6, 0.5]}, cv=2)

    assert {"learning_rate": 0.5} == search.fit(IRIS_X, IRIS_Y).best_params_


def test_importing_the_models_does_not_import_scikit_learn():
    code = "import sys, chainrule.learning; print('sklearn' in sys.modules or 'safetensors' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == result.stdout.strip()
