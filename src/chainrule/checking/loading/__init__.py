"""Subjects by name: from a file, a notebook or a module.

Reading order: `subjects` (what is found in a namespace), `execution` (running a learner's text), `files`, `notebooks`,
`modules`, `load`.
"""

from __future__ import annotations

from chainrule.checking.loading.load import load
from chainrule.checking.loading.subjects import Subject

__all__ = ["Subject", "load"]
