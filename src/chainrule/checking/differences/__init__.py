"""Derivatives by nothing but the function: central and complex-step differences, kinks, and how well all is known.

Reading order: `generators` and `repeated` (a forward that can be repeated), `slopes` (along one direction), `compare`
(a gradient beside them), `reference` (all of the gradient), `numeric` (a backward that does this itself).
"""

from __future__ import annotations

from chainrule.checking.differences.compare import Comparison, compare_with_differences, directional
from chainrule.checking.differences.numeric import looks_numeric
from chainrule.checking.differences.reference import NumericReference, numeric_reference

__all__ = [
    "Comparison",
    "NumericReference",
    "compare_with_differences",
    "directional",
    "looks_numeric",
    "numeric_reference",
]
