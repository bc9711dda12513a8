"""`chainrule bench`: the table, the document, and the file."""

import json

import pytest
from typer.testing import CliRunner

import chainrule.measuring
from chainrule.cli import app
from chainrule.measuring import Advice, Machine, Rates
from chainrule.measuring.libraries import Blas
from chainrule.measuring.processor import Processor

RATES = Rates({"float32": {64: 50.0}, "float64": {64: 30.0}}, 10.0, 12.0, {32 * 1024: 90.0})
FOUND = Machine(
    processor=Processor("Some [bold] CPU"),
    cores=2,
    memory=2**34,
    blas=Blas("openblas", "0.3", "Haswell", 2),
    simd=("AVX2",),
    versions={"python": "3.11", "numpy": "2.4"},
    rates=RATES,
    advice=(Advice("OPENBLAS_CORETYPE", "SkylakeX", "Slow kernels."),),
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(chainrule.measuring, "machine", lambda measure: FOUND)


def invoke(*words, code=0):
    result = CliRunner().invoke(app, ["bench", *words], catch_exceptions=False)

    assert code == result.exit_code, result.output
    return result.stderr if code else result.stdout


def test_the_table_shows_rates_and_advice():
    lines = [" ".join(line.split()) for line in invoke().splitlines()]

    assert "processor Some [bold] CPU" in lines
    assert "float32 products 50.0 GF/s at 64 x 64" in lines
    assert "advice set OPENBLAS_CORETYPE=SkylakeX: Slow kernels." in lines


def test_json_is_one_document():
    assert FOUND.as_dict() == json.loads(invoke("--json"))


def test_the_document_is_saved(tmp_path):
    assert "written machine.json" in invoke("--save", "machine.json")
    assert FOUND.as_dict() == json.loads((tmp_path / "machine.json").read_text())


def test_a_file_that_cannot_be_written_is_said_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(chainrule.measuring, "machine", None)

    assert invoke("--save", "nowhere/machine.json", code=1).startswith("error: ")


def test_help_ends_with_an_example():
    assert "chainrule bench --json" in invoke("--help").rstrip().splitlines()[-1]
