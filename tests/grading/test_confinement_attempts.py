"""Hostile submissions: each is tried, scores nothing, learns nothing, harms nothing; and the next one is graded right.

A file of `attempts` begins with the statuses that it may end with and what it tries. The submission's function is
asked for ``x @ w + b``. ``@SECRET@`` is a file with the key, ``@FOLDER@`` where it lies, ``@PLANTED@`` a path that must
not come to exist, ``@PORT@`` one that the test listens on by TCP and UDP, ``@GRADER@`` the test's own process.
"""

import contextlib
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from chainrule.exercises.exercise import Limits
from chainrule.grading import Call
from chainrule.grading.confinement import Worker, confinement_level

KEY = "6b-the-answer-key-93"
ATTEMPTS = sorted((Path(__file__).parent / "attempts").glob("*.txt"))
PROBE = """
def probe(work, x, w, b):
    out, _ = work.affine_forward(x, w, b)
    return {"out": out}
"""
RIGHT = {"layers.py": "def affine_forward(x, w, b):\n    return x @ w + b, (x, w)\n"}
ARRAYS = (np.arange(15.0).reshape(5, 3), np.arange(6.0).reshape(3, 2), np.array([10.0, 20.0]))
EXPECTED = np.array([[20.0, 33.0], [38.0, 60.0], [56.0, 87.0], [74.0, 114.0], [92.0, 141.0]])  # by hand
CALLS = [Call(PROBE, "probe", ARRAYS), Call(PROBE + "\n", "probe", ARRAYS)]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or confinement_level() != "landlock+seccomp",
    reason="this kernel has no Landlock or no seccomp, so hostile submissions could do harm",
)


@dataclass
class Ground:
    """What an attempt could harm, or learn."""

    folder: Path
    tcp: socket.socket
    udp: socket.socket

    def text(self, attempt):
        """The attempt, aimed at this ground."""
        places = {
            "SECRET": self.folder / "key",
            "FOLDER": self.folder,
            "PLANTED": self.folder / "planted",
            "PORT": self.tcp.getsockname()[1],
            "GRADER": os.getpid(),
        }
        return re.sub("@([A-Z]+)@", lambda found: str(places[found[1]]), attempt)

    def state(self):
        """Everything about the folder that an attempt could change."""
        key = self.folder / "key"
        about = key.stat()
        return (
            sorted(os.listdir(self.folder)),
            key.read_text(),
            about.st_mode,
            about.st_uid,
            about.st_nlink,
            about.st_mtime_ns,
            os.listxattr(key),
        )

    def heard(self):
        """Whether anything arrived by the network."""
        heard = []
        for listen in (self.tcp.accept, lambda: self.udp.recvfrom(99)):
            with contextlib.suppress(BlockingIOError):
                heard.append(listen())
        return heard


@pytest.fixture
def ground(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        tcp.setblocking(False)
        udp.setblocking(False)
        (tmp_path / "key").write_text(KEY)
        (tmp_path / "key").chmod(0o644)
        yield Ground(tmp_path, tcp, udp)


@pytest.fixture(scope="module")
def patient():
    """For all attempts but those that take their time."""
    with Worker("import numpy as np", Limits(seconds=60, megabytes=96, output=1 << 16)) as worker:
        yield worker


@pytest.fixture(scope="module")
def hasty():
    with Worker("import numpy as np", Limits(seconds=0.6, megabytes=96, output=1 << 16)) as worker:
        yield worker


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize("path", ATTEMPTS, ids=lambda path: path.stem)
def test_attempt_scores_learns_and_harms_nothing(path, ground, patient, hasty):
    text = path.read_text()
    expected, _ = re.match(r"# ([a-z |]+): (.*)", text).groups()
    worker = hasty if expected == "timeout" else patient
    template, before = worker.template.pid, ground.state()

    outcomes = worker.run({"layers.py": ground.text(text)}, CALLS)

    told = worker.output + "".join(f"{one.message}{one.detail}{one.results}" for one in outcomes)
    assert len(outcomes) == len(CALLS)
    assert {one.status for one in outcomes} <= {*expected.split("|"), "timeout" if worker is hasty else ""}
    assert not any(np.array_equal(EXPECTED, one.results.get("out")) for one in outcomes)
    assert KEY not in told
    assert len(worker.output) < (1 << 16) + 100
    assert before == ground.state()
    assert [] == ground.heard()
    assert [] == children(template)
    assert (template, 0) == (worker.template.pid, worker.restarts)
    right = patient.run(RIGHT, CALLS)
    assert ["answered", "answered"] == [one.status for one in right]
    np.testing.assert_array_equal(EXPECTED, right[0].results["out"])


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        ("connect", "socket"),
        ("fork_bomb", "clone"),
        ("replace_the_process", "execve"),
        ("shell", "os.system"),
        ("chmod", "chmod"),
        ("kill_the_grader", "kill"),
        ("trace_the_grader", "ptrace"),
        ("read_the_graders_memory_by_call", "process_vm_readv"),
        ("io_uring", "io_uring_setup"),
        ("plant_a_file", "openat"),
        ("limit_the_grader", "prlimit64"),
        ("machine_code", "mmap"),
    ],
)
def test_what_was_refused_is_named_with_the_line_of_the_submission(attempt, named, ground, patient):
    text = (Path(__file__).parent / "attempts" / f"{attempt}.txt").read_text()

    outcome, *_ = patient.run({"layers.py": ground.text(text)}, CALLS)

    assert "forbidden" == outcome.status
    assert named in outcome.detail
    assert "layers.py, line " in outcome.message


def test_only_the_channel_and_the_output_are_open_even_where_the_grader_has_many_files_open(patient):
    text = (Path(__file__).parent / "attempts" / "inherited_descriptors.txt").read_text()
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(300)]
    try:
        with Worker("", Limits()) as worker:
            worker.run({"layers.py": text}, CALLS[:1])

            assert "descriptors [0, 1, 2, 3]\n" == worker.output
    finally:
        for descriptor in opened:
            os.close(descriptor)


def test_arrays_found_by_walking_frames_are_only_its_own_inputs(patient):
    text = (Path(__file__).parent / "attempts" / "walk_frames_and_gc.txt").read_text()

    patient.run({"layers.py": text}, CALLS[:1])

    assert "found 0\n" == patient.output
