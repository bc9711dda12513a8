"""Gradescope's results.json."""

from __future__ import annotations

import json
from typing import Any

from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.wording import ending, is_graded, line, points
from chainrule.grading.result import Grade, Mistake, TaskGrade, TestGrade

__all__ = ["gradescope_results"]


def gradescope_results(exercise: Exercise, grade: Grade) -> str:
    """The text of ``results.json`` for one submission.

    Where the grader failed there is neither ``score`` nor ``tests``: Gradescope asks for one of the two, so it says
    that the autograder failed, and gives no points, not even 0. What the submission printed is left out, as it could
    carry hidden inputs to the learner.
    """
    result: dict[str, Any] = {
        "execution_time": round(grade.seconds, 3),
        "output": _summary(grade),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "exercise": grade.exercise,
            "version": grade.version,
            "digest": grade.digest,
            "confinement": grade.confinement,
            "graded": is_graded(grade),
            "codes": [line(code, 80) for code in grade.codes],
        },
    }
    if is_graded(grade):
        result["score"] = round(grade.points, 4)
        result["tests"] = [
            _test(exercise, task, test, f"{first}.{second}")
            for first, task in enumerate(grade.tasks, 1)
            for second, test in enumerate(task.tests, 1)
        ]
    return json.dumps(result, indent=2, sort_keys=True) + "\n"


def _summary(grade: Grade) -> str:
    if not is_graded(grade):
        return "This submission could not be graded, which is not your fault. It has no score yet; the teacher is told."
    lines = [f"Tests passed: {grade.passed}/{grade.total}", f"Points: {points(grade.points)}/{points(grade.most)}"]
    lines += [line(problem) for problem in grade.problems[:20]]
    return "\n".join([*lines, f"Confinement: {line(grade.confinement or 'unknown', 80)}"])


def _test(exercise: Exercise, task: TaskGrade, test: TestGrade, number: str) -> dict[str, Any]:
    most = task.most / len(task.tests)
    mistakes = test.mistakes[:20]
    output = [ending(test, exercise)]
    for mistake in mistakes:
        output += [line(mistake.message), line(mistake.hint)]
    return {
        "name": line(test.name, 200),
        "number": number,
        "score": round(most, 4) if test.passed else 0.0,
        "max_score": round(most, 4),
        "status": "passed" if test.passed else "failed",
        "output": "\n".join(filter(None, output)) or "passed",
        "output_format": "text",
        "tags": list(dict.fromkeys(line(mistake.code, 80) for mistake in mistakes)),
        "visibility": "visible",
        "extra_data": {
            "task": task.name,
            "status": test.status,
            "codes": list(dict.fromkeys(line(mistake.code, 80) for mistake in mistakes)),
            "mistakes": [_mistake(mistake) for mistake in mistakes],
        },
    }


def _mistake(mistake: Mistake) -> dict[str, str]:
    return {name: line(text) for name, text in vars(mistake).items()}
