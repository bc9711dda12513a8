"""chainrule's XLA engine: the same lines as `ours`, with JAX, which the engine imports, counted as its import."""

from __future__ import annotations

import jax

from benchmarks.peers.jax_by_hand import describe
from benchmarks.peers.ours import prepare

__all__ = ["describe", "jax", "prepare"]
