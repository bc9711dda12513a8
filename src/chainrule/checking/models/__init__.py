"""Whole models: `check_model`.

Reading order: `subject`, `losses`, `adapting`, `networks` (models of all kinds in one form), `recording`, `patterns`,
`look` (the step, written down), and the checks: `labels`, `lints`, `paths`, `gradients`, `units`, `depth`, `origins`,
`fitting`; `check_model`.
"""

from __future__ import annotations

from chainrule.checking.models.check_model import check_model

__all__ = ["check_model"]
