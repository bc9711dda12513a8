"""Is it right, and if not, which mistake is it?

Reading order: `finding` and `report` (what comes out), `codes` (every mistake that has a name), `forms` and `loading`
(what can be checked), `case`, `differences`, `contract` (the promises of an op), `evidence`, `hypotheses` and
`diagnosing` (which mistake it is), `judging` and `composing` (one subject, several, those made of others), `check`;
`models` (whole models), `answers` (results without their code), `printing`, `command`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.checking.check import check

if TYPE_CHECKING:
    from chainrule.checking.finding import Finding
    from chainrule.checking.report import Report

__all__ = ["Finding", "Report", "check"]


def __getattr__(name: str) -> Any:
    # `import chainrule` gives `check`; the records are loaded when the first report is asked for.
    if name in __all__:
        return getattr(import_module(f"{__name__}.{name.lower()}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
