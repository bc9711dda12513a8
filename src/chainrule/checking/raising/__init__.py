"""Errors in somebody's code: at which of its lines, on which values, and which mistake stands behind them.

`places` finds the author's innermost expression, `values` says what its names hold without running anything of it, and
`shapes`, `names` and `kinds` each know some of the errors.
"""

from __future__ import annotations

from chainrule.checking.raising.raised import raised

__all__ = ["raised"]
