"""What is made from an exercise's source: a learner's folder, a teacher's, and an autograder for Gradescope.

Reading order: `verify` (what a source has to hold), `cells`, `notebook`, `module`, `readme` (texts), `learner`,
`teacher`, `gradescope` (files), `writing`.
"""

from __future__ import annotations

from chainrule.exercises.building.gradescope import autograder_zip
from chainrule.exercises.building.learner import learner_files
from chainrule.exercises.building.teacher import teacher_files
from chainrule.exercises.building.verify import verify
from chainrule.exercises.building.writing import write_files

__all__ = ["autograder_zip", "learner_files", "teacher_files", "verify", "write_files"]
