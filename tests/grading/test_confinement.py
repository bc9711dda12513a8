"""Workers as the grader uses them: how submissions are loaded and asked, and what comes back when something ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

from chainrule.exercises.exercise import Limits
from chainrule.grading import Call
from chainrule.grading.confinement import Worker, confinement_level, process
from chainrule.grading.confinement.level import LEVELS, escapes
from chainrule.grading.confinement.process import TemplateGone, TemplateProcess

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="submissions run in forked processes")

SUPPORT = """
import numpy as np

class Base:
    scale = 2.0

def given_double(x):
    return 2 * x
"""


@pytest.fixture(scope="module")
def worker():
    with Worker(SUPPORT, Limits(seconds=60, megabytes=256, output=2000)) as worker:
        yield worker


def probe(expression, *arrays, name="probe"):
    """A call of ``expression`` with ``work`` and the arrays as ``x``, ``y``."""
    arguments = ", ".join(["work", "x", "y"][: 1 + len(arrays)])
    return Call(f"def {name}({arguments}):\n    return {{'out': {expression}}}", name, arrays)


def run(worker, files, expression, *arrays):
    files = {"work.py": files} if isinstance(files, str) else files
    return worker.run(files, [probe(expression, *arrays)])[0]


def value(worker, files, expression, *arrays):
    outcome = run(worker, files, expression, *arrays)
    assert ("answered", "", "") == (outcome.status, outcome.message, outcome.detail)
    return outcome.results["out"].tolist()


# -- loading ---------------------------------------------------------------------------------------------


def test_submission_maps_arrays_to_arrays(worker):
    assert [2.0, 4.0] == value(worker, "def f(x):\n    return 2 * x", "work.f(x)", np.array([1.0, 2.0]))


def test_what_the_exercise_gives_is_there_for_every_file_and_for_the_probe(worker):
    files = {
        "a.py": "class A(Base):\n    def f(self, x):\n        return self.scale * x",
        "b.py": "def g(x):\n    return given_double(np.asarray(x))",
    }

    assert 6.0 == value(worker, files, "work.A().f(x)", np.array(3.0))
    assert 6.0 == value(worker, files, "work.g(x)", np.array(3.0))
    assert 6.0 == value(worker, files, "work.given_double(x)", np.array(3.0))


@pytest.mark.parametrize(
    "line",
    [
        "from layers import f",
        "from .layers import f",
        "from . import layers; f = layers.f",
        "from course.layers import f",
        "from solutions.course.layers import f",
        "import course.layers; f = course.layers.f",
        "import solutions.course.layers as layers; f = layers.f",
        "from ..course.layers import f",
        "from layers import *",
    ],
)
def test_files_import_each_other_as_they_do_at_home(line, worker):
    files = {
        "solutions/course/model.py": f"{line}\ndef g(x):\n    return f(x) + 1",
        "solutions/course/layers.py": "def f(x):\n    return 2 * x",
    }

    assert 7.0 == value(worker, files, "work.g(x)", np.array(3.0))


def test_package_gives_what_its_init_file_imports(worker):
    files = {
        "use.py": "from course import f\ndef g(x):\n    return f(x)",
        "course/__init__.py": "from .layers import f",
        "course/layers.py": "from course import layers as me\ndef f(x):\n    return 2 * x",
    }

    assert 6.0 == value(worker, files, "work.g(x)", np.array(3.0))


def test_file_is_run_once_however_it_is_imported(worker):
    files = {
        "use.py": "import layers, course.layers\nfrom .course import layers as third\n"
        "def same():\n    return [layers is third, course.layers is third]",
        "course/layers.py": "print('run')",
    }

    assert [True, True] == value(worker, files, "work.same()")
    assert "run\n" == worker.output


def test_files_that_import_each_other_in_a_circle_load(worker):
    files = {
        "a.py": "import b\ndef f(x):\n    return b.g(x)",
        "b.py": "import a\ndef g(x):\n    return 2 * x\ndef h(x):\n    return a.f(x)",
    }

    assert 6.0 == value(worker, files, "work.h(x)", np.array(3.0))


def test_names_of_one_file_do_not_replace_those_of_another(worker):
    files = {
        "a.py": "def helper():\n    return 1.0\ndef f():\n    return helper()",
        "b.py": "def helper():\n    return 2.0\ndef g():\n    return helper()",
    }

    assert [1.0, 2.0, 2.0] == value(worker, files, "[work.f(), work.g(), work.helper()]")


def test_own_class_of_a_given_name_counts(worker):
    files = {"a.py": "class Base:\n    scale = 5.0", "b.py": "def f():\n    return Base.scale"}

    assert [5.0, 2.0] == value(worker, files, "[work.Base.scale, work.f()]")


def test_module_that_is_not_there_can_be_imported_but_not_used(worker):
    text = (
        "import matplotlib.pyplot as plt\nfrom torch import nn\nfrom course.layers import given_double as double\n"
        "plt.rcParams['figure.figsize'] = (1, 1)\n"
        "class Net(nn.Module):\n    pass\n"
        "def f(x):\n    return double(x)\n"
        "def g(x):\n    plt.plot(x)"
    )

    outcome = run(worker, text, "work.g(x)", np.array(3.0))

    assert 6.0 == value(worker, text, "work.f(x)", np.array(3.0))
    assert "crashed" == outcome.status
    assert (
        "ImportError: matplotlib.pyplot.plot is not there where submissions are graded (work.py, line 10: plt.plot(x))"
        == outcome.message
    )


def test_work_that_is_prepared_for_an_absent_module_learns_that_it_is_absent(worker):
    text = "try:\n    import cupy as xp\nexcept ImportError:\n    import numpy as xp\n"

    assert 3.0 == value(worker, text, "np.sum(work.xp.ones(3))")


def test_a_worker_that_was_left_starts_nothing_more():
    with Worker(SUPPORT, Limits(seconds=5)) as worker:
        pass
    (outcome,) = worker.run({"work.py": ""}, [probe("1.0")])

    assert ("grader error", "this worker has been closed") == (outcome.status, outcome.detail)


def test_missing_optional_module_is_missing_for_libraries(worker):
    with Worker("import json\ndef has():\n    return 1.0", Limits()) as other:
        assert 1.0 == value(other, "", "work.has()")
    assert "crashed" == run(worker, "import importlib\nm = importlib.util.find_spec", "work.m('torch').x").status


def test_one_broken_file_does_not_stop_the_others(worker):
    files = {"a.py": "def f(:", "b.py": "1 / 0", "c.py": "def g():\n    return 1.0"}

    assert 1.0 == value(worker, files, "work.g()")


def test_name_that_a_broken_file_would_have_defined_tells_of_the_file(worker):
    outcome = run(worker, {"a.py": "import numpy\n1 / 0\ndef f():\n    return 1.0"}, "work.f()")

    assert ("crashed", "ZeroDivisionError: division by zero (a.py, line 2: 1 / 0)") == (outcome.status, outcome.message)


def test_names_with_spaces_and_other_alphabets_are_loaded(worker):
    files = {"Übung 5/Lösung (1).ipynb": "def f():\n    return 1.0", "数据.py": "def g():\n    return 2.0"}

    assert [1.0, 2.0] == value(worker, files, "[work.f(), work.g()]")


def test_nothing_of_chainrule_or_of_what_is_installed_is_loaded(worker):
    text = "import sys\ndef f():\n    return sorted({name.split('.')[0] for name in sys.modules})"

    run(worker, f"{text}\nprint(*f())", "1.0")
    loaded = set(worker.output.split())
    others = {name for name in loaded - set(sys.stdlib_module_names) if not re.match("_?cython|_sysconfigdata", name)}

    assert {"numpy", "__main__"} == others


def test_environment_and_arguments_tell_nothing(worker):
    run(worker, "import os, sys\nprint(*sorted(os.environ), sys.path, os.getcwd())", "1.0")

    assert {"HOME", "USER"}.isdisjoint(worker.output.split())
    assert worker.output.rstrip().endswith("PYTHONHASHSEED VECLIB_MAXIMUM_THREADS [] /")


# -- asking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("", "not implemented", "the work defines no f"),
        ("def f():\n    raise NotImplementedError", "not implemented", "NotImplementedError (work.py, line 2: raise"),
        ("def f():\n    return {}['a']", "crashed", "KeyError: 'a' (work.py, line 2: return {}['a'])"),
        ("def f():\n    return np.ones(2) @ np.ones(3)", "crashed", "ValueError: matmul: Input operand 1 has a"),
        ("def f(x):\n    return x", "crashed", "TypeError: f() missing 1 required positional argument: 'x'"),
        ("def f():\n    raise KeyboardInterrupt", "crashed", "KeyboardInterrupt (work.py, line 2: raise"),
        ("def f():\n    raise SystemExit(0)", "crashed", "SystemExit: 0 (work.py, line 2: raise SystemExit(0))"),
        ("def f():\n    raise MemoryError", "memory", "MemoryError (work.py, line 2: raise MemoryError)"),
        ("def f():\n    return input()", "crashed", "EOFError: EOF when reading a line (work.py, line 2:"),
        ("def f():\n    return None", "crashed", "out is a NoneType; expected an array of numbers"),
        ("def f():\n    return 'a'", "crashed", "out is a str; expected an array of numbers"),
        ("def f():\n    return np.array(1j)", "crashed", "out is an array of complex128; expected an array of numbers"),
        ("def f():\n    return [[1], [1, 2]]", "crashed", "out is no array: setting an array element with a sequence."),
        ("def f():\n    return np.ma.ones(2)", "crashed", "out is a masked array; expected a plain one"),
        ("def f():\n    return np.ones(5 << 20)", "memory", "MemoryError: the results take more than"),
    ],
)
def test_what_was_wrong_is_said_with_the_line(text, status, message, worker):
    outcome = run(worker, text, "work.f()")

    assert status == outcome.status
    assert outcome.message.startswith(message)
    assert {} == outcome.results


def test_messages_are_cut_and_may_be_hostile(worker):
    long = run(worker, "def f():\n    raise ValueError('x' * 10**6)", "work.f()")
    hostile = run(
        worker, "class E(Exception):\n    def __str__(self):\n        1 / 0\ndef f():\n    raise E", "work.f()"
    )

    assert len(long.message) < 700
    assert "E: its message cannot be read (work.py, line 5: raise E)" == hostile.message


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        ("1.5", "<f8"),
        ("[1, 2]", "<i8"),
        ("True", "|b1"),
        ("np.float32(1)", "<f4"),
        ("np.ones(2, np.int32)", "<i4"),
        ("np.ones(2, np.float16)", "<f8"),
        ("np.ones(2, np.uint8)", "<i8"),
        ("np.ones(2, '>f8')", "<f8"),
        ("np.matrix([[1.0, 2.0]])", "<f8"),
        ("np.arange(6.0).reshape(2, 3).T", "<f8"),
        ("np.zeros((0, 3))", "<f8"),
    ],
)
def test_results_become_plain_arrays(expression, dtype, worker):
    expected = np.array(eval(expression))  # the expressions above

    result = run(worker, "", expression).results["out"]

    assert (np.ndarray, dtype, expected.shape) == (type(result), result.dtype.str, result.shape)
    assert expected.tolist() == result.tolist()


def test_every_call_gets_arrays_of_its_own(worker):
    x = np.array([1.0])
    call = Call("def probe(work, x):\n    x += 1\n    return {'out': x}", "probe", (x,))

    assert [[2.0]] * 3 == [one.results["out"].tolist() for one in worker.run({}, [call] * 3)]
    assert [1.0] == x.tolist()


def test_random_numbers_are_the_same_in_every_call_and_every_process(worker):
    text = "import random\ndef f():\n    return [np.random.rand(), random.random()]"
    first, second = worker.run({"a.py": text}, [probe("work.f()"), probe("work.f()")])
    (third,) = worker.run({"a.py": text}, [probe("work.f()")])

    assert first.results["out"].tolist() == second.results["out"].tolist() == third.results["out"].tolist()


def test_sets_of_strings_have_the_same_order_in_every_template():
    text = "def f():\n    return [ord(sign) for sign in set('abcdefghijklmnop')]"
    with Worker("", Limits()) as one, Worker("", Limits()) as other:
        assert value(one, text, "work.f()") == value(other, text, "work.f()")


def test_output_of_both_streams_is_kept_and_cut(worker):
    run(
        worker,
        "import os, sys\nprint('a')\nprint('b', file=sys.stderr)\nos.write(2, b'\\xff')\nprint('\\ud800')",
        "1.0",
    )

    assert "a\nb\n\ufffd\\ud800\n" == worker.output

    run(worker, "print('x' * 5000)", "1.0")

    assert "x" * 2000 + "\n[cut off after 2000 bytes]" == worker.output

    run(worker, "", "1.0")

    assert "" == worker.output


def test_no_calls_give_no_outcomes(worker):
    assert [] == worker.run({"a.py": "while True: pass"}, [])


# -- ending ----------------------------------------------------------------------------------------------

ENDING = {"timeout": "while True: pass", "crashed": "import os; os._exit(1)", "forbidden": "import os; os.fork()"}


@pytest.mark.parametrize("status", ENDING)
def test_call_that_ends_the_process_costs_its_own_probe_alone(status):
    files = {"a.py": f"def bad():\n    {ENDING[status]}\ndef good():\n    return 1.0"}
    calls = [probe("work.good()", name=f"good{number}") for number in range(3)]
    bad = probe("work.bad()", name="bad")
    with Worker("", Limits(seconds=2)) as worker:
        outcomes = worker.run(files, [bad, calls[0], bad, bad, calls[1], calls[2], bad])

    assert [status, "answered", status, status, "answered", "answered", status] == [one.status for one in outcomes]
    assert outcomes[2].detail.endswith("not run again after an earlier case of the test")


def test_what_ends_the_process_while_loading_is_tried_once():
    with Worker("", Limits()) as worker:
        outcomes = worker.run({"a.py": "print('loading')\nimport os\nos._exit(3)"}, [probe("1.0")] * 5)

    assert ["crashed"] * 5 == [one.status for one in outcomes]
    assert "exit status 3" == outcomes[4].detail
    assert "loading\n" == worker.output


def test_processes_of_one_submission_are_counted(worker):
    calls = [probe("work.f()", name=f"probe{number}") for number in range(20)]

    outcomes = worker.run({"a.py": "print('loaded')\nimport os\ndef f():\n    os._exit(0)"}, calls)

    assert ["crashed"] * 20 == [one.status for one in outcomes]
    assert 8 == worker.output.count("loaded")
    assert "not run: 8 processes of this submission had ended" == outcomes[-1].detail


def test_all_loops_together_cost_the_time_limit_and_no_more():
    calls = [probe("work.f()", name=f"probe{number}") for number in range(20)]
    with Worker("", Limits(seconds=0.5)) as worker:
        outcomes = worker.run({"a.py": "def f():\n    while True: pass"}, calls)

    assert {"timeout"} == {one.status for one in outcomes[:2]}
    assert {"timeout", "crashed"} >= {one.status for one in outcomes}


@pytest.mark.parametrize("when", ["between", "twice"])
def test_template_that_is_gone_is_replaced(when):
    with Worker("", Limits()) as worker:
        assert 1.0 == value(worker, "", "1.0")
        for count in range(1 if when == "between" else 2):
            os.kill(worker.template.pid, signal.SIGKILL)

            assert 2.0 == value(worker, "", "2.0")
            assert count + 1 == worker.restarts


def test_template_that_never_lasts_is_an_error_of_the_grader(monkeypatch):
    def gone(*_):
        raise TemplateGone("it has closed its wire")

    with Worker("", Limits()) as worker:
        monkeypatch.setattr(TemplateProcess, "fork", gone)
        outcomes = worker.run({}, [probe("1.0")] * 2)

    assert [("grader error", "the template process ended: it has closed its wire")] * 2 == [
        (one.status, one.detail) for one in outcomes
    ]


def test_error_of_the_grader_between_question_and_answer_leaves_no_process(monkeypatch):
    with Worker("", Limits()) as worker:
        pid = worker.template.pid
        with pytest.raises(TypeError, match="cannot be sent"):
            worker.run({}, [probe("1.0", np.array(["a"]))])

        assert not Path(f"/proc/{pid}/stat").exists()
        assert 1.0 == value(worker, "", "1.0")


def test_support_that_is_no_python_is_told_at_the_start():
    with pytest.raises(RuntimeError, match="the template process does not start: SyntaxError"), Worker("1 +", Limits()):
        pass


def test_support_that_fails_is_an_error_of_the_grader():
    with Worker("1 / 0", Limits()) as worker:
        outcome = run(worker, "", "1.0")

    assert ("grader error", "nothing was run: ZeroDivisionError: division by zero") == (outcome.status, outcome.detail)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_child_dies_with_its_template():
    template = TemplateProcess("", Limits())
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as printed:
        with theirs:
            template.fork(theirs.fileno(), printed.fileno())
        ours.settimeout(60)
        assert ours.recv(1000).endswith(b'{"ready": true}')

        os.kill(template.pid, signal.SIGKILL)

        assert b"" == ours.recv(1000)
    template.close()


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")
def test_descriptors_and_processes_are_given_back():
    with Worker("", Limits()) as worker:
        run(worker, "", "1.0")
        before = len(os.listdir("/proc/self/fd"))
        for text in ["", "import os; os._exit(0)", "import os; os.fork()", "import os; os.close(3)"] * 3:
            run(worker, text, "1.0")

        assert before == len(os.listdir("/proc/self/fd"))


def test_workers_run_beside_each_other_in_threads():
    found = {}

    def grade(number):
        with Worker("", Limits()) as worker:
            found[number] = [value(worker, f"def f():\n    return {number}.0", "work.f()") for _ in range(5)]

    threads = [threading.Thread(target=grade, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {number: [float(number)] * 5 for number in range(3)} == found


# -- the level -------------------------------------------------------------------------------------------

WITHOUT = {
    "rlimits only": "import platform\nplatform.machine = lambda: 'a machine of tomorrow'\n",
    "seccomp only": "from chainrule.grading.confinement.inside.kernel import Kernel\n"
    "Kernel._create_ruleset = lambda self: setattr(self, 'landlock', 0) or -1\n",
}


def test_level_is_one_of_those_that_reports_know():
    assert confinement_level() in LEVELS


@pytest.mark.skipif(confinement_level() != "landlock+seccomp", reason="this kernel has no Landlock or no seccomp")
@pytest.mark.parametrize(("level", "succeeding"), [("rlimits only", 7), ("seccomp only", 0)])
def test_level_falls_where_the_kernel_lacks_something_and_escapes_are_noticed(level, succeeding, monkeypatch):
    monkeypatch.setattr(process, "_BOOTSTRAP", process._BOOTSTRAP.replace("main(int", WITHOUT[level] + "main(int"))
    with Worker("", Limits()) as worker:
        assert level == worker.level
        assert succeeding == len(escapes(worker))
    assert level == confinement_level()


def test_system_without_fork_is_refused_in_words(monkeypatch):
    monkeypatch.delattr(os, "fork")

    assert "none" == confinement_level()
    with pytest.raises(OSError, match=f"which {sys.platform} does not have; grade on Linux"), Worker("", Limits()):
        pass


def test_system_without_limits_and_fork_can_still_import_the_package():
    script = (
        "import os, sys\n"
        "del os.fork\n"
        "sys.modules['resource'] = sys.modules['fcntl'] = None\n"
        "from chainrule.grading.confinement import confinement_level\n"
        "print(confinement_level())"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "none\n" == said.stdout
