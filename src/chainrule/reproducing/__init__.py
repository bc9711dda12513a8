"""The course sheets' experiments, run again: what a sheet printed, beside what comes out here.

Reading order: `experiment` (the records); `i2dl_4`, `i2dl_5`, `tum_ml_9`, `edf_1` (the sheets); `sheets` (all of them,
and running them); `plots`, `terminal` and `report` (how it is shown).
"""

from chainrule.reproducing.experiment import Experiment, Finding, Outcome, Sheet
from chainrule.reproducing.sheets import SHEETS, chosen_sheets, run

__all__ = ["SHEETS", "Experiment", "Finding", "Outcome", "Sheet", "chosen_sheets", "run"]
