"""Who is compared: each peer's name, its file here, and the distribution that has to be installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

__all__ = ["HAND", "JIT", "LOGISTIC", "NUMPY", "PEERS", "PRODUCTS", "PYTENSOR", "SCAN", "TORCH", "XLA", "Peer", "peer"]


@dataclass(frozen=True)
class Peer:
    """Somebody who trains.

    Args:
        name: in the JSON.
        label: for people.
        module: the file in this folder; importing it imports the peer.
        kind: which of the file's ways.
        package: what is imported.
        distribution: what is installed.
        ours: whether it is chainrule.
    """

    name: str
    label: str
    module: str
    kind: str
    package: str
    distribution: str
    ours: bool = False

    @property
    def is_here(self) -> bool:
        """Whether its package is installed; it is not imported."""
        return importlib.util.find_spec(self.package) is not None


NUMPY = Peer("chainrule-numpy", "chainrule, numpy engine", "ours", "numpy", "chainrule", "chainrule", ours=True)
XLA = Peer("chainrule-xla", "chainrule, xla engine", "ours_xla", "xla", "jax", "chainrule", ours=True)
HAND = Peer("numpy", "NumPy by hand", "numpy_by_hand", "", "numpy", "numpy")
TORCH = Peer("torch-eager", "PyTorch eager", "torch_", "eager", "torch", "torch")
TORCH_COMPILE = Peer("torch-compile", "torch.compile", "torch_", "compile", "torch", "torch")
JIT = Peer("jax-jit", "JAX jit", "jax_by_hand", "jit", "jax", "jax")
SCAN = Peer("jax-scan", "JAX lax.scan", "jax_by_hand", "scan", "jax", "jax")
PYTENSOR = Peer("pytensor", "PyTensor", "pytensor_", "", "pytensor", "pytensor")
MYGRAD = Peer("mygrad", "MyGrad", "mygrad_", "", "mygrad", "mygrad")
AUTOGRAD = Peer("autograd", "autograd", "autograd_", "", "autograd", "autograd")
MLP = Peer("sklearn-mlp", "scikit-learn MLPClassifier", "scikit_learn", "mlp", "sklearn", "scikit-learn")
LOGISTIC = Peer("sklearn-logistic", "LogisticRegression", "scikit_learn", "logistic", "sklearn", "scikit-learn")
PEERS = (HAND, NUMPY, XLA, SCAN, JIT, TORCH, TORCH_COMPILE, PYTENSOR, MYGRAD, AUTOGRAD, MLP)
PRODUCTS = (
    Peer("products-numpy", "its products alone, NumPy", "products", "numpy", "numpy", "numpy"),
    Peer("products-xla", "its products alone, XLA", "products_xla", "xla", "jax", "jax"),
)


def peer(name: str) -> Peer:
    """The peer with this name."""
    return next(found for found in (*PEERS, LOGISTIC, *PRODUCTS) if found.name == name)
