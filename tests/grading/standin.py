"""A worker without confinement, for tests of what stands around it: a plain process that runs what the tests wrote.

It has the interface of the confined one, and is never shipped.
"""

import atexit
import base64
import json
import os
import subprocess
import sys

import numpy as np

from chainrule.grading import Outcome

PROGRAM = """
import base64, contextlib, io, json, sys, types
import numpy as np

def array(one):
    return np.frombuffer(base64.b64decode(one[2]), one[0]).reshape(one[1]).copy()

for line in sys.stdin:
    asked = json.loads(line)
    printed, answers = io.StringIO(), []
    with contextlib.redirect_stdout(printed):
        given = {}
        exec(asked["support"], given)
        work = types.ModuleType("work")
        vars(work).update(given)
        for name, text in asked["files"].items():
            own = dict(given)
            try:
                exec(compile(text, name, "exec"), own)
            except Exception as error:
                pass
            vars(work).update(own)
        for call in asked["calls"]:
            try:
                names = {"np": np}
                exec(call["probe"], names)
                results = names[call["function"]](work, *map(array, call["arrays"]))
                plain = {}
                for key, value in results.items():
                    value = np.asarray(value)
                    plain[key] = [value.dtype.str, value.shape, base64.b64encode(value.tobytes()).decode()]
                answers.append(["answered", plain, ""])
            except (NotImplementedError, AttributeError):
                answers.append(["not implemented", {}, ""])
            except Exception as error:
                answers.append(["crashed", {}, f"{type(error).__name__}: {error}, line 3"])
    print(json.dumps([answers, printed.getvalue()]), flush=True)
"""


# Processes that no worker uses now: starting one takes as long as forty submissions.
IDLE = []
OURS = os.getpid()


def _end(process):
    process.kill()
    process.communicate()


class Worker:
    """One plain process."""

    def __init__(self, support, limits):
        self.support = support
        self.output = ""

    def __enter__(self):
        self.process = IDLE.pop() if IDLE and os.getpid() == OURS else None
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            atexit.register(_end, self.process)
        return self

    def __exit__(self, *_):
        if os.getpid() == OURS:
            IDLE.append(self.process)

    def run(self, files, calls):
        fields = [
            {"probe": one.probe, "function": one.function, "arrays": list(map(_packed, one.arrays))} for one in calls
        ]
        self.process.stdin.write(json.dumps({"support": self.support, "files": dict(files), "calls": fields}) + "\n")
        self.process.stdin.flush()
        answers, self.output = json.loads(self.process.stdout.readline())
        return [
            Outcome(status, {name: _unpacked(one) for name, one in results.items()}, message)
            for status, results, message in answers
        ]


def _packed(array):
    return [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]


def _unpacked(one):
    return np.frombuffer(base64.b64decode(one[2]), one[0]).reshape(one[1])
