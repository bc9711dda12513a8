"""What holds for every exercise of ours; what is right in each, its own tests say."""

import subprocess
import sys

import numpy as np
import pytest
from solved_sources import array_tests_of, cases_of, findings, names_from_outside, source_of, work_of

STEMS = ("i2dl_4", "i2dl_5", "tum_ml_9", "edf_1")
SOURCES = {stem: source_of(stem) for stem in STEMS}
TESTS = {
    f"{stem} {name}": (SOURCES[stem], test) for stem in STEMS for name, test in array_tests_of(SOURCES[stem]).items()
}

every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=STEMS)
every_test = pytest.mark.parametrize(("source", "test"), TESTS.values(), ids=TESTS)


@every_source
def test_the_points_make_a_hundred(source):
    assert (source.path.stem.replace("_", "-"), 100) == (source.exercise.name, source.exercise.points)


@every_test
def test_a_probe_needs_numpy_and_its_own_names_only(source, test):
    text = source.probe_text(test.probe)

    assert names_from_outside(text) <= {"np"}
    alone = work_of(f"import math\nimport numpy as np\n{text}")
    for arrays in cases_of(test):
        given = vars(alone)[test.probe.__name__](source.solved, *arrays)
        assert all(np.isfinite(np.asarray(one)).all() for one in given.values())


@every_test
def test_the_cases_differ_and_the_solution_passes(source, test):
    cases = [tuple((one.shape, one.tobytes()) for one in arrays) for arrays in cases_of(test)]

    assert test.cases == len(set(cases))
    assert () == findings(source, test.name, source.solved)


@every_source
def test_what_is_given_runs_where_there_is_only_numpy(source):
    blocked = "import sys\nfor name in ('sklearn', 'matplotlib', 'scipy', 'chainrule'): sys.modules[name] = None\n"
    code = f"{blocked}exec({source.support_text!r}, {{'__name__': 'given'}})"

    assert 0 == subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode


@every_source
def test_the_source_runs_without_warnings(source, tmp_path):
    cells = [cell.solution for cell in source.texts("given", "task", "teacher")]
    path = tmp_path / "all.py"
    path.write_text("\n\n".join(["__name__ = 'all'", *cells]), encoding="utf-8")

    assert 0 == subprocess.run([sys.executable, "-W", "error", path], check=False).returncode
