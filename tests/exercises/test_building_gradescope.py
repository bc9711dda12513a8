"""The autograder's zip: what is in it, and its scripts run with stand-ins for Gradescope's machine."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile

import pytest

from building_source import AFFINE, SOLVED
from chainrule import __version__
from chainrule.exercises.building import autograder_zip
from chainrule.exercises.source import read_source

# What stands in for `chainrule grade`: it writes down its words, and leaves results as the real one does.
GRADER = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
submissions, out = pathlib.Path(words[1]), pathlib.Path(words[words.index("--out") + 1])
(submission,) = submissions.iterdir()
seen = sorted(path.relative_to(submission).as_posix() for path in submission.rglob("*"))
links = [path.name for path in submission.rglob("*") if path.is_symlink()]
pathlib.Path({notes!r}).write_text(json.dumps([words, seen, links]))
(out / "someone").mkdir(parents=True)
{then}
"""
SECRET = b"\0sixteen bytes or more"
GRADED = '(out / "someone" / "results.json").write_text(json.dumps({"score": 7.5, "tests": []}))'


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "any_name.py"
    path.write_text(AFFINE)
    return read_source(path)


def unpacked(content, folder):
    """As `unzip` does it, with permissions, which `ZipFile.extractall` leaves out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            place = folder / entry.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))
            place.chmod(stat.S_IMODE(entry.external_attr >> 16))
    return folder


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def root(source, tmp_path):
    root = tmp_path / "auto grader"
    unpacked(autograder_zip(source), root / "source")
    (root / "submission").mkdir()
    (root / "submission" / "work.py").write_text("def affine_forward(): ...")
    return root


def graded(root, then=GRADED, **more):
    notes = root.parent / "notes.json"
    command = script(root.parent / "stand-in", GRADER.format(python=sys.executable, notes=str(notes), then=then))
    environment = os.environ | {"AUTOGRADER_ROOT": str(root), "CHAINRULE": str(command), "PYTHON": sys.executable}
    done = subprocess.run(
        [root / "source" / "run_autograder"], env=environment | more, capture_output=True, text=True, check=False
    )
    results = json.loads((root / "results" / "results.json").read_text())
    return done, results, json.loads(notes.read_text()) if notes.exists() else None


def test_the_zip_has_the_scripts_the_source_and_what_to_install(source):
    with zipfile.ZipFile(io.BytesIO(autograder_zip(source))) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name) for name in names}

    assert ["my_affine.py", "requirements.txt", "run_autograder", "setup.sh"] == names
    assert AFFINE.encode() == texts["my_affine.py"]
    assert f"chainrule=={__version__}\n".encode() == texts["requirements.txt"]
    assert b"source/my_affine.py" in texts["run_autograder"]


def test_the_scripts_are_executable_and_nothing_else_is(source):
    with zipfile.ZipFile(io.BytesIO(autograder_zip(source))) as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}

    assert {
        "my_affine.py": "0o100644",
        "requirements.txt": "0o100644",
        "run_autograder": "0o100755",
        "setup.sh": "0o100755",
    } == modes


def test_the_same_source_gives_the_same_bytes(source):
    first = autograder_zip(source)

    assert first == autograder_zip(source)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {entry.date_time for entry in archive.infolist()}


def test_a_wheel_and_a_secret_go_with_it(source, tmp_path):
    wheel = tmp_path / "chainrule-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("chainrule/__init__.py", "")
    with zipfile.ZipFile(io.BytesIO(autograder_zip(source, wheel=wheel, secret=SECRET))) as archive:
        assert b"./chainrule-0.1.0-py3-none-any.whl\n" == archive.read("requirements.txt")
        assert wheel.read_bytes() == archive.read(wheel.name)
        assert SECRET == archive.read("secret")


def test_a_wheel_that_is_none_is_refused(source, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no wheel"):
        autograder_zip(source, wheel=tmp_path / "chainrule-1.whl")
    other = tmp_path / "chainrule-1.whl"
    other.write_bytes(b"no zip")
    with pytest.raises(ValueError, match="is no wheel of chainrule"):
        autograder_zip(source, wheel=other)


def test_a_secret_that_can_be_guessed_is_refused(source):
    with pytest.raises(ValueError, match="the secret has 4 bytes"):
        autograder_zip(source, secret=b"1234\n")


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_scripts_are_plain_sh(name, root):
    done = subprocess.run(["sh", "-n", root / "source" / name], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_run_autograder_grades_the_submission_as_a_class_of_one(root):
    done, results, (words, seen, _) = graded(root)

    assert (0, {"score": 7.5, "tests": []}) == (done.returncode, results)
    assert ["work.py"] == seen
    assert ["grade", "--exercise", str(root / "source" / "my_affine.py")] == [words[0], *words[2:4]]
    assert str(root / "secret") == words[words.index("--secret-file") + 1]


def test_run_autograder_leaves_nothing_but_the_results(root, tmp_path):
    (tmp_path / "tmp").mkdir()
    graded(root, TMPDIR=str(tmp_path / "tmp"))

    assert [] == os.listdir(tmp_path / "tmp")
    assert ["results.json"] == os.listdir(root / "results")


def test_links_of_a_submission_are_not_followed(root, tmp_path):
    (root / "submission" / "link.py").symlink_to(tmp_path / "any_name.py")
    _, _, (_, seen, links) = graded(root)

    assert (["link.py", "work.py"], ["link.py"]) == (seen, links)


CRASHES = {
    "no results": "",
    "an exception": 'raise RuntimeError("no")',
    "half a result": '(out / "someone" / "results.json").write_text(\'{"score": 7\')',
    "an empty result": '(out / "someone" / "results.json").write_text("")',
    "killed": "import os; os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("then", CRASHES.values(), ids=CRASHES)
def test_after_a_crash_there_are_results_without_a_score(then, root):
    done, results, _ = graded(root, then)

    assert 1 == done.returncode
    assert {"score", "tests"}.isdisjoint(results)
    assert results["output"].startswith("This submission could not be graded, which is not your fault.")
    assert ("hidden", {"graded": False}) == (results["stdout_visibility"], results["extra_data"])


def test_results_of_the_submission_before_do_not_stay(root):
    graded(root)
    _, results, _ = graded(root, "")

    assert "score" not in results


def test_without_chainrule_there_are_results_too(root):
    done, results, _ = graded(root, CHAINRULE=str(root / "gone"))

    assert (1, {"graded": False}) == (done.returncode, results["extra_data"])


def test_the_results_of_a_grader_that_found_itself_unsound_are_kept(root):
    then = '(out / "someone" / "results.json").write_text(json.dumps({"extra_data": {"graded": False}}))\nsys.exit(3)'
    done, results, _ = graded(root, then)

    assert (0, {"extra_data": {"graded": False}}) == (done.returncode, results)


REAL = """#!{python}
import typer
from chainrule.grading.options import grade

app = typer.Typer()
app.command("grade")(grade)
app.callback()(lambda: None)
app()
"""


@pytest.mark.parametrize(("dw", "points"), [("x.T @ dout", 15.0), ("dout.T @ x", 5.0)])
def test_the_real_grader_scores_there_as_here(dw, points, root):
    command = script(root.parent / "real", REAL.format(python=sys.executable))
    (root / "submission" / "work.py").write_text(SOLVED.replace("x.T @ dout", dw))
    (root / "secret").write_bytes(SECRET)
    done, results, _ = graded(root, CHAINRULE=str(command), OMP_NUM_THREADS="1")

    assert (0, points) == (done.returncode, results["score"]), done.stdout + done.stderr
    assert ["AffineTest", "AnswerTest", "DoubleTest"] == [test["name"] for test in results["tests"]]


# -- setup.sh ------------------------------------------------------------------------------------------------

PYTHON = """#!/bin/sh
echo "$0 $*" >> "{log}"
case "$1 $2" in
"-c "*) exit {too_old} ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
esac
"""


def set_up(root, tmp_path, pythons):
    """Run setup.sh where only these Pythons are found; gives what was called."""
    log = tmp_path / "log"
    tools = tmp_path / "tools"
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        script(tools / name, PYTHON.format(log=log, too_old=int(name not in pythons)))
    offered = PYTHON.format(log=log, too_old=0)
    script(tools / "apt-get", f"#!/bin/sh\necho apt-get $* >> '{log}'\n[ $1 = update ] && exit 0\n"
           f"cat > '{tools}/python3.11' <<'END'\n{offered}END\n")  # fmt: skip
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "AUTOGRADER_ROOT": str(root)}
    done = subprocess.run([root / "source" / "setup.sh"], env=environment, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    return [line.rpartition("/")[2] for line in log.read_text().splitlines() if " -c " not in line]


def test_setup_installs_the_requirement_with_a_python_that_is_new_enough(root, tmp_path):
    called = set_up(root, tmp_path, ["python3.12", "python3"])

    assert ["environment", "python -m pip install --no-cache-dir --requirement requirements.txt"] == called


def test_setup_gets_a_python_where_there_is_none_that_is_new_enough(root, tmp_path):
    called = set_up(root, tmp_path, [])

    assert "apt-get install -y --no-install-recommends python3.11 python3.11-venv" in called
    assert "python -m pip install --no-cache-dir --requirement requirements.txt" == called[-1]


def test_setup_draws_a_secret_once_that_only_its_owner_reads(root, tmp_path):
    set_up(root, tmp_path, ["python3"])
    first = (root / "secret").read_bytes()
    set_up(root, tmp_path, ["python3"])

    assert (64, first) == (len(first), (root / "secret").read_bytes())
    assert 0o600 == stat.S_IMODE((root / "secret").stat().st_mode)


def test_setup_takes_the_secret_that_came_with_it(root, tmp_path):
    (root / "source" / "secret").write_bytes(b"the teacher's")
    set_up(root, tmp_path, ["python3"])

    assert b"the teacher's" == (root / "secret").read_bytes()
