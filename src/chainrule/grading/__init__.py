"""A class of untrusted submissions: taken in, run where they can do no harm, compared, diagnosed, scored, reported.

Reading order: `submission`, `outcome` and `result` (what goes from part to part).
"""

from __future__ import annotations

from chainrule.grading.outcome import Call, Outcome
from chainrule.grading.result import Grade, TaskGrade, TestGrade
from chainrule.grading.submission import Submission

__all__ = ["Call", "Grade", "Outcome", "Submission", "TaskGrade", "TestGrade"]
