"""A small result of the comparison, as a run would leave it; times in microseconds."""

CIRCUMSTANCES = {
    "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    "system": "Linux x86_64",
    "processor": "a processor",
    "cores": 2,
    "memory": 2**34,
    "blas": {"name": "openblas", "version": "0.3", "kernels": "Haswell", "threads": 2},
}


def step(microseconds, **more):
    """A cell with a time per step."""
    median = microseconds / 1e6
    return {"step": {"median": median, "low": 0.9 * median, "high": 1.1 * median, "rounds": 9}, **more}


def result(**cells):
    """One workload, 64-32-10 at batch 32, with these cells for names whose dashes are underscores."""
    named = {name.replace("_", "-"): cell for name, cell in cells.items()}
    return {
        "circumstances": CIRCUMSTANCES,
        "once": {},
        "workloads": [{"name": "digits-32", "title": "64-32-10, batch 32", "cells": named}],
        "logistic": {"gap": "not measured"},
        "accuracy": {},
    }
