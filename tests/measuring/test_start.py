"""Where the command begins: kernels chosen before NumPy is loaded, only where they help and nobody has chosen."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chainrule_start import AVX512, KEEP, VARIABLE, choose_kernels, is_unknown
from chainrule_start import first_processor as first

ROOT = Path(__file__).parents[2]
FLAGS = "fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl"


def cpuinfo(vendor="AuthenticAMD", family="26", flags=FLAGS):
    return f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nflags\t\t: {flags}\n\nprocessor\t: 1\n"


@pytest.mark.parametrize("command", [["train", "digits"], ["reproduce"]])
def test_commands_that_train_get_the_kernels(command):
    environment = {}

    assert choose_kernels(command, environment, cpuinfo())
    assert {VARIABLE: AVX512} == environment


@pytest.mark.parametrize(
    ("command", "environment", "text"),
    [
        (["explain", "exp(a)"], {}, cpuinfo()),
        (["train", "--help"], {}, cpuinfo()),
        ([], {}, cpuinfo()),
        (["train", "digits"], {VARIABLE: "Haswell"}, cpuinfo()),
        (["train", "digits"], {KEEP: "1"}, cpuinfo()),
        (["train", "digits"], {}, cpuinfo(family="25")),
        (["train", "digits"], {}, cpuinfo(vendor="GenuineIntel")),
        (["train", "digits"], {}, cpuinfo(flags="avx2 avx512f")),
        (["train", "digits"], {}, ""),
    ],
)
def test_otherwise_nothing_is_set(command, environment, text):
    before = dict(environment)

    assert not choose_kernels(command, environment, text)
    assert before == environment


def test_only_zen_5_is_unknown():
    assert is_unknown(first(cpuinfo()))
    assert not is_unknown(first(cpuinfo(family="25")))
    assert not is_unknown({})


def run(code, *words):
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


PRETEND = f"""
import chainrule_start as start
start.cpuinfo = lambda: {cpuinfo()!r}
start._numpy_brings_openblas = lambda: True
"""


def test_beginning_loads_nothing_but_the_standard_library():
    shown = run("import chainrule_start, sys; print(chainrule_start._numpy_brings_openblas(), 'numpy' in sys.modules)")

    assert shown.stdout.split()[1] == "False", shown.stderr


def test_the_variable_is_set_before_numpy_is_loaded_and_said():
    shown = run(PRETEND + "start.main()", "train", "nowhere.csv", "--target", "a")

    assert "kernels SkylakeX (OPENBLAS_CORETYPE), as OpenBLAS does not know this processor" == shown.stdout.strip()
    assert shown.stderr.startswith("error:")


def test_other_commands_say_nothing_of_kernels():
    shown = run(PRETEND + "start.main()", "--version")

    assert "kernels" not in shown.stdout
    assert 0 == shown.returncode, shown.stderr


def test_numpy_that_is_loaded_already_is_left_alone():
    shown = run("import numpy\n" + PRETEND + "start.main()", "train", "nowhere.csv", "--target", "a")

    assert "kernels" not in shown.stdout


def test_the_installed_command_begins_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "chainrule_start:main" == project["project"]["scripts"]["chainrule"]
    assert "src/chainrule_start" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
