"""The docs run: each Python block of a page is executed in order, and what it shows is compared with what comes out.

A block with ``>>>`` is a doctest; any other Python block is executed as it stands. A page is one run of Python, in an
empty folder, so that what one block defines the next can use. Shell commands are looked up, not run.
"""

import contextlib
import doctest
import io
import linecache
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from chainrule.runs.folder import FILES

ROOT = Path(__file__).parents[1]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MARKDOWN = [*PAGES, ROOT / "CHANGELOG.md"]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

_NEEDS = re.compile(r"^<!-- needs: (\w+) -->$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FOLDERS = "src|tests|docs|benchmarks|examples|tools"
_NAMED_FILE = re.compile(rf"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml)|(?:{_FOLDERS})/[\w./-]*)`")


@dataclass(frozen=True)
class Block:
    """What stands between two fences, the language it names, and the line it starts at, from 0."""

    language: str
    text: str
    line: int


def blocks(text, *languages):
    """The page's fenced blocks of these languages, in order."""
    found = (Block(match[1], match[2], text[: match.start(2)].count("\n")) for match in _FENCE.finditer(text))
    return [block for block in found if block.language in languages]


def run_page(name, text):
    """Execute the page's Python blocks in one namespace; give what differed from what the page shows."""
    namespace, wrong = {"__name__": "__main__"}, []
    for block in blocks(text, "python"):
        if ">>> " in block.text:
            wrong += _run_doctest(name, block, namespace)
        else:
            _execute(name, text, block, namespace)
    return wrong


def _run_doctest(name, block, namespace):
    test = doctest.DocTestParser().get_doctest(block.text, namespace, name, name, block.line)
    test.globs = namespace  # its own copy would hide what later blocks define
    wrong = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=wrong.append, clear_globs=False)
    return wrong


def _execute(name, text, block, namespace):
    """Run a block so that tracebacks, and messages that name a line, point into the page."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile("\n" * block.line + block.text, name, "exec"), namespace)


def shell_commands(text):
    """The commands of the page's ``sh`` blocks: comments dropped, continued lines joined."""
    lines = "".join(block.text for block in blocks(text, "sh")).replace("\\\n", " ").splitlines()
    commands = (shlex.split(line, comments=True) for line in lines)
    return [command for command in commands if command]


def why_unknown(command):
    """What is wrong with a shell command that a page shows, or None; our own is read as the command line reads it."""
    program, *arguments = command
    if program == "make":
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        missing = set(arguments) - targets
        return f"the Makefile has no target {', '.join(sorted(missing))}" if missing else None
    if program == "chainrule":
        return _why_not_ours(arguments)
    if program == "python" and arguments[0] == "-m":
        place = ROOT / arguments[1].replace(".", "/")
        return None if (place / "__main__.py").exists() or arguments[1] == "pytest" else f"no module {arguments[1]}"
    if program == "python":
        return None if (ROOT / arguments[0]).exists() else f"no file {arguments[0]}"
    if command[-3:] == ["pip", "install", "."] or program in ("cd", "export", "git", "open"):
        return None
    return f"{program}: nothing tells whether this works"


def _why_not_ours(arguments):
    """Read the arguments as the command line does, with commands that do nothing."""
    from typer.main import get_command

    from chainrule.cli import app

    command = get_command(app)
    _silence(command)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            command.main(list(arguments), "chainrule", standalone_mode=False)
    except Exception as error:  # whose class depends on typer's version
        return f"{type(error).__name__}: {error}"
    return None


def _silence(group):
    """Let every command of a group, and of the groups in it, do nothing."""
    for command in group.commands.values():
        if hasattr(command, "commands"):
            _silence(command)
        else:
            command.callback = lambda **options: None


def broken_links(text, folder):
    """The page's relative links that lead nowhere."""
    links = (link.partition("#")[0] for link in _LINK.findall(text) if "://" not in link)
    return [link for link in links if link and not (folder / link).exists()]


def missing_files(text):
    """The files and folders of the project that the page names in backticks and that are not there."""
    prose = _FENCE.sub("", text)
    return [name for name in _NAMED_FILE.findall(prose) if not _exists(name)]


def _exists(name):
    """From the root, somewhere in the package, or as a part of every run's folder."""
    return (ROOT / name).exists() or any((ROOT / "src").rglob(name.rstrip("/"))) or name in FILES


def shown_path(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=shown_path)
def test_page_shows_what_comes_out(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    for module in _NEEDS.findall(text):
        pytest.importorskip(module, reason=f"{page.name} needs {module}")
    with mock.patch.dict(os.environ):  # a page may set variables
        wrong = run_page(page.name, text)

    assert not wrong, "".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=shown_path)
def test_shell_commands_exist(page):
    problems = {shlex.join(command): why_unknown(command) for command in shell_commands(page.read_text())}

    assert {} == {command: problem for command, problem in problems.items() if problem}


@pytest.mark.parametrize("page", MARKDOWN, ids=shown_path)
def test_relative_links_lead_somewhere(page):
    assert [] == broken_links(page.read_text(), page.parent)


@pytest.mark.parametrize("page", MARKDOWN, ids=shown_path)
def test_named_files_are_there(page):
    assert [] == missing_files(page.read_text())


def test_help_lists_the_commands_that_the_readme_shows():
    from typer.testing import CliRunner

    from chainrule.cli import app

    shown = {command[1] for command in shell_commands((ROOT / "README.md").read_text()) if command[0] == "chainrule"}
    listed = CliRunner().invoke(app, ["--help"]).output

    assert {"train", "predict", "evaluate"} <= shown
    assert all(re.search(rf"\b{name}\b", listed) for name in shown if not name.startswith("-"))


def test_readme_shows_what_the_demo_prints():
    from chainrule.runs import DataSettings, TrainingSettings, train

    (shown,) = [block.text for block in blocks((ROOT / "README.md").read_text(), "text")]
    epochs = re.findall(r"Epoch +(\d+), loss = ([\d.]+), validation loss = ([\d.]+)", shown)
    settings = TrainingSettings(model="network", hidden=(32,))
    trained = train(settings, DataSettings("digits").prepare(settings.seed), progress=False)
    history = [(row["epoch"], row["train_loss"], row["validation_loss"]) for row in trained.history.rows]

    assert len(epochs) > 1
    # Sums in another order differ in their last bits, which training magnifies.
    assert np.allclose([history[int(epoch)] for epoch, *_ in epochs], np.array(epochs, float), atol=0.02)
    assert abs(trained.scores.accuracy - float(re.search(r"accuracy ([\d.]+) %", shown)[1]) / 100) < 0.02


def test_commands_of_the_makefile_exist():
    commands = re.findall(r"^\t\$\(BIN\)/(chainrule .+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert commands
    assert [None] * len(commands) == [why_unknown(shlex.split(command)) for command in commands]


def test_docs_index_lists_every_step():
    index = (ROOT / "docs" / "README.md").read_text()
    steps = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "README.md"]

    assert [] == [step for step in steps if f"({step})" not in index]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_runs(example, tmp_path):
    command = [sys.executable, "-W", "error", str(example), *_arguments(example, tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)

    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert all((tmp_path / name).stat().st_size for name in _arguments(example, tmp_path))


def _arguments(example, tmp_path):
    """A file to write, for examples that draw one."""
    return ["picture.png"] if "sys.argv" in example.read_text() else []


# -- the checks fail where they should -----------------------------------------------------------------


def page(language, *lines):
    return "\n".join([f"```{language}", *lines, "```", ""])


def test_another_output_than_shown_is_found():
    assert run_page("page.md", page("python", ">>> 1 + 1", "3"))
    assert not run_page("page.md", page("python", ">>> 1 + 1", "2"))


def test_a_block_sees_what_blocks_before_it_defined():
    text = page("python", "def double(x):", "    return factor * x")
    text += page("python", ">>> factor = 2", ">>> double(4)", "8")

    assert not run_page("page.md", text)


def test_an_error_in_a_plain_block_names_the_line_of_the_page():
    text = "# A page\n\n" + page("python", "ok = 1", "ok.missing")

    with pytest.raises(AttributeError) as caught:
        run_page("page.md", text)
    assert ("page.md", 5) == (caught.traceback[-1].frame.code.raw.co_filename, caught.traceback[-1].lineno + 1)


@pytest.mark.parametrize(
    "line",
    [
        "make coffee",
        "chainrule fly digits",
        "chainrule train digits --wings 2",
        "chainrule train digits --optimizer magic",
        "chainrule predict",
        "python examples/missing.py",
        "python -m missing",
        "frobnicate",
    ],
)
def test_unknown_commands_are_found(line):
    (command,) = shell_commands(page("sh", f"{line}  # a comment"))

    assert why_unknown(command)


def test_a_link_to_nothing_is_found():
    text = "[here](README.md#top), [there](docs/missing.md), [far](https://example.org/missing.md)"

    assert ["docs/missing.md"] == broken_links(text, ROOT)


def test_a_named_file_that_is_missing_is_found():
    text = "`op.py`, `docs/README.md`, `tracing/trace.py`, `docs/missing.md`, `missing.py`, `np.exp`, `history.csv`"

    assert ["docs/missing.md", "missing.py"] == missing_files(text)
