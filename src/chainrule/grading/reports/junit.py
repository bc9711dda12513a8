"""JUnit XML, which GitHub and GitLab classrooms read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from chainrule.exercises.exercise import Exercise
from chainrule.grading.reports.wording import ending, is_graded, line, points
from chainrule.grading.result import Grade, TaskGrade, TestGrade

__all__ = ["junit_xml"]

_FAILURES = ("answered", "not implemented")  # the rest are errors


def junit_xml(exercise: Exercise, grade: Grade) -> str:
    """The text of ``junit.xml``: a suite for each task.

    Wrong results are failures; what broke, or was stopped, is an error. Where the grader failed, the one test
    ``grading`` has an error. Times are left out, so that a second grading gives
    the same file.
    """
    root = ET.Element("testsuites", name=line(grade.submission, 200))
    if is_graded(grade):
        for task in grade.tasks:
            _add_task(root, exercise, grade, task)
    else:
        suite = ET.SubElement(root, "testsuite", name="grader", tests="1", failures="0", errors="1", skipped="0")
        case = ET.SubElement(suite, "testcase", classname="grader", name="grading")
        ET.SubElement(case, "error", message="could not be graded: the grader failed", type="grader error")
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_task(root: ET.Element, exercise: Exercise, grade: Grade, task: TaskGrade) -> None:
    failed = [test for test in task.tests if not test.passed]
    failures = sum(test.status in _FAILURES for test in failed)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=task.name,
        tests=str(len(task.tests)),
        failures=str(failures),
        errors=str(len(failed) - failures),
        skipped="0",
    )
    properties = {
        "exercise": f"{grade.exercise} {grade.version}",
        "points": points(task.points),
        "most": points(task.most),
        "confinement": grade.confinement or "unknown",
    }
    listed = ET.SubElement(suite, "properties")
    for name, value in properties.items():
        ET.SubElement(listed, "property", name=name, value=line(value, 200))
    for test in task.tests:
        case = ET.SubElement(suite, "testcase", classname=f"{grade.exercise}.{task.name}", name=line(test.name, 200))
        if not test.passed:
            _add_failure(case, exercise, test)


def _add_failure(case: ET.Element, exercise: Exercise, test: TestGrade) -> None:
    mistakes = test.mistakes[:20]
    sentences = [*filter(None, [ending(test, exercise)]), *(line(mistake.message) for mistake in mistakes)]
    codes = " ".join(dict.fromkeys(line(mistake.code, 80) for mistake in mistakes))
    kind = "failure" if test.status in _FAILURES else "error"
    failure = ET.SubElement(case, kind, message=next(iter(sentences), "failed"), type=codes or test.status)
    lines = [ending(test, exercise)]
    for mistake in mistakes:
        lines += [
            f"{line(mistake.code, 80)}: {line(mistake.message)}",
            f"  {line(mistake.hint)}" if mistake.hint else "",
        ]
    failure.text = "\n".join(filter(None, lines))
