"""Linear and logistic regression: shapes, gradients by central differences, and what happens when misused."""

import numpy as np
import pytest
from i2dl_helpers import RNG, WEIGHTS, X, central_difference

from chainrule.courses.i2dl import Classifier, LinearModel, Network

BOTH = [LinearModel, Classifier]


def make(model_type, weights=WEIGHTS, **options):
    model = model_type(num_features=len(weights) - 1, **options)
    model.initialize_weights(weights)
    return model


def test_the_bias_is_the_last_row():
    assert [[2 * 3 + 5 * 4 + 7]] == make(LinearModel, [[2], [5], [7]]).forward([[3, 4]]).tolist()


def test_classifier_gives_probabilities():
    # Logits log 3 and 0: 3 / (1 + 3) and 1 / 2.
    out = make(Classifier, [[np.log(3)], [0]]).forward([[1], [0]])

    assert pytest.approx(np.array([[0.75], [0.5]])) == out


@pytest.mark.parametrize("model_type", BOTH)
def test_calling_gives_output_and_gradient_in_training_mode_only(model_type):
    model = make(model_type)
    y, dW = model(X)
    model.eval()
    again, nothing = model(X)
    model.train()

    assert ((20, 1), (20, 3)) == (y.shape, dW.shape)
    assert y.tolist() == again.tolist()
    assert nothing is None
    assert model(X)[1] is not None


@pytest.mark.parametrize("model_type", BOTH)
def test_backward_gives_the_gradient_of_each_output(model_type):
    model = make(model_type)
    gradient = model.backward(model.forward(X))
    expected = [
        central_difference(lambda W, n=n: make(model_type, W).forward(X)[n, 0], model.W)[:, 0] for n in range(20)
    ]

    assert pytest.approx(np.array(expected), abs=1e-8) == gradient


@pytest.mark.parametrize("edition", ["ws22", "ss23"])
@pytest.mark.parametrize("model_type", BOTH)
def test_later_editions_give_the_output_alone_and_the_gradient_summed(model_type, edition):
    model = make(model_type, edition=edition)
    dout = RNG.normal(size=(20, 1))
    y = model(X)
    expected = central_difference(lambda W: np.sum(dout * make(model_type, W).forward(X)), model.W)

    assert (20, 1) == y.shape
    assert pytest.approx(expected, abs=1e-8) == model.backward(dout)


@pytest.mark.parametrize("x", [0, 0.0, [0, 0], np.zeros((2, 3, 1))])
def test_sigmoid_of_zeros_is_a_half_in_the_same_shape(x):
    out = Classifier().sigmoid(x)

    assert np.shape(x) == np.shape(out)
    assert np.all(out == 0.5)


def test_sigmoid_of_100():
    assert pytest.approx(1, abs=1e-15) == Classifier().sigmoid(100)
    assert pytest.approx(np.ones((3, 2)), abs=1e-15) == Classifier().sigmoid(np.full((3, 2), 100))


# -- weights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model_type", BOTH)
def test_weights_are_a_copy_of_what_was_given(model_type):
    given = np.array([[1.0], [2.0], [3.0]])
    model = make(model_type, given)
    given[0] = 99

    assert [[1], [2], [3]] == model.W.tolist()


def test_weights_become_floats_and_float32_stays():
    assert np.float64 == make(LinearModel, [[1], [2]]).W.dtype
    assert np.float32 == make(LinearModel, np.ones((2, 1), np.float32)).W.dtype


@pytest.mark.parametrize("model_type", BOTH)
@pytest.mark.parametrize("weights", [[[1.0], [2.0]], [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]]])
def test_weights_of_another_shape_are_an_assertion_error(model_type, weights):
    with pytest.raises(AssertionError, match=r"weights has shape .* expected \(3, 1\)"):
        model_type(num_features=2).initialize_weights(weights)


@pytest.mark.parametrize("model_type", BOTH)
def test_random_weights_are_small_and_come_from_the_seed(model_type):
    first, second, other = (model_type(num_features=999) for _ in range(3))
    first.initialize_weights(rng=1)
    second.initialize_weights(rng=np.random.default_rng(1))
    other.initialize_weights()

    assert (1000, 1) == first.W.shape
    assert first.W.tolist() == second.W.tolist() != other.W.tolist()
    assert pytest.approx(0.001, rel=0.1) == first.W.std()


# -- inputs --------------------------------------------------------------------------------------------


def test_float32_inputs_with_float64_weights_give_float64():
    y, dW = make(Classifier)(X.astype(np.float32))

    assert (np.float64, np.float64) == (y.dtype, dW.dtype)


def test_all_float32_stays_float32():
    y, dW = make(Classifier, np.float32(WEIGHTS))(X.astype(np.float32))

    assert (np.float32, np.float32) == (y.dtype, dW.dtype)


@pytest.mark.parametrize("model_type", BOTH)
@pytest.mark.parametrize("wrong", [[1.0, 2.0], [[1.0, 2.0, 3.0]], 5.0])
def test_inputs_of_another_shape_are_refused(model_type, wrong):
    with pytest.raises(ValueError, match=r"X has shape .* expected \(N, 2\)"):
        make(model_type).forward(wrong)


def test_text_is_refused():
    with pytest.raises(TypeError, match="expected real numbers"):
        make(LinearModel).forward([["a", "b"]])


@pytest.mark.parametrize("model_type", BOTH)
def test_backward_refuses_a_row_for_a_column(model_type):
    model = make(model_type)
    model.forward(X)

    with pytest.raises(ValueError, match=r"has shape \(20,\); expected \(20, 1\)"):
        model.backward(np.ones(20))


# -- misuse ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model_type", BOTH)
def test_forward_needs_weights(model_type):
    model = model_type()

    assert model.W is None
    with pytest.raises(RuntimeError, match="weight matrix W is not initialized; call initialize_weights"):
        model.forward([[1.0, 2.0]])


@pytest.mark.parametrize("model_type", BOTH)
@pytest.mark.parametrize("edition", ["ss20", "ws22"])
def test_backward_needs_a_forward(model_type, edition):
    with pytest.raises(RuntimeError, match="run a forward pass before the backward pass"):
        make(model_type, edition=edition).backward([[1.0]])


def test_new_weights_need_a_new_forward():
    model = make(LinearModel)
    model.forward(X)
    model.initialize_weights(WEIGHTS)

    with pytest.raises(RuntimeError, match="run a forward pass before the backward pass"):
        model.backward(np.ones((20, 1)))


def test_a_network_without_methods_says_which_to_write():
    with pytest.raises(NotImplementedError, match=r"Network has no forward\(X\); write it"):
        Network().forward(X)
    with pytest.raises(NotImplementedError, match="Network has no backward; write it"):
        Network().backward(X)


def test_a_learners_network_needs_no_more_than_two_methods():
    class Doubled(Network):
        def __init__(self):
            self.W = np.ones((1, 1))

        def forward(self, X):
            self.cache = X
            return 2 * X @ self.W

        def backward(self, y):
            return 2 * self.cache

    y, dW = Doubled()(np.array([[3.0]]))

    assert ([[6.0]], [[6.0]]) == (y.tolist(), dW.tolist())


# -- files ---------------------------------------------------------------------------------------------


def test_save_model_writes_into_models_under_the_models_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = make(Classifier)
    path = model.save_model()
    again = make(Classifier, [[0], [0], [0]])
    again.forward(X)
    again.load_model(path)

    assert again.cache is None
    assert "models/classifier.safetensors" == path.as_posix()
    assert model.W.tolist() == again.W.tolist()
    assert ["classifier.safetensors"] == [file.name for file in (tmp_path / "models").iterdir()]


def test_save_model_takes_a_path(tmp_path):
    model = make(LinearModel)
    path = model.save_model(tmp_path / "new" / "line.safetensors")

    assert path.is_file()


def test_a_model_without_weights_is_not_saved(tmp_path):
    with pytest.raises(RuntimeError, match=r"weight matrix W is not initialized.*before save_model"):
        Classifier().save_model(tmp_path / "new" / "model.safetensors")
    assert not (tmp_path / "new").exists()


def test_the_file_of_another_model_is_refused(tmp_path):
    path = make(LinearModel).save_model(tmp_path / "line.safetensors")

    with pytest.raises(ValueError, match="the weights of a LinearModel; this is a Classifier"):
        Classifier(num_features=2).load_model(path)
    with pytest.raises(ValueError, match=r"has weights of shapes .*\(3, 1\).*; this model has .*\(6, 1\)"):
        LinearModel(num_features=5).load_model(path)


def test_a_pickle_is_refused(tmp_path):
    (tmp_path / "model.p").write_bytes(b"\x80\x04K\x01.")

    with pytest.raises(ValueError, match="not a readable"):
        LinearModel().load_model(tmp_path / "model.p")
