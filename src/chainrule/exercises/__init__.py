"""The sheets' tasks as data: a statement, starting code, a solution, tests with points; and what is made of them.

Reading order: `exercise` (the records), `source` (one file from which all is made), `shelf` (where sources are),
`testing` (a learner's own machine), `building` (what learners and teachers get), `linting` (an exercise's exam).
"""

from __future__ import annotations

from chainrule.exercises.building.recorded import public_tests
from chainrule.exercises.exercise import Answer, Exercise, Limits, Task, Test
from chainrule.exercises.shelf import find
from chainrule.exercises.testing import run_tests, tests_of

__all__ = ["Answer", "Exercise", "Limits", "Task", "Test", "find", "public_tests", "run_tests", "tests_of"]
