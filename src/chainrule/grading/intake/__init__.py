"""What was handed in becomes submissions: read in memory and within bounds, definitions only, nothing run.

Reading order: `bounds`, `names` (whose it is), `found` and `archives` (bytes), `texts` (cells), `magics` and
`definitions` (what is kept), `taking` (all of it), `flags` (the class as a whole).
"""

from __future__ import annotations

from chainrule.grading.intake.flags import flagged
from chainrule.grading.intake.taking import submission_from, submission_of, take_in

__all__ = ["flagged", "submission_from", "submission_of", "take_in"]
