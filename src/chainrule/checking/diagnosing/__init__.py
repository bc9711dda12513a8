"""From a subject to what is wrong with it.

Reading order: `examples` and `reference` (what it is compared with), `trials` (what it is asked), `results` (what came
back, and what its author calls it), `diagnose` (the questions in order), `which` (which mistake it is), `precision`
(what is nearly right).
"""

from __future__ import annotations

from chainrule.checking.diagnosing.diagnose import diagnose

__all__ = ["diagnose"]
