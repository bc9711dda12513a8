"""What holds for the package as a whole: who may import whom, what is loaded when, and what is documented."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import chainrule
import chainrule.ops
from chainrule import Op

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "chainrule"
FILES = sorted(SOURCE.rglob("*.py"))
# An exercise is one file by design, and holds what learners write: no part of the package imports it.
SHEETS = SOURCE / "exercises" / "sources"
MODULES = ["chainrule", *(found.name for found in pkgutil.walk_packages(chainrule.__path__, "chainrule."))]

# From the ground up. A layer may import itself and what stands before it, with these exceptions.
LAYERS = (
    ("op", "shapes", "files"),
    ("ops",),
    ("tracing", "measuring"),
    ("compiling",),
    ("learning", "data", "showing"),
    ("courses", "explaining", "runs"),
    ("reproducing", "checking"),
    ("exercises",),
    ("grading",),
    ("commands",),
    ("cli",),
)
NEVER = {"compiling": {"ops"}}
ONLY_THROUGH = {"tracing": {"ops": {"ops.rules", "ops.scatter", "ops.drawing"}}}

# Loaded with the module, and not in the functions that use them.
LOADED = {"numpy"}
COMMANDS = ("bench", "check", "data", "errors", "explain", "reproduce", "training")
LOADED_BY = {
    name: {"typer"}
    for name in (
        "cli",
        "runs.options",
        "exercises.command",
        "grading.options",
        *(f"commands.{command}" for command in COMMANDS),
    )
}
HEAVY = (
    "sklearn",
    "scipy",
    "matplotlib",
    "pandas",
    "typer",
    "click",
    "rich",
    "jinja2",
    "safetensors",
    "joblib",
    "pooch",
)

MOST_LINES = 400


# -- the checks ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """A module that another one imports, and whether that happens as soon as it is itself imported."""

    module: str
    at_once: bool


def imports(text):
    """Every import of a module's text; those for type checkers alone happen never, so not at once."""
    return list(_imports(ast.parse(text), at_once=True))


def _imports(node, at_once):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(name, at_once) for name in _imported_from(child))
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_type_checking(child)
            yield from _imports(child, at_once and not later)


def _imported_from(node):
    """``from chainrule import ops`` imports `chainrule.ops`, ``from chainrule import Op`` imports `chainrule.op`."""
    if node.level:
        return ["." * node.level + (node.module or "")]
    if node.module != "chainrule":
        return [node.module]
    return [f"chainrule.{alias.name}" for alias in node.names if not alias.name.startswith("__")]


def _is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def module_name(path):
    """``"tracing.trace"`` for a file of the package."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def layer_of(module):
    """``"tracing"`` for ``"tracing.trace"``; names that the package itself gives count for their home."""
    first = module.split(".")[0]
    home = getattr(getattr(chainrule, first, None), "__module__", "").split(".")[1:2]
    known = {name for layer in LAYERS for name in layer}
    return first if first in known else home[0] if home else first


def wrong_imports(module, text):
    """The imports of a module's text that go down the page, or past a door."""
    own = layer_of(module)
    wrong = []
    for found in imports(text):
        if found.module.startswith("."):
            wrong.append(found.module)
        if found.module.startswith("chainrule."):
            name = found.module.removeprefix("chainrule.")
            if not _is_allowed(own, layer_of(name), name):
                wrong.append(found.module)
    return wrong


def _is_allowed(own, other, name):
    if own == other:
        return True
    ranks = {layer: rank for rank, layers in enumerate(LAYERS) for layer in layers}
    doors = ONLY_THROUGH.get(own, {}).get(other)
    if own not in ranks or other not in ranks or other in NEVER.get(own, ()):
        return False
    beside = ranks[own] == ranks[other] and own in LAYERS[0]  # op uses shapes
    return (beside or ranks[other] < ranks[own]) and (doors is None or name in doors)


def heavy_imports(module, text):
    """The third-party packages that are loaded as soon as the module is."""
    allowed = LOADED | LOADED_BY.get(module, set()) | {"chainrule"} | set(sys.stdlib_module_names)
    roots = {found.module.split(".")[0] for found in imports(text) if found.at_once}
    return sorted(root for root in roots if root and root not in allowed)


def loaded_by(statement):
    """The top-level names in ``sys.modules`` after the statement, in a process of its own."""
    program = f"{statement}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def undocumented(module):
    """Names that a module's ``__all__`` promises and that are missing or have no docstring of their own."""
    problems = [] if inspect.getdoc(module) else [f"{module.__name__} has no docstring"]
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name, None)
        if value is None:
            problems.append(f"{module.__name__}.{name} is missing")
        elif (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__:
            problems.append(f"{module.__name__}.{name} has no docstring")
        elif inspect.isclass(value) and value.__doc__.startswith(f"{value.__name__}("):
            problems.append(f"{module.__name__}.{name} has only the docstring that dataclass writes")
    return problems


def undocumented_halves(op):
    """What an op's docstrings leave out: a summary of each half, and the shape of each array that goes in."""
    halves = {"forward": op.forward, "backward": op.backward}
    problems = [f"{op.name}: {half} has no docstring" for half, function in halves.items() if not function.__doc__]
    text = inspect.getdoc(op.forward) or ""
    return problems + [f"{op.name}: no shape of {name}" for name in _arrays(op) if not _states_shape(text, name)]


def _arrays(op):
    parameters = inspect.signature(op.forward).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]


def _states_shape(text, name):
    """Whether a line ``name: ...``, or its continuation, speaks of a shape or of what else the argument is."""
    entry = re.search(rf"^\s*(?:\w+, )*\*?{name}(?:, \*?\w+)*: (.*(?:\n\s{{8,}}.*)*)", text, re.MULTILINE)
    return bool(entry and re.search(r"\bshapes?\b|\bindex\b", entry[1]))


def too_long(text):
    """Whether a file is more than one can keep in mind."""
    return len(text.splitlines()) > MOST_LINES


def machine_paths(text):
    """Absolute paths of somebody's machine."""
    return re.findall(r"(?<![\w.])/(?:home|Users|work|root|tmp|mnt|opt)/[\w./-]+", text)


def missing_from_picture(page, names):
    """The files that the page's picture leaves out; ``names`` are relative to the package's folder."""
    drawn, folders = set(), []
    for line in page.splitlines():
        entry = re.match(r"((?:  )+)([\w.]+/|[\w.]+\.py)  ", line + "  ")
        if entry:
            folders = [*folders[: len(entry[1]) // 2 - 1], entry[2]]
            if not entry[2].endswith("/"):
                drawn.add("".join(folders))
    return sorted(set(names) - drawn), sorted(drawn - set(names))


# -- the package passes them -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_go_one_way(path):
    if path != SOURCE / "__init__.py":
        assert [] == wrong_imports(module_name(path), path.read_text())


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_numpy_is_loaded_with_a_module(path):
    assert [] == heavy_imports(module_name(path), path.read_text())


def test_importing_the_package_loads_nothing_heavier_than_numpy():
    new = loaded_by("import chainrule") - loaded_by("import numpy")

    assert {"chainrule"} == {name for name in new if name not in sys.stdlib_module_names and name.isidentifier()}


def test_importing_learning_and_data_loads_nothing_heavier_than_numpy():
    assert set() == loaded_by("import chainrule.learning, chainrule.data, chainrule.courses, chainrule.runs") & set(
        HEAVY
    )


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_there_and_documented(name):
    assert [] == undocumented(importlib.import_module(name))


@pytest.mark.parametrize("name", ["chainrule", *sorted({name for name in MODULES if name.count(".") == 1})])
def test_packages_say_what_is_public(name):
    module = importlib.import_module(name)

    assert not hasattr(module, "__path__") or module.__all__


@pytest.mark.parametrize("name", chainrule.ops.__all__)
def test_op_documents_both_halves_and_the_shapes(name):
    assert [] == undocumented_halves(getattr(chainrule.ops, name))


@pytest.mark.parametrize("path", [path for path in FILES if SHEETS not in path.parents], ids=module_name)
def test_file_is_not_too_long(path):
    assert not too_long(path.read_text())


@pytest.mark.parametrize("folder", ["src", "tests", "docs", "examples", "benchmarks", "tools"])
def test_no_file_names_a_place_on_somebodys_machine(folder):
    texts = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".html", ".sh", ".toml")]
    found = {str(path): machine_paths(path.read_text()) for path in texts if path != Path(__file__)}

    assert {} == {path: paths for path, paths in found.items() if paths}


def test_architecture_page_names_every_file_and_no_other():
    page = (ROOT / "docs" / "architecture.md").read_text()
    names = [path.relative_to(SOURCE).as_posix() for path in FILES]

    assert ([], []) == missing_from_picture(page, names)


# -- and they fail where they should -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("op", "from chainrule.ops import add"),
        ("ops.linear", "from chainrule.tracing.program import Program"),
        ("ops.linear", "def f():\n    import chainrule.learning"),
        ("tracing.trace", "from chainrule.ops.linear import affine"),
        ("tracing.trace", "import chainrule.ops"),
        ("compiling.source", "from chainrule.ops.rules import RULES"),
        ("compiling.source", "from chainrule import ops"),
        ("compiling.source", "from chainrule.learning import Solver"),
        ("learning.solver", "from chainrule.runs import Run"),
        ("learning.solver", "from chainrule.data import digits"),
        ("learning.solver", "import chainrule.cli"),
        ("data.table", "from chainrule.learning import metrics"),
        ("runs.folder", "from chainrule.cli import app"),
        ("runs.folder", "from .settings import DataSettings"),
        ("runs.folder", "from chainrule.commands import training"),
        ("commands.training", "from chainrule.cli import app"),
        ("unheard_of", "from chainrule.op import Op"),
    ],
)
def test_an_import_that_goes_down_is_found(module, line):
    assert wrong_imports(module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("op", "from chainrule.shapes import explain_shapes"),
        ("ops.linear", "from chainrule.ops.elementwise import unbroadcast"),
        ("tracing.numpy_calls", "from chainrule.ops.rules import RULES"),
        ("learning.layers", "from chainrule import Op"),
        ("runs.folder", "from chainrule.data import Preparation"),
        ("cli", "from chainrule import __version__"),
    ],
)
def test_an_import_that_goes_up_is_allowed(module, line):
    assert [] == wrong_imports(module, line)


def test_a_heavy_import_is_found_unless_it_waits_in_a_function():
    text = "import sklearn.metrics\nfrom rich import print\n"
    text += "def f():\n    import scipy\nif TYPE_CHECKING:\n    import pandas"

    assert ["rich", "sklearn"] == heavy_imports("learning.metrics", text)
    assert ["matplotlib"] == heavy_imports("runs.plots", "class A:\n    import matplotlib")
    assert [] == heavy_imports("cli", "import typer\nimport numpy as np\nimport os.path")


def test_what_a_statement_loads_is_seen():
    assert "json" in loaded_by("import json")
    assert "sklearn" not in loaded_by("import numpy")


def test_missing_names_and_docstrings_are_found():
    module = type(sys)("module")
    module.f = lambda: None
    module.__all__ = ["f", "g"]

    assert ["module has no docstring", "module.f has no docstring", "module.g is missing"] == undocumented(module)


def test_op_without_docstrings_or_shapes_is_found():
    def scale_forward(x, *factors, power=1):
        """Scale.

        x: inputs, shape (N,).
        """

    def scale_backward(saved, d_out):
        return d_out

    problems = ["scale: backward has no docstring", "scale: no shape of factors"]

    assert problems == undocumented_halves(Op(scale_forward, scale_backward))


def test_a_long_file_is_found():
    assert too_long("x = 1\n" * (MOST_LINES + 1))
    assert not too_long("x = 1\n" * MOST_LINES)


def test_machine_paths_are_found():
    path = "/".join(["", "home", "somebody", "chainrule"])

    assert [path] == machine_paths(f'open("{path}")')
    assert [] == machine_paths("docs/home/page.md https://example.org/home/page")


def test_a_picture_that_lacks_a_file_or_names_another_is_found():
    page = "src/chainrule/\n  op.py       Op\n  ops/    ops\n    linear.py   affine\n    gone.py   nothing\n"
    page += "  courses/    courses\n    edf/    a course\n      node.py   nodes\n    sheet.py    another\n"
    names = ["op.py", "files.py", "ops/linear.py", "courses/edf/node.py", "courses/sheet.py"]

    assert (["files.py"], ["ops/gone.py"]) == missing_from_picture(page, names)
