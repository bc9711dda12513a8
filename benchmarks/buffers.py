"""Does it pay to plan a step's memory: to update in place, to keep buffers, to share their bytes, to go by blocks?

All of these steps give the same bits. What is asked for is done by `compile`; what is marked "tried" is not, since it
gains nothing here.
"""

from __future__ import annotations

import itertools
import re

import numpy as np

from benchmarks.measure import Row, medians, timed

ROUNDS = 21
BLOCK_ROWS = 64  # of a weight matrix that are updated at once: 256 KB


class Steps:
    """A workload's step in several forms, each with parameters of its own."""

    def __init__(self, sizes, batch, dtype, repeats):
        from chainrule.learning import SGD, Affine, ReLU, Sequential
        from chainrule.learning.training_step import TrainingStep
        from chainrule.ops import softmax_cross_entropy

        layers = [layer for pair in itertools.pairwise(sizes) for layer in (Affine(*pair), ReLU())][:-1]
        self.model, self.repeats = Sequential(layers, dtype=dtype), repeats
        self.training = TrainingStep(self.model, softmax_cross_entropy, SGD(learning_rate=1e-3), "numpy", None)
        rng = np.random.default_rng(0)
        self.x = rng.random((batch, sizes[0])).astype(dtype)
        self.y = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], batch)]

    def source(self, donated=(0, 1), large=None):
        from chainrule.compiling import compile, reuse

        usual = reuse.LARGE
        reuse.LARGE = usual if large is None else large
        try:
            compiled = compile(self.training.training_step, donate_argnums=donated)
            return compiled.step(dict(self.model.parameters), {}, 1e-3, self.x, self.y).source
        finally:
            reuse.LARGE = usual

    def run(self, source, text=None, references=()):
        """A function that takes some steps with this text, and the seconds of one."""
        from chainrule.compiling import numpy_engine
        from chainrule.compiling.source import Source

        changed = Source(source.name, text or source.text, {**source.references, **dict(references)}, source.names)
        step = numpy_engine.load(changed)
        state = [array.copy() for array in self.model.parameters.values()]

        def steps():
            for _ in range(self.repeats):
                _, *state[:] = step(*state, 1e-3, self.x, self.y)

        steps()
        return lambda: timed(steps) / self.repeats


def rows() -> list[Row]:
    return [
        *_planned("64-32-10, batch 32", Steps((64, 32, 10), 32, np.float64, 200)),
        *_planned("64-32-10, batch 1347", Steps((64, 32, 10), 1347, np.float64, 20)),
        *_planned("784-128-10, batch 128", Steps((784, 128, 10), 128, np.float32, 20)),
        *_tried("784-1024-1024-10, batch 256", Steps((784, 1024, 1024, 10), 256, np.float32, 1)),
    ]


def _planned(name, steps):
    found = medians(
        ROUNDS,
        planned=steps.run(steps.source()),
        fresh=steps.run(steps.source(donated=())),
        all=steps.run(steps.source(large=4096)),
    )
    return [
        _row(f"{name}: a step with planned memory / with fresh arrays", found, "planned", "fresh", "<= 1"),
        _row("  buffers from 4 KB on / from 64 KB on", found, "all", "planned", "-"),
    ]


def _tried(name, steps):
    source = steps.source()
    early = _updated_early(source.text)
    shared = {"buffer7": _same_bytes(source.references, "buffer6", "buffer7")}
    found = medians(
        ROUNDS,
        planned=steps.run(source),
        fresh=steps.run(steps.source(donated=())),
        early=steps.run(source, early),
        shared=steps.run(source, early, shared),
        blocks=steps.run(source, _in_blocks(early), shared),
    )
    return [
        _row(f"{name}: a step with planned memory / with fresh arrays", found, "planned", "fresh", "<= 1"),
        _row("  tried: each weight updated once its gradient is there / at the end", found, "early", "planned", "-"),
        _row("  tried: and the two gradients in the same bytes", found, "shared", "planned", "-"),
        _row(f"  tried: and the updates in blocks of {BLOCK_ROWS} rows", found, "blocks", "planned", "-"),
    ]


UPDATE = r"    d_w{0} \*= learning_rate\n    w{0} -= d_w{0}\n"


def _updated_early(text):
    """The lines ``d_w *= learning_rate`` and ``w -= d_w`` after the line that makes ``d_w``."""
    for number in (1, 2):
        (update,) = re.findall(UPDATE.format(number), text)
        text = text.replace(update, "")
        text = re.sub(rf"(    d_w{number} = .*\n)", lambda line, update=update: line[0] + update, text)
    return text


def _in_blocks(text):
    for number in (1, 2):
        blocks = (
            f"    for row in range(0, len(w{number}), {BLOCK_ROWS}):\n"
            f"        block = d_w{number}[row:row + {BLOCK_ROWS}]\n"
            f"        block *= learning_rate\n"
            f"        w{number}[row:row + {BLOCK_ROWS}] -= block\n"
        )
        text = re.sub(UPDATE.format(number), blocks, text)
    return text


def _same_bytes(references, owner, guest):
    """The guest's array in the owner's memory."""
    shape = references[guest].shape
    return references[owner].reshape(-1)[: references[guest].size].reshape(shape)


def _row(question, found, ours, other, asked):
    ratio = found[ours] / found[other]
    measured = f"{ratio:.3f} ({found[ours] * 1e6:.0f} us / {found[other] * 1e6:.0f} us)"
    return Row(question, asked, measured, None if asked == "-" else ratio <= 1)
