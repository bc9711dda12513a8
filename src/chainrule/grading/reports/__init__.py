"""Grades as files: for each learner, for learning platforms, and for whoever teaches the class.

What stands under ``submissions/`` may be handed to learners: it holds neither flags nor what a submission printed,
as both could tell them what they should not know. What is for the teacher alone stands beside it.

Reading order: `wording` and `names` (what nobody trusts, made safe); `advice`, `feedback`, `gradescope`, `junit` (one
submission); `tables`, `ilias` (for platforms); `patterns`, `outliers`, `attention`, `distribution`, `classpage` (the
class); `writing`.
"""

from __future__ import annotations

from chainrule.grading.reports.classpage import class_page
from chainrule.grading.reports.feedback import feedback_page, feedback_text
from chainrule.grading.reports.gradescope import gradescope_results
from chainrule.grading.reports.junit import junit_xml
from chainrule.grading.reports.writing import write_reports

__all__ = ["class_page", "feedback_page", "feedback_text", "gradescope_results", "junit_xml", "write_reports"]
