"""The exam of an exercise: what its tests would accept although it is wrong, and what else a teacher should mend.

Reading order: `mutations` (changes of a syntax tree), `mutants` (those of a source), `values` and `recording` (what
tells two solutions apart), `trial` (one mutant), `child` and `children` (the processes), `places`, `rules` and
`running` (what is wrong without mutants), `report`, `lint`, `command`.
"""

from __future__ import annotations

from chainrule.exercises.linting.command import lint_program
from chainrule.exercises.linting.lint import lint
from chainrule.exercises.linting.report import LintReport, Remark

__all__ = ["LintReport", "Remark", "lint", "lint_program"]
