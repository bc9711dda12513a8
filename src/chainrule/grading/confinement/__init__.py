"""Where submissions run: in processes that can compute and nothing else.

Reading order: `worker` (asks), `process` (the template, from outside), `inside` (the template and its children, from
inside), `ending` (what an end means), `level` (whether it holds on this machine).
"""

from __future__ import annotations

from chainrule.grading.confinement.level import confinement_level
from chainrule.grading.confinement.worker import Worker

__all__ = ["Worker", "confinement_level"]
