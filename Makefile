# The list of commands. Each sets itself up: a .venv with what pyproject.toml asks for, by uv where it is present.
.PHONY: demo test check bench docs clean
.DEFAULT_GOAL := test

PYTHON ?= python3
BIN := .venv/bin

demo: .venv/.ready-demo
	$(BIN)/chainrule train digits --model logistic --name demo-logistic --replace
	$(BIN)/chainrule train digits --model network --hidden 32 --name demo-network --replace

test: .venv/.ready-dev
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -rs

check: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_docs.py

bench: .venv/.ready-benchmarks
	$(BIN)/python -m benchmarks

docs: check

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready-demo: pyproject.toml
	sh tools/setup.sh $(PYTHON)
	touch $@

.venv/.ready-%: pyproject.toml
	sh tools/setup.sh $(PYTHON) $*
	touch $@
