"""Grades made by hand and at random, for the tests of the reports."""

import dataclasses
import itertools
import random

from chainrule.exercises.exercise import Exercise, Task, Test
from chainrule.grading.result import Grade, Mistake, TaskGrade, TestGrade

TASKS = {
    "affine": (
        "An affine layer",
        40.0,
        ("AffineForwardTest", "AffineBackwardTest", "AffineTwiceTest", "AffineSizesTest"),
    ),
    "relu": ("ReLU", 20.0, ("ReLUForwardTest", "ReLUBackwardTest")),
    "loss": ("Cross-entropy from logits", 25.0, ("CrossEntropyForwardTest", "CrossEntropyBackwardTest")),
    "network": ("A network of two layers", 15.0, ("NetworkGradientTest",)),
}
MESSAGES = {
    "FACTOR_ONE_OVER_N": (
        "dw is only 1/N = 1/5 of what it should be.",
        "Leave out the division by N: a mean that should be a sum, or a second 1/N.",
    ),
    "MEAN_IN_TWO_PLACES": (
        "dW1, dW2 are 1/N of what they should be (here N = 5): the mean over the batch is taken in two places.",
        "Divide by N once: the loss is a mean and pays its own 1/N, so layers and solver sum.",
    ),
    "TRANSPOSED": (
        "dw comes out transposed: (7, 3) instead of (3, 7).",
        "Swap the two factors of the product, or take .T of the result.",
    ),
    "BIAS_NOT_SUMMED": (
        "db has one row for each sample: (5, 7) instead of (7,). All samples share the array, so sum their gradients.",
        "Sum over the batch, axis 0.",
    ),
    "SECOND_CALL_DIFFERS": (
        "Calling backward twice gives different answers: the cache is another one after the first call.",
        "Compute every gradient anew, and leave what forward keeps as it is.",
    ),
    "D_OUT_CHANGED": (
        "backward writes into dout. The caller may still need it: x + relu(x) gets a wrong gradient.",
        "Make a new array, or write into a copy.",
    ),
    "UPSTREAM_IGNORED": (
        "dx does not change when dout changes: the incoming gradient is ignored.",
        "Chain rule: multiply the local slope by dout.",
    ),
    "SOFTMAX_AXIS": (
        "forward takes the softmax over all entries; each row is one sample, so it is taken over the last axis.",
        "Write axis=1 and keepdims=True.",
    ),
    "NOT_FINITE": (
        "forward is nan for logits of 800.",
        "Subtract the largest logit of each row before the exponential.",
    ),
    "LABEL_NOT_SUBTRACTED": (
        "d_logits is the probabilities alone; the labels are not subtracted.",
        "The gradient is probabilities minus labels.",
    ),
    "LOOKS_NUMERIC": (
        "dx agrees only to 3e-09: this looks like a numeric derivative. Derive it on paper.",
        "One output entry first; then collect what each input entry adds to it.",
    ),
    "NOT_IMPLEMENTED": (
        "NetworkGradient is not implemented yet. Replace the stub by your own lines; nothing else is wrong so far.",
        "",
    ),
    "FORBIDDEN": (
        "Your code was stopped, as it tried what a submission may not do: files, processes, the network.",
        "Compute the results from the arguments alone.",
    ),
    "TIMEOUT": (
        "Your code needs more than the 10 s that there are for all tests together.",
        "Is there a loop that does not end, or one over single entries?",
    ),
    "RAISED": (
        "affine_backward raises ValueError: shapes (5,7) and (3,7) not aligned.",
        "Run the line by hand with arrays of these shapes: (5, 7), (3, 7).",
    ),
}
WARNINGS = ("D_OUT_CHANGED",)


def exercise():
    """An exercise like the affine sheet's: 100 points, nine tests."""
    tasks = tuple(
        Task(name, most, tuple(Test(test, lambda work: {}, lambda rng, number: ()) for test in tests), title)
        for name, (title, most, tests) in TASKS.items()
    )
    return Exercise("tum-9", "Backpropagation, layer by layer", tasks)


def mistake(code):
    """A mistake as a learner reads it."""
    message, hint = MESSAGES[code]
    return Mistake(code, message, hint, "warning" if code in WARNINGS else "error")


def grade(name, wrong=None, status=None, **fields):
    """A grade. ``wrong`` has codes by test, ``status`` how a test ended otherwise; a warning alone costs nothing."""
    wrong, status = wrong or {}, status or {}
    tasks = []
    for task, (title, most, names) in TASKS.items():
        tests = tuple(_test(test, wrong.get(test, ()), status.get(test, "answered")) for test in names)
        reached = most * sum(test.passed for test in tests) / len(tests)
        tasks.append(TaskGrade(task, title, reached, most, tests))
    fields = {
        "digest": f"{abs(sum(map(ord, name))):064x}",
        "confinement": "landlock+seccomp",
        "seconds": 0.25,
        **fields,
    }
    return Grade(name, exercise="tum-9", version="1", tasks=tuple(tasks), **fields)


def _test(name, codes, status):
    mistakes = tuple(mistake(code) for code in codes)
    passed = status == "answered" and all(one.severity == "warning" for one in mistakes)
    return TestGrade(name, passed, status, mistakes)


def class_of_sixty():
    """Sixty submissions with mistakes as they are made: some go together, most are alone."""
    draw = random.Random(6)
    first = "Ada Ben Chen Dana Emre Fatima Goran Hana Ivo Jana Kofi Lena Mateo Nadia Omar Priya Quinn Rosa Sven Tariq"
    last = "Abel Brandt Costa Dimitrov Eriksen Fischer Grünwald Haddad Ivanova Janssen Kaya Lindqvist Müller Novák"
    names = itertools.cycle(zip(itertools.cycle(last.split()), first.split(), strict=False))
    grades = []
    for number in range(60):
        family, own = next(names)
        name = f"{family}_{own}_{own.lower()}{number:02d}_{4000 + 7 * number}"
        wrong, status, problems, flags = {}, {}, (), ()
        weak = draw.random()
        if weak > 0.55:  # divides by N in the layer, so the network has the mean twice
            wrong["AffineBackwardTest"] = ["FACTOR_ONE_OVER_N"]
            wrong["AffineSizesTest"] = ["FACTOR_ONE_OVER_N"]
            if draw.random() < 0.8:
                wrong["NetworkGradientTest"] = ["MEAN_IN_TWO_PLACES"]
        elif weak > 0.42:
            wrong["AffineBackwardTest"] = ["TRANSPOSED", "BIAS_NOT_SUMMED"][: draw.choice([1, 2, 2])]
            wrong["AffineSizesTest"] = ["RAISED"] if draw.random() < 0.5 else ["TRANSPOSED"]
            status |= {"AffineSizesTest": "crashed"} if wrong["AffineSizesTest"] == ["RAISED"] else {}
        if draw.random() < 0.3:
            wrong["ReLUBackwardTest"] = ["D_OUT_CHANGED"]
            if draw.random() < 0.4:
                wrong["AffineTwiceTest"] = ["SECOND_CALL_DIFFERS"]
        elif draw.random() < 0.15:
            wrong["ReLUBackwardTest"] = ["UPSTREAM_IGNORED"]
        if draw.random() < 0.35:
            wrong["CrossEntropyForwardTest"] = draw.choice([["NOT_FINITE"], ["NOT_FINITE"], ["SOFTMAX_AXIS"]])
            if draw.random() < 0.6:
                wrong["CrossEntropyBackwardTest"] = [
                    "SOFTMAX_AXIS" if "SOFTMAX_AXIS" in wrong["CrossEntropyForwardTest"] else "LABEL_NOT_SUBTRACTED"
                ]
        if "NetworkGradientTest" not in wrong and draw.random() < 0.2:
            wrong["NetworkGradientTest"], status["NetworkGradientTest"] = ["NOT_IMPLEMENTED"], "not implemented"
        if number in (7, 31, 48):
            wrong["ReLUBackwardTest"] = ["LOOKS_NUMERIC"]
        if number in (12, 40):
            twin = {12: "Abel_Ada_ada40_4280", 40: "Müller_Mateo_mateo12_4084"}[number]
            flags = (f"identical up to names and comments with {twin}",)
        if number == 22:
            status = {test: "forbidden" for _, _, tests in TASKS.values() for test in tests}
            flags, wrong = (
                ("tried what is not allowed: openat of /etc/passwd",),
                {test: ["FORBIDDEN"] for test in status},
            )
        if number == 23:
            wrong["NetworkGradientTest"], status["NetworkGradientTest"] = ["TIMEOUT"], "timeout"
        if number in (5, 33, 34):
            problems = ("exercise.ipynb, cell 7 does not parse: line 3: '(' was never closed.",)
        if number == 50:
            status, wrong = {test: "not implemented" for _, _, tests in TASKS.values() for test in tests}, {}
        fields = {"grader_error": "MemoryError in the grader: no answer key"} if number == 55 else {}
        grades.append(grade(name, wrong, status, problems=problems, flags=flags, **fields))
    return grades


def class_at_random(number, seed=0):
    """Any codes at any test, hostile names among them."""
    draw = random.Random(seed)
    names = ["{0}", "=cmd()+{0}", "../x{0}", "<script>alert({0})</script>", "\x1b[2J{0}", "名前{0}", "n" * 300 + "{0}"]
    tests = [test for _, _, tests in TASKS.values() for test in tests]
    grades = []
    for place in range(number):
        wrong = {test: [draw.choice(list(MESSAGES))] for test in tests if draw.random() < 0.3}
        made = grade(
            draw.choice(names).format(place), wrong, flags=("identical up to names",) if draw.random() < 0.2 else ()
        )
        failed = {"grader_error": "ours"} if draw.random() < 0.02 else {}
        grades.append(dataclasses.replace(made, **failed))
    return grades
