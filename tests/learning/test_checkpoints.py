"""Checkpoints: a resumed run is the uninterrupted one, bit for bit; a file that doesn't fit changes nothing."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from chainrule.learning import SGD, Adam, AdamW, Affine, ReLU, RMSprop, Sequential, Solver, Tanh
from chainrule.ops import softmax_cross_entropy, squared_error

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 5))
Y = np.eye(3)[RNG.integers(0, 3, size=50)]
VALIDATION = RNG.normal(size=(20, 5)), np.eye(3)[RNG.integers(0, 3, size=20)]
OPTIMIZERS = [SGD(0.1), SGD(0.1, momentum=0.9), RMSprop(0.01, momentum=0.5), Adam(0.01), AdamW(0.01)]


def make_solver(optimizer=None, loss=softmax_cross_entropy, seed=0, rng=5, layer=ReLU, **options):
    model = Sequential([Affine(5, 4), layer(), Affine(4, 3)], rng=seed)
    return Solver(model, loss, optimizer or Adam(0.01), batch_size=8, rng=rng, progress=False, **options)


def everything(solver):
    """All that a run is, but for the seconds that it took."""
    state = solver._state
    columns = [name for name in solver.history.columns if name != "seconds"]
    return {
        "parameters": {name: array.tolist() for name, array in state.parameters.items()},
        "model": {name: array.tolist() for name, array in solver.model.parameters.items()},
        "best": {name: array.tolist() for name, array in (state.best_parameters or {}).items()},
        "optimizer": {name: np.asarray(value).tolist() for name, value in state.optimizer.items()},
        "numbers": (state.epoch, state.rows, state.loss_sum, state.best_epoch, state.best_loss),
        "history": [solver.history.column(name) for name in columns],
        "interrupted": solver.history.interrupted,
        "generator": repr(state.rng.bit_generator.state),
    }


def ids(value):
    return type(value).__name__ if not isinstance(value, tuple) else "validation"


# -- exact resume --------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=ids)
@pytest.mark.parametrize("validation", [None, VALIDATION], ids=ids)
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path, optimizer, validation):
    whole, begun = make_solver(optimizer), make_solver(optimizer)
    whole.train(X, Y, validation, epochs=7)
    begun.train(X, Y, validation, epochs=3)
    begun.save(tmp_path / "run.safetensors")
    resumed = make_solver(optimizer, seed=1, rng=99)
    resumed.resume(tmp_path / "run.safetensors")

    assert everything(begun) == everything(resumed)
    resumed.train(X, Y, validation, epochs=7)
    assert everything(whole) == everything(resumed)


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_kind_of_generator_is_resumed(tmp_path, kind):
    def generator(seed):
        return np.random.Generator(getattr(np.random, kind)(seed))

    whole, begun = make_solver(rng=generator(1)), make_solver(rng=generator(1))
    whole.train(X, Y, epochs=4)
    begun.train(X, Y, epochs=2)
    begun.save(tmp_path / "run")
    resumed = make_solver(rng=generator(2))
    resumed.resume(tmp_path / "run")
    resumed.train(X, Y, epochs=4)

    assert everything(whole) == everything(resumed)


def test_float32_is_resumed(tmp_path):
    def solver():
        model = Sequential([Affine(5, 3)], dtype=np.float32)
        return Solver(model, softmax_cross_entropy, Adam(), batch_size=8, progress=False)

    whole, begun, resumed = solver(), solver(), solver()
    whole.train(X, Y, epochs=4)
    begun.train(X, Y, epochs=2)
    begun.save(tmp_path / "run")
    resumed.resume(tmp_path / "run")
    resumed.train(X, Y, epochs=4)

    assert everything(whole) == everything(resumed)


def test_patience_is_resumed(tmp_path):
    # b is 1 - 0.8 ** k after k steps, and best for the target 0.5 after three.
    def solver():
        model = Sequential([Affine(1, 1, weights="zeros")])
        return Solver(model, squared_error, SGD(0.1), patience=4, progress=False)

    begun, resumed = solver(), solver()
    begun.train([[0.0]], [[1.0]], ([[0.0]], [[0.5]]), epochs=5)
    begun.save(tmp_path / "run")
    resumed.resume(tmp_path / "run")
    resumed.train([[0.0]], [[1.0]], ([[0.0]], [[0.5]]), epochs=100)

    assert 2 == resumed.best_epoch
    assert 7 == len(resumed.history)
    np.testing.assert_allclose([1 - 0.8**3], resumed.model.parameters["b1"])


def test_an_optimizers_own_scalars_keep_their_types(tmp_path):
    class Counting(SGD):
        def initialize(self, parameters):
            return {"steps": np.float32(0), "count": 0, "kind": "counting"}

        def update(self, parameters, gradients, state, learning_rate):
            new, _ = super().update(parameters, gradients, {}, learning_rate)
            return new, state | {"steps": state["steps"] + 1, "count": state["count"] + 1}

    begun, resumed = make_solver(Counting()), make_solver(Counting())
    begun.train(X, Y, epochs=1)
    begun.save(tmp_path / "run")
    resumed.resume(tmp_path / "run")
    state = resumed._state.optimizer

    assert {"steps": 7, "count": 7, "kind": "counting"} == state
    assert np.float32 is type(state["steps"])
    assert int is type(state["count"])


# -- when checkpoints are written ----------------------------------------------------------------------


def test_checkpoints_are_written_every_few_epochs_and_at_the_end(tmp_path, monkeypatch):
    written = []
    path = tmp_path / "run.safetensors"
    solver = make_solver(checkpoint=path, checkpoint_every=3)
    save = solver.save
    monkeypatch.setattr(solver, "save", lambda path: (written.append(solver.epoch), save(path)))
    solver.train(X, Y, epochs=8)
    resumed = make_solver()
    resumed.resume(path)

    assert [3, 6, 8] == written
    assert everything(solver) == everything(resumed)


def test_a_run_that_became_nan_leaves_the_last_sound_checkpoint(tmp_path):
    rates = [1.0, 1.0, 1.0, 1e200, 1e200, 1e200]
    path = tmp_path / "run"
    solver = make_solver(
        SGD(0.1), squared_error, checkpoint=path, checkpoint_every=2, schedule=lambda epoch, _: rates[epoch]
    )
    with pytest.raises(FloatingPointError):
        solver.train(X, Y, epochs=6)
    resumed = make_solver(SGD(0.1), squared_error)
    resumed.resume(path)

    assert 2 == resumed.epoch
    assert np.isfinite(resumed.model.parameters["w1"]).all()


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    solver = make_solver()
    solver.train(X, Y, epochs=1)
    solver.save(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()

    def no_space(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_space)
    solver.train(X, Y, epochs=2)
    with pytest.raises(OSError, match=r"cannot write .*run: No space left on device"):
        solver.save(tmp_path / "run")

    assert before == (tmp_path / "run").read_bytes()
    assert ["run"] == [file.name for file in tmp_path.iterdir()]


def test_a_place_that_cannot_be_written_is_refused_before_training(tmp_path):
    for place in (tmp_path / "missing" / "run", tmp_path):
        solver = make_solver(checkpoint=place)
        with pytest.raises(OSError, match=r"checkpoint .* can't be written"):
            solver.train(X, Y, epochs=100)
        assert 0 == solver.epoch


# -- files that don't fit ------------------------------------------------------------------------------


def refused(solver, path, error, message):
    """The error is raised, and nothing has changed."""
    before = everything(solver)
    with pytest.raises(error, match=message):
        solver.resume(path)
    assert before == everything(solver)


@pytest.fixture
def checkpoint(tmp_path):
    solver = make_solver()
    solver.train(X, Y, VALIDATION, epochs=2)
    solver.save(tmp_path / "run")
    return tmp_path / "run"


def test_a_missing_file_is_refused(tmp_path):
    refused(make_solver(), tmp_path / "nothing", FileNotFoundError, "nothing: there is no checkpoint here")
    refused(make_solver(), tmp_path, FileNotFoundError, "there is no checkpoint here")


@pytest.mark.parametrize("kept", [0, 5, 100, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(checkpoint, kept):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])

    refused(make_solver(), checkpoint, ValueError, "not a readable safetensors file .*; was it cut off?")


def test_a_foreign_file_is_refused(tmp_path):
    save_file({"w1": np.ones(3)}, tmp_path / "foreign")
    make_solver().model.save(tmp_path / "model")
    (tmp_path / "text").write_text("hello, hello, hello")

    refused(make_solver(), tmp_path / "foreign", ValueError, "not a checkpoint of chainrule")
    refused(make_solver(), tmp_path / "model", ValueError, "not a checkpoint of chainrule")
    refused(make_solver(), tmp_path / "text", ValueError, "not a readable safetensors file")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": SGD(0.1)}, "a checkpoint with optimizer Adam, and this solver's optimizer is SGD"),
        ({"optimizer": AdamW()}, "a checkpoint with optimizer Adam, and this solver's optimizer is AdamW"),
        ({"loss": squared_error}, "with loss softmax_cross_entropy, and this solver's loss is squared_error"),
        ({"layer": Tanh}, r"with model \['Affine', 'ReLU', 'Affine'\], and .* \['Affine', 'Tanh', 'Affine'\]"),
        (
            {"rng": np.random.Generator(np.random.MT19937(0))},
            "the random generator was PCG64, this solver's is MT19937",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_the_checkpoint_of_another_run_is_refused(checkpoint, options, message):
    refused(make_solver(**options), checkpoint, ValueError, message)


def test_the_checkpoint_of_a_model_of_other_sizes_is_refused(checkpoint):
    def solver(model, optimizer=None):
        return Solver(model, softmax_cross_entropy, optimizer or Adam(), progress=False)

    wider = Sequential([Affine(5, 7), ReLU(), Affine(7, 3)])
    refused(solver(wider), checkpoint, ValueError, r"parameter 'b1' is \(4,\) float64 in the file and \(7,\) float64")
    single = Sequential([Affine(5, 4), ReLU(), Affine(4, 3)], dtype=np.float32)
    refused(solver(single), checkpoint, ValueError, r"'b1' is \(4,\) float64 in the file and \(4,\) float32")


def test_the_checkpoint_of_an_optimizer_with_other_settings_is_refused(tmp_path):
    make_solver(SGD(0.1, momentum=0.9)).save(tmp_path / "run")

    refused(
        make_solver(SGD(0.1)),
        tmp_path / "run",
        ValueError,
        r"optimizer's 'velocity.b1' is \(4,\) float64 in the file and not there in this solver",
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["of"], None),
        (["counts", "epoch"], "many"),
        (["counts", "epoch"], None),
        (["counts"], {}),
        (["history"], {"columns": []}),
        (["optimizer"], 5),
        (["generator"], "PCG64"),
        (["generator", "state"], {}),
        (["generator", "state", "state"], -1),
    ],
)
def test_a_header_that_was_changed_is_refused(checkpoint, path, value):
    from safetensors import safe_open

    with safe_open(checkpoint, framework="numpy") as file:
        metadata = file.metadata()
    state = json.loads(metadata["state"])
    inner = state
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    save_file(load_file(checkpoint), checkpoint, metadata | {"state": json.dumps(state)})

    refused(make_solver(), checkpoint, ValueError, "run: ")


def test_best_parameters_of_another_form_are_refused(checkpoint):
    from safetensors import safe_open

    with safe_open(checkpoint, framework="numpy") as file:
        metadata = file.metadata()
    arrays = load_file(checkpoint)
    save_file(arrays | {"best.w1": np.ones(3)}, checkpoint, metadata)

    refused(make_solver(), checkpoint, ValueError, r"best parameter 'w1' is \(3,\) float64 in the file")
