"""Model files: what was saved comes back, and anything else is one clear error."""

import json

import numpy as np
import pytest
from safetensors.numpy import save as safetensors_bytes

from chainrule.learning import (
    SGD,
    Affine,
    Cosine,
    Dropout,
    FeedforwardNet,
    LeakyReLU,
    LinearRegression,
    LogisticRegression,
    OpLayer,
    ReLU,
    Sequential,
    WarmUp,
    load_model,
)
from chainrule.learning.saving import load, save_model
from chainrule.ops import relu

X = np.random.default_rng(0).normal(size=(12, 3))


@pytest.fixture
def model():
    return Sequential([Affine(3, 4), LeakyReLU(0.3), Affine(4, 2)], rng=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def rewrite(path, *, header=None, arrays=None):
    """Write the file again with a changed description or other arrays."""
    kind, configuration, kept = load(path)
    described = {"version": 1, "kind": kind, "configuration": configuration}
    described = header(described) if header else described
    text = described if isinstance(described, str) else json.dumps(described)
    path.write_bytes(safetensors_bytes(arrays(kept) if arrays else kept, metadata={"chainrule": text}))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sequential_comes_back(path, dtype):
    model = Sequential([Affine(3, 4), LeakyReLU(0.3), Dropout(0.2), Affine(4, 2)], rng=0, dtype=dtype)
    model.save(path)
    for again in (Sequential.load(path), load_model(path)):
        assert isinstance(again, Sequential)
        assert model.layers == again.layers
        assert dtype == str(again.dtype)
        assert all(np.array_equal(array, again.parameters[name]) for name, array in model.parameters.items())


@pytest.mark.parametrize("name", ["model.safetensors", "run 1, größer.safetensors"])
def test_the_same_model_gives_the_same_bytes(model, tmp_path, name):
    model.save(tmp_path / name)
    first = (tmp_path / name).read_bytes()
    Sequential.load(tmp_path / name).save(str(tmp_path / name))

    assert first == (tmp_path / name).read_bytes()
    assert [name] == [file.name for file in tmp_path.iterdir()]


def test_loaded_parameters_belong_to_the_model(model, path):
    model.save(path)
    again = Sequential.load(path)
    path.write_bytes(b"")

    assert np.array_equal(model(X), again(X))
    with pytest.raises(ValueError, match="read-only"):
        again.parameters["w1"][:] = 0


def classification(labels):
    return np.array(labels)[np.arange(12) % len(labels)]


ESTIMATORS = [
    (LinearRegression(epochs=3, seed=2), X[:, 0]),
    (LinearRegression(epochs=3, dtype="float32", schedule=WarmUp(2, Cosine(0.1))), X[:, :2]),
    (LogisticRegression(epochs=3, optimizer=SGD(0.1, momentum=0.5)), classification([False, True])),
    (LogisticRegression(epochs=3, optimizer="adam"), classification(["b", "a", "größer"])),
    (FeedforwardNet(epochs=3, hidden=(4, 5), activation="tanh"), classification([7, 3, 5])),
    (FeedforwardNet(epochs=3, hidden=(4,), dropout=0.25), classification([7, 3, 5])),
    (FeedforwardNet(epochs=3, hidden=(), task="regression"), X[:, 1]),
    (LogisticRegression(epochs=3), classification(["a", "b"]).astype(object)),
]


@pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=lambda value: type(value).__name__)
def test_estimators_come_back(model, y, path):
    model.fit(X, y)
    model.save(path)
    first = path.read_bytes()
    for again in (type(model).load(path), load_model(path)):
        assert type(model) is type(again)
        assert model.get_params() == again.get_params()
        assert model.predict(X).dtype == again.predict(X).dtype
        assert np.array_equal(model.predict(X), again.predict(X))
        assert 3 == again.n_features_in_
        again.save(path)

        assert first == path.read_bytes()


def test_loaded_classifier_knows_its_classes(path):
    model = LogisticRegression(epochs=3).fit(X, classification(["b", "a", "c"]))
    model.save(path)
    again = load_model(path)

    assert ["a", "b", "c"] == again.classes_.tolist()
    assert np.array_equal(model.predict_proba(X), again.predict_proba(X))


def test_an_unfitted_estimator_is_not_saved(path):
    with pytest.raises(ValueError, match="has not learned anything yet"):
        LinearRegression().save(path)

    assert not path.exists()


def test_a_users_own_layer_is_not_saved_but_told_how(path):
    model = Sequential([Affine(3, 4), OpLayer(relu), Affine(4, 2)])
    with pytest.raises(ValueError, match=r"OpLayer\(relu\) can't be saved in a model's file.*numpy\.savez"):
        model.save(path)

    assert not path.exists()


def test_the_advice_for_a_users_own_layer_works(tmp_path):
    model = Sequential([Affine(3, 4), OpLayer(relu), Affine(4, 2)], rng=0)
    np.savez(tmp_path / "values.npz", **model.parameters)
    again = Sequential(model.layers, rng=1)
    with np.load(tmp_path / "values.npz") as values:
        again.parameters = dict(values)

    assert np.array_equal(model(X), again(X))


# -- what is refused -------------------------------------------------------------------------------


def test_missing_file_is_named(path):
    for read in (Sequential.load, load_model, LinearRegression.load):
        with pytest.raises(FileNotFoundError, match=r"model\.safetensors: there is no such file"):
            read(path)


def test_missing_folder_is_named(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "model.safetensors")


def test_a_failure_leaves_the_old_file(model, path):
    model.save(path)
    first = path.read_bytes()
    with pytest.raises(ValueError, match="can't be saved"):
        Sequential([OpLayer(relu)]).save(path)

    assert first == path.read_bytes()


@pytest.mark.parametrize("kept", [0, 5, 50, 0.5, -1])
def test_truncated_file_is_refused(model, path, kept):
    model.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match=r"model\.safetensors: not a readable \.safetensors file.*cut off"):
        load_model(path)


@pytest.mark.parametrize("content", [b"hello, world, this is text", b"PK\x03\x04" + bytes(60), bytes(100)])
def test_foreign_content_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a readable \.safetensors file|not a model of chainrule"):
        load_model(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_other_peoples_safetensors_are_refused(path, metadata):
    path.write_bytes(safetensors_bytes({"w1": np.ones(3)}, metadata=metadata))
    with pytest.raises(ValueError, match=r"not a model of chainrule\. Give a file that `model\.save\(path\)`"):
        load_model(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (lambda h: "{", "description can't be read"),
        (lambda h: "[]", "description can't be read"),
        (lambda h: {"version": 1}, "description can't be read"),
        (lambda h: {**h, "version": 2}, "file version 2, and this chainrule reads version 1"),
        (lambda h: {**h, "kind": "Transformer"}, "holds a 'Transformer'; this chainrule can load Sequential"),
        (lambda h: {**h, "configuration": None}, "configuration is wrong"),
        (lambda h: {**h, "configuration": {}}, "configuration is wrong"),
        (lambda h: {**h, "configuration": {"layers": [], "dtype": "float64"}}, "there are no layers"),
        (
            lambda h: {**h, "configuration": {"layers": [{"layer": "os.system"}], "dtype": "float64"}},
            r"unknown layer 'os\.system'",
        ),
        (
            lambda h: {**h, "configuration": {**h["configuration"], "dtype": "O"}},
            "expected float64 or float32",
        ),
    ],
)
def test_a_changed_description_is_refused(model, path, header, message):
    model.save(path)
    rewrite(path, header=header)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path)

    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (lambda a: {}, "holds .* as no such array, its configuration asks for"),
        (lambda a: {**a, "w3": a["w1"]}, r"holds w3 as \(3, 4\) float64, .* asks for no such array"),
        (lambda a: {**a, "w1": a["w1"][:2]}, r"holds w1 as \(2, 4\) float64, .* asks for \(3, 4\) float64"),
        (lambda a: {**a, "b1": a["b1"].astype("float32")}, r"holds b1 as \(4,\) float32, .* \(4,\) float64"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(model, path, arrays, message):
    model.save(path)
    rewrite(path, arrays=arrays)
    with pytest.raises(ValueError, match=message) as caught:
        Sequential.load(path)

    assert str(path) in str(caught.value)


def test_a_file_that_lies_about_sizes_does_not_fill_the_memory(path):
    huge = Affine(10**9, 10**9).configuration()
    save_model(path, "Sequential", {"layers": [huge], "dtype": "float64"}, {"w1": np.ones((1, 1))})
    with pytest.raises(ValueError, match=r"asks for \(1000000000, 1000000000\)|asks for \(1000000000,\)"):
        Sequential.load(path)


def test_another_kind_of_model_is_named(model, path):
    model.save(path)
    with pytest.raises(ValueError, match=r"holds a Sequential and not a LinearRegression\. Use load_model"):
        LinearRegression.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("targets"), "configuration is wrong"),
        (lambda c: c["settings"].update(colour="red"), "configuration is wrong"),
        (
            lambda c: c["settings"].update(optimizer={"optimizer": "Popen", "args": "ls"}),
            "unknown optimizer 'Popen'",
        ),
        (lambda c: c["settings"].update(schedule={"schedule": "Step"}), "Step: expected the settings"),
        (lambda c: c.update(features=4), r"the network goes from 3 to 3 values a row, .* asks for 4 to 3"),
        (lambda c: c["targets"].update(classes=["a"]), "one class only"),
        (lambda c: c["targets"].update(classes=["a", "b"]), "asks for 3 to 1"),
        (lambda c: c["targets"].update(classes=[[1], [2]]), "expected a description of the targets"),
        (lambda c: c["targets"].update(dtype="nonsense"), "expected a description of the targets"),
        (lambda c: c["targets"].update(task="clustering"), "expected a description of the targets"),
    ],
)
def test_a_changed_estimator_is_refused(path, change, message):
    LogisticRegression(epochs=3).fit(X, classification(["a", "b", "c"])).save(path)

    def header(described):
        change(described["configuration"])
        return described

    rewrite(path, header=header)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path)

    assert str(path) in str(caught.value)


def test_a_network_from_before_there_was_dropout_has_none(path):
    model = FeedforwardNet(epochs=3, hidden=(4,)).fit(X, classification(["a", "b", "c"]))
    model.save(path)

    def header(described):
        assert 0.0 == described["configuration"]["settings"].pop("dropout")
        return described

    rewrite(path, header=header)
    again = load_model(path)

    assert 0.0 == again.dropout
    assert np.array_equal(model.predict_proba(X), again.predict_proba(X))


def test_a_rate_of_dropout_that_is_none_is_refused(path):
    Sequential([Affine(3, 4), Dropout(0.2), Affine(4, 2)]).save(path)

    def header(described):
        described["configuration"]["layers"][1]["rate"] = 1.5
        return described

    rewrite(path, header=header)
    with pytest.raises(ValueError, match=r"Dropout: rate is 1\.5; expected less than 1"):
        load_model(path)


def test_a_relu_network_comes_back_with_the_same_text(path):
    Sequential([Affine(3, 4), ReLU(), Affine(4, 2)]).save(path)
    kind, configuration, arrays = load(path)

    assert "Sequential" == kind
    assert ["Affine", "ReLU", "Affine"] == [layer["layer"] for layer in configuration["layers"]]
    assert ["b1", "b2", "w1", "w2"] == sorted(arrays)
