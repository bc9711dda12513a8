"""A whole class: executors, resuming, what happens when something breaks or somebody presses Ctrl-C."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import standin
from layers_class import NUMERIC, RAISING, RIGHT, STUBS, TIMES_N, TRANSPOSED, layers_source

from chainrule.exercises.source import Source
from chainrule.grading import chunks
from chainrule.grading.chunks import Job, decoded, encoded, grade_chunk
from chainrule.grading.executors import executor_named, processors
from chainrule.grading.grading import is_sound
from chainrule.grading.running import grade_all, grade_submissions
from chainrule.grading.secret import secret_from
from chainrule.grading.submission import Submission

SECRET = b"0123456789abcdef"
KINDS = (RIGHT, TRANSPOSED, TIMES_N, NUMERIC, STUBS, RAISING, "def f(:\n", "import torch")
COUNT = 2 * len(KINDS)


@pytest.fixture
def source(tmp_path):
    return layers_source(tmp_path)


@pytest.fixture
def handed_in(tmp_path):
    """A class of 16, of which each has written something else."""
    folder = tmp_path / "handed-in"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"s{number:02}.py").write_text(f"{KINDS[number % len(KINDS)]}\nnumber = {number}\n")
    return folder


@pytest.fixture
def graded(source, handed_in, tmp_path):
    def grade(out="out", **options):
        return grade_all(
            source, handed_in, tmp_path / out, secret=SECRET, **{"make_worker": standin.Worker, "workers": 2, **options}
        )

    return grade


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Recording(standin.Worker):
    """Counts the submissions that are run."""

    ran = 0

    def run(self, files, calls):
        type(self).ran += 1
        return super().run(files, calls)


@pytest.fixture
def counted():
    Recording.ran = 0
    return Recording


# -- a class ---------------------------------------------------------------------------------------------------


def test_everybody_has_a_grade_in_the_class_s_order(graded):
    grades = graded()

    assert [f"s{number:02}" for number in range(COUNT)] == [grade.submission for grade in grades]
    assert [10, 5, 5, 10, 0, 5, 0, 0] == [grade.tasks[0].points for grade in grades[: len(KINDS)]]
    assert all(map(is_sound, grades))


def test_the_results_are_a_line_for_each_with_flags_and_problems(graded, tmp_path):
    grades = graded()
    told = lines(tmp_path / "out" / "results.jsonl")

    assert [grade.submission for grade in grades] == [line["submission"] for line in told]
    assert ["uses torch, which the exercise forbids (s07.py, line 1)"] == told[7]["flags"]
    assert "numeric differences?" in told[3]["flags"][0]
    assert "does not parse" in told[6]["problems"][0]


def test_a_regrade_gives_the_same_bytes(graded, tmp_path):
    graded()
    first = (tmp_path / "out" / "results.jsonl").read_bytes()
    graded(regrade=True)

    assert first == (tmp_path / "out" / "results.jsonl").read_bytes()


@pytest.mark.parametrize("workers", [1, 5])
def test_the_number_of_workers_changes_nothing(graded, tmp_path, workers):
    graded()
    graded(f"out{workers}", workers=workers)

    assert (tmp_path / "out" / "results.jsonl").read_bytes() == (
        (tmp_path / f"out{workers}" / "results.jsonl").read_bytes()
    )


def test_times_are_not_kept_as_they_differ(graded):
    assert {0.0} == {grade.seconds for grade in graded()}


def test_progress_is_told_for_each(graded):
    told = []
    graded(progress=lambda done, total, grade: told.append((done, total)))

    assert [(number, COUNT) for number in range(COUNT + 1)] == told


def test_the_same_work_handed_in_twice_is_run_once(source, tmp_path, counted):
    submissions = [Submission(name, {"a.py": RIGHT}) for name in ("ann", "bob", "cho")]
    grades = grade_submissions(source, submissions, tmp_path / "out", secret=SECRET, make_worker=counted)

    assert (["ann", "bob", "cho"], 1) == ([grade.submission for grade in grades], counted.ran)


def test_results_may_not_go_where_submissions_are(source, handed_in):
    for out in (handed_in, handed_in / "out"):
        with pytest.raises(ValueError, match="would be a submission itself"):
            grade_all(source, handed_in, out, secret=SECRET)


# -- going on ---------------------------------------------------------------------------------------------------


class Stop(Exception):
    pass


def stop_after(count):
    def progress(done, total, grade):
        if done == count:
            raise Stop

    return progress


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(graded, tmp_path, counted):
    graded("whole")
    with pytest.raises(Stop):
        graded(progress=stop_after(10))

    assert 10 == len(lines(tmp_path / "out" / "results.jsonl"))

    graded(make_worker=counted)

    assert COUNT - 10 == counted.ran
    assert (tmp_path / "whole" / "results.jsonl").read_bytes() == (tmp_path / "out" / "results.jsonl").read_bytes()


def test_after_a_whole_run_nothing_is_run_again(graded, counted):
    first = graded()

    assert (first, 0) == (graded(make_worker=counted), counted.ran)


@pytest.mark.parametrize("torn", [1, 20, 300])
def test_a_last_line_that_is_torn_is_graded_again(graded, tmp_path, counted, torn):
    graded()
    path = tmp_path / "out" / "results.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-torn])
    graded(make_worker=counted)

    assert (whole, 1 if torn > 1 else 0) == (path.read_bytes(), counted.ran)


@pytest.mark.parametrize(
    "line", [b"", b"null", b"{}", b"\xff", b"[1]", b'{"own_flags": [], "source": ""}', b"{" * 9000]
)
def test_strange_lines_are_left_out(graded, tmp_path, line):
    graded()
    path = tmp_path / "out" / "results.jsonl"
    whole = path.read_bytes()
    path.write_bytes(line + b"\n" + whole)
    graded()

    assert whole == path.read_bytes()


def test_what_was_changed_since_is_graded_again(graded, handed_in, counted):
    graded()
    (handed_in / "s01.py").write_text(RIGHT)
    (handed_in / "s02.py").rename(handed_in / "t02.py")  # by another name it is another file
    grades = graded(make_worker=counted)

    assert (14, 2) == (grades[1].points, counted.ran)


def test_a_changed_exercise_is_graded_again(graded, source, handed_in, tmp_path, counted):
    graded()
    path = tmp_path / "changed.py"
    path.write_text(source.path.read_text().replace('"affine",\n            10,', '"affine",\n            20,'))
    from chainrule.exercises.source import read_source

    grades = grade_all(read_source(path), handed_in, tmp_path / "out", secret=SECRET, make_worker=counted)

    assert (24, COUNT) == (grades[0].points, counted.ran)


def test_names_problems_and_flags_are_those_of_now(source, tmp_path):
    def grade(*submissions):
        return grade_submissions(
            source, submissions, tmp_path / "out", secret=SECRET, make_worker=standin.Worker, workers=1
        )

    grade(Submission("ann", {"a.py": NUMERIC}, ("it was late",), flags=("seen",)))
    (again,) = grade(Submission("bob", {"a.py": NUMERIC}, ("it was early",)))

    assert ("bob", ("it was early",), 1) == (again.submission, again.problems, len(again.flags))
    assert "numeric" in again.flags[0]


class Failing(standin.Worker):
    """A worker that breaks at every submission."""

    started = 0

    def __enter__(self):
        type(self).started += 1
        return super().__enter__()

    def run(self, files, calls):
        raise OSError("broken pipe")


def test_what_the_grader_failed_at_is_tried_twice_and_again_in_the_next_run(graded, tmp_path):
    Failing.started = 0
    grades = graded(make_worker=Failing, workers=1)

    assert all("broken pipe" in grade.grader_error for grade in grades if grade.submission != "s06")
    assert Failing.started > COUNT

    assert all(map(is_sound, graded()))


class NeverStarting(standin.Worker):
    """A worker that cannot be started."""

    def __enter__(self):
        raise OSError("no fork here")


def test_workers_that_do_not_start_are_the_grader_s_fault(graded):
    assert all("no fork here" in grade.grader_error for grade in graded(make_worker=NeverStarting))


class Breaking(standin.Worker):
    """A worker whose process is gone after a certain submission."""

    def run(self, files, calls):
        if "number = 3\n" in "".join(files.values()) and not getattr(type(self), "gone", False):
            type(self).gone = True
            self.process.kill()
        return super().run(files, calls)


def test_a_worker_that_is_gone_is_replaced(graded):
    Breaking.gone = False
    grades = graded(make_worker=Breaking, workers=1)

    assert Breaking.gone
    assert all(map(is_sound, grades))
    assert 14 == grades[3].points


# -- confinement -------------------------------------------------------------------------------------------------


def test_without_the_best_level_nothing_is_run_where_it_is_required(graded, tmp_path, counted):
    with pytest.raises(ValueError, match="Confinement reaches only 'none' here, and"):
        graded(make_worker=counted, require_confinement=True)

    assert (0, []) == (counted.ran, list((tmp_path / "out").iterdir()))


def test_a_process_that_reaches_less_than_was_required_runs_nothing(source):
    job = Job("run", Source(source.path, source.cells), SECRET, True, standin.Worker)
    (grade,) = decoded(grade_chunk(job, encoded([Submission("doe", {"a.py": RIGHT})])))
    chunks.close("run")

    assert "confinement is only none; it was not run" == grade.grader_error


# -- executors ---------------------------------------------------------------------------------------------------


def test_a_pool_of_processes_gives_the_same_bytes(graded, tmp_path):
    graded()
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as executor:
        graded("processes", executor=executor)

    assert (tmp_path / "out" / "results.jsonl").read_bytes() == (
        (tmp_path / "processes" / "results.jsonl").read_bytes()
    )


def test_work_is_handed_out_as_bytes_in_chunks(source, tmp_path):
    sent = []

    class Here(Executor):
        def submit(self, function, job, chunk):
            sent.append((job, chunk))
            done = Future()
            done.set_result(function(job, chunk))
            return done

    submissions = [Submission(f"s{number}", {"a.py": f"a = {number}"}) for number in range(100 * processors())]
    grades = grade_submissions(
        source, submissions, tmp_path / "out", secret=SECRET, make_worker=standin.Worker, executor=Here()
    )

    assert (len(submissions), 5 * processors()) == (len(grades), len(sent))
    assert all(isinstance(chunk, bytes) for _, chunk in sent)
    assert not any(word in repr(sent[0][0]) for word in (SECRET.decode(), "affine_forward"))


def test_an_executor_that_breaks_is_the_grader_s_fault(graded):
    class Broken(Executor):
        def submit(self, function, *arguments):
            done = Future()
            done.set_exception(RuntimeError("a machine went away"))
            return done

    grades = graded(executor=Broken())

    assert {"the executor failed: RuntimeError: a machine went away"} == {grade.grader_error for grade in grades}


def test_an_executor_is_made_by_name(monkeypatch, tmp_path):
    (tmp_path / "my_executors.py").write_text(
        "from concurrent.futures import ThreadPoolExecutor as Pool\ndef two():\n    return Pool(2)\nthree = dict\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with executor_named("my_executors:two") as executor:
        assert 5 == executor.submit(sum, [2, 3]).result()
    with pytest.raises(ValueError, match="gave dict; expected a concurrent"):
        executor_named("my_executors:three")


@pytest.mark.parametrize("name", ["", "x", ":", "no_module:f", "json:nothing", "chainrule.grading.executors:"])
def test_a_name_that_makes_no_executor_is_an_error(name):
    with pytest.raises(ValueError, match="--executor"):
        executor_named(name)


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_dask_on_this_machine_gives_the_same_bytes(graded, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    graded()
    with executor_named("chainrule.grading.executors:dask_local") as executor:
        graded("dask", executor=executor)

    assert (tmp_path / "out" / "results.jsonl").read_bytes() == (tmp_path / "dask" / "results.jsonl").read_bytes()


def test_a_scheduler_s_address_is_asked_for(monkeypatch):
    monkeypatch.delenv("CHAINRULE_DASK_SCHEDULER", raising=False)
    with pytest.raises(ValueError, match="CHAINRULE_DASK_SCHEDULER is not set"):
        executor_named("chainrule.grading.executors:dask_scheduler")


# -- stopping ----------------------------------------------------------------------------------------------------

PROGRAM = """
import sys, pathlib
sys.path.insert(0, {tests!r})
import layers_class, standin
from chainrule.grading.running import grade_all
place = pathlib.Path({place!r})

class Slow(standin.Worker):
    def run(self, files, calls):
        if "number = 9\\n" in "".join(files.values()):
            print("at nine", flush=True)
            sys.stdin.readline()
            raise OSError("never graded")
        return super().run(files, calls)

try:
    source = layers_class.layers_source(place)
    grade_all(source, place / "handed-in", place / "out", secret={secret!r}, workers=1, make_worker=Slow)
except KeyboardInterrupt:
    print("stopped")
"""


def running(tmp_path, handed_in):
    program = PROGRAM.format(tests=str(Path(__file__).parent), place=str(tmp_path), secret=SECRET)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    assert "at nine\n" == process.stdout.readline()
    return process


def test_ctrl_c_ends_cleanly_and_keeps_what_is_there(tmp_path, handed_in, graded):
    process = running(tmp_path, handed_in)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate("go on\n")

    assert ("stopped\n", "", 0) == (printed, errors, process.returncode)
    assert 9 == len(lines(tmp_path / "out" / "results.jsonl"))
    assert all(map(is_sound, graded()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no SIGKILL")
def test_a_run_that_was_killed_goes_on_to_the_same_bytes(tmp_path, handed_in, graded, counted):
    graded("whole")
    process = running(tmp_path, handed_in)
    process.kill()
    process.communicate()
    graded(make_worker=counted)

    assert COUNT - 9 == counted.ran
    assert (tmp_path / "whole" / "results.jsonl").read_bytes() == (tmp_path / "out" / "results.jsonl").read_bytes()
    assert ["results.jsonl"] == os.listdir(tmp_path / "out")


def test_two_runs_do_not_write_to_one_folder(tmp_path, handed_in, graded):
    process = running(tmp_path, handed_in)
    try:
        with pytest.raises(ValueError, match="Another run is writing to"):
            graded()
    finally:
        process.kill()
        process.communicate()


# -- the secret ---------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_is_its_owner_s_alone(tmp_path):
    first = secret_from(tmp_path / "secret")

    assert (64, first) == (len(first), secret_from(tmp_path / "secret"))
    assert 0o600 == (tmp_path / "secret").stat().st_mode & 0o777
    assert first != secret_from(tmp_path / "other")


def test_a_secret_that_is_too_short_is_an_error_that_does_not_tell_it(tmp_path):
    (tmp_path / "secret").write_text("abc\n")
    with pytest.raises(ValueError, match="holds 3 bytes; a secret has at least 16") as told:
        secret_from(tmp_path / "secret")

    assert "abc" not in str(told.value)
