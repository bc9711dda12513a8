"""An exercise's tests on the learner's own machine.

Reading order: `report` (what came out, as the course prints it), `asking` (one test), `known` (which exercise a file is
about), `loading` (a learner's file), `testing` (all tests), `notebook` (a table), `command`.
"""

from __future__ import annotations

from chainrule.exercises.testing.command import test_program
from chainrule.exercises.testing.known import NoExercise
from chainrule.exercises.testing.report import TestReport
from chainrule.exercises.testing.testing import run_tests, tests_of

__all__ = ["NoExercise", "TestReport", "run_tests", "test_program", "tests_of"]
