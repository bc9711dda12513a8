"""The interfaces of the courses that chainrule grew out of, over its own ops.

`edf`: the Educational Framework, a graph of nodes.  `i2dl`: linear models, losses, optimizers, solvers, layers as pairs
of functions.  `tum_ml`: layers with a cache. Names, signatures, shapes and conventions are the courses'; the
derivatives are those of `chainrule.ops`.
"""

from chainrule.courses import edf, i2dl, tum_ml

__all__ = ["edf", "i2dl", "tum_ml"]
