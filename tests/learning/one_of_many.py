"""A training as one of several processes, or on several devices of one; what came of it is printed as JSON.

python one_of_many.py SCENARIO FOLDER [COORDINATOR PROCESSES PROCESS_ID]
"""

import json
import os
import sys
from pathlib import Path

from solvers import LABELS, VALIDATION, X, losses, make_solver, network

from chainrule.compiling import XLA, join
from chainrule.learning import Adam, Affine, Dropout, ReLU, Sequential

EPOCHS = 5
ALL = XLA(devices="all")
OWN = XLA(devices="all", rows="own")
BATCHES = [(X[start : start + 16], LABELS[start : start + 16]) for start in range(0, 48, 16)]


def solver(engine, **options):
    return make_solver(optimizer=Adam(0.01), engine=engine, **{"batch_size": 16, **options})


def dropping():
    return Sequential([Affine(5, 4), ReLU(), Dropout(0.25), Affine(4, 3)], rng=0)


def told(trained):
    return {
        "losses": losses(trained),
        "validation": trained.history.column("validation_loss"),
        "weights": trained.model.parameters["w1"].tolist(),
    }


def share(array, process, processes):
    size = len(array) // processes
    return array[process * size : (process + 1) * size]


def on_devices(folder, process, processes):
    found = {}
    for count in (1, 2, 4):
        trained = solver(XLA(devices=count))
        trained.train(X, LABELS, VALIDATION, epochs=EPOCHS)
        found[count] = told(trained)
    drops = make_solver(dropping(), batch_size=16, engine=XLA(devices=4))
    drops.train(X, LABELS, VALIDATION, epochs=EPOCHS)
    found["dropout"] = told(drops)
    loop = next(iter(trained._step._epoch_loops.values()))
    data = trained._step.devices.copied((X, LABELS))
    values = trained._step.devices.copied(trained._state.values())
    import jax
    import numpy as np

    with jax.enable_x64(True):
        rows = tuple(np.zeros((1, steps, size), np.int32) for steps, size in ((3, 16), (1, 2)))
        lowered = loop._epochs.lower(values, 1, (np.array([0.01]),), data, rows, ((), ()))
        found["program"] = lowered.compile().as_text()
    return found


def together(folder, process, processes):
    """The run of one device, with rows of its own in each process, and with batches that come one by one."""
    found = {}
    everything = solver(ALL, checkpoint=folder / f"of-{process}.safetensors")
    everything.train(X, LABELS, VALIDATION, epochs=EPOCHS)
    found["all"] = told(everything)
    shared = solver(ALL)
    shared.train(X, LABELS, epochs=30)
    found["short"] = losses(shared)
    own = solver(OWN, batch_size=None)
    rows = [share(part[:48], process, processes) for part in (X, LABELS)]
    own.train(*rows, VALIDATION, epochs=EPOCHS)
    found["own"] = told(own)
    streamed = solver(OWN)
    streamed.train([[share(part, process, processes) for part in batch] for batch in BATCHES], None, VALIDATION, EPOCHS)
    found["streamed"] = told(streamed)
    return found


def one_dies(folder, process, processes):
    """The last process ends within the fourth epoch, as if somebody had killed it."""

    def schedule(epoch, epochs):
        if epoch == 3 and process == processes - 1:
            os._exit(9)
        return 1.0

    trained = solver(ALL, schedule=schedule, checkpoint=folder / "kept.safetensors", checkpoint_every=1)
    trained.train(X, LABELS, VALIDATION, epochs=EPOCHS)
    return told(trained)


def resumed(folder, process, processes):
    """Only process 0 has the file."""
    trained = solver(ALL)
    trained.resume(folder / "kept.safetensors" if process == 0 else folder / "not here")
    before = trained.epoch
    trained.train(X, LABELS, VALIDATION, epochs=EPOCHS)
    return {"before": before, **told(trained)}


def interrupted(folder, process, processes):
    """Ctrl-C in one process ends the training in all of them, after the same epoch."""
    import signal

    def schedule(epoch, epochs):
        if epoch == 2 and process == processes - 1:
            os.kill(os.getpid(), signal.SIGINT)
        return 1.0

    trained = solver(ALL, schedule=schedule)
    trained.train(X, LABELS, VALIDATION, epochs=EPOCHS)
    return {"interrupted": trained.history.interrupted, **told(trained)}


def other_weights(folder, process, processes):
    make_solver(network(rng=process), batch_size=16, engine=ALL).train(X, LABELS, epochs=1)


def other_rows(folder, process, processes):
    make_solver(batch_size=16, engine=ALL).train(X + process, LABELS, epochs=1)


def more_rows(folder, process, processes):
    make_solver(batch_size=16, engine=OWN).train(X[: 16 + 16 * process], LABELS[: 16 + 16 * process], epochs=1)


def more_batches(folder, process, processes):
    make_solver(engine=OWN).train(BATCHES[: 2 + process], epochs=1)


def larger_batches(folder, process, processes):
    make_solver(engine=OWN).train([BATCHES[0], (X[: 8 + 8 * process], LABELS[: 8 + 8 * process])], epochs=1)


def odd_batch(folder, process, processes):
    make_solver(batch_size=17, engine=OWN).train(X, LABELS, epochs=1)


def odd_rest(folder, process, processes):
    """The last batch has a row in each process, and two devices to work on it."""
    make_solver(batch_size=16, engine=XLA(devices="all", rows="own")).train(X[:9], LABELS[:9], epochs=1)


def main(scenario, folder, coordinator="", processes="1", process_id="0"):
    if coordinator:
        join(coordinator, int(processes), int(process_id))
    print("RESULT " + json.dumps(globals()[scenario](Path(folder), int(process_id), int(processes))))


if __name__ == "__main__":
    main(*sys.argv[1:])
