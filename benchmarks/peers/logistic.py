"""scikit-learn's LogisticRegression solves another way (L-BFGS on all rows), so time to the same loss is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers.catalogue import LOGISTIC, NUMPY
from benchmarks.peers.turns import Failed, Gap, Process, kept_arrays
from benchmarks.peers.workloads import WORKLOADS, MissingData

__all__ = ["to_the_same_loss"]

TRAINED = next(workload for workload in WORKLOADS if workload.name == "mnist-linear")
EPOCHS = 5


def to_the_same_loss(folder: str, says: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Our seconds for some epochs of 784-10, the loss on the training rows, and what theirs takes to that loss."""
    if not LOGISTIC.is_here:
        return {"gap": "scikit-learn is not installed"}
    says(f"{TRAINED.title}: LogisticRegression to the same loss")
    try:
        with kept_arrays(TRAINED, folder) as file, Process(folder) as ours, Process(folder) as theirs:
            for process, peer in ((ours, NUMPY), (theirs, LOGISTIC)):
                process.ask("load", module=peer.module)
                process.ask("read", workload=TRAINED.as_dict(), file=file)
            once = ours.ask("trained", kind=NUMPY.kind, epochs=EPOCHS)
            other = theirs.ask("seconds_to", loss=once["loss"])
    except (MissingData, Gap, Failed) as reason:
        return {"gap": str(reason)}
    return {"epochs": EPOCHS, "ours": once, "theirs": other}
