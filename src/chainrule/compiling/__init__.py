"""Making it run again: a program is simplified, written as the text of a NumPy function, and that text is run.

Reading order: `simplify`, `source` (with `literals`, and `reuse`, where large results are put), `numpy_engine`,
`compile`.
"""

from chainrule.compiling.compile import ENGINES, Compiled, Step, compile
from chainrule.compiling.simplify import simplify
from chainrule.compiling.source import Source, write_source

__all__ = ["ENGINES", "Compiled", "Source", "Step", "compile", "simplify", "write_source"]
