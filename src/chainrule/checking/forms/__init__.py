"""The forms in which people write forward and backward; each becomes an op.

Reading order: `implementation` (what comes out), `lift`, `signatures` and `reading` (what an author calls things),
`calling` and `pairs` (two functions), `making`, `parameters` and `classes`, `edf_nodes`, `contexts`
(torch.autograd.Function), `jax_functions`, `guessing` (which of our ops is meant).
"""

from __future__ import annotations

from chainrule.checking.forms.guessing import guess_like
from chainrule.checking.forms.implementation import Implementation, NotCheckable
from chainrule.checking.forms.lift import lift

__all__ = ["Implementation", "NotCheckable", "guess_like", "lift"]
