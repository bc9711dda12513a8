"""What the tests of the printers share: explained examples, and pdflatex where it is present."""

import shutil
import subprocess

import numpy as np
import pytest

from chainrule import explain
from chainrule.explaining.record import Edge, Message, Node, Record, Step

INSTALL = "apt-get install texlive-latex-base texlive-latex-recommended texlive-pictures"
needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason=f"pdflatex is not here: {INSTALL}")


def expression_a():
    return explain("A = exp(a)/sqrt(b)*log(a+b)", a=1, b=2).record


def expression_b():
    return explain("B = sqrt(a+b+c^2) + log(a+b+c^2) + (a+b+c^2)/(b*c^2)", a=1, b=2, c=3).record


def expression_c():
    terms = " + ".join(f"(w0 + w1*x{i} - y{i})^2" for i in (1, 2, 3))
    return explain(f"C = {terms}", w0=1, w1=2, x1=1, x2=2, x3=3, y1=2, y2=4, y3=8).record


def arrays():
    """A linear layer's mean squared error with weight decay: array rules, and ``w`` gets three messages."""

    def loss(x, w, b):
        logits = x @ w + b
        return np.mean(logits**2) + np.sum(w * w)

    x = np.linspace(-1, 1, 15).reshape(5, 3)
    return explain(loss, x, np.ones((3, 2)), np.zeros(2)).record


def product_of(first, second, name="A", subject="product"):
    """The product of two inputs with the given names at 2 and 3, a constant besides; without checks."""
    nodes = [
        Node(0, first, "input", "", first, (), 2.0, 3.0),
        Node(1, second, "input", "", second, (), 3.0, 2.0),
        Node(2, "k", "constant", "", "k", (), np.ones(9), None),
        Node(3, name, "operation", "multiply", f"{first} * {second}", (0, 1, 2), 6.0, 1.0),
    ]
    messages = [
        Message(Edge(0, 3, 0), second, 1.0, 3.0, 3.0),
        Message(Edge(1, 3, 1), first, 1.0, 2.0, 2.0),
    ]
    steps = [Step(1, "forward", 3), Step(2, "seed", 3), Step(3, "message", 0, 0), Step(4, "message", 1, 1)]
    return Record(name, subject, nodes, messages, steps, [], 3)


def without_gradients():
    """What `np.floor` gives depends on nothing in a way that has a derivative."""
    nodes = [
        Node(0, "a", "input", "", "a", (), 2.5, None),
        Node(1, "A", "operation", "floor", "floor(a)", (0,), 2.0, None),
    ]
    return Record("A", "floor(a)", nodes, [], [Step(1, "forward", 1)], [], 1)


def only_an_input():
    """The result is the input itself."""
    return Record("a", "a", [Node(0, "a", "input", "", "a", (), 2.0, 1.0)], [], [], [], 0)


def compiled(source, folder):
    """What pdflatex says about a document that it can set.

    Raises:
        AssertionError: it cannot.
    """
    (folder / "document.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout
