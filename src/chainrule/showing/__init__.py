"""How things are shown: safe text, plots in one style, code with colours, pages, lines on a terminal.

Reading order: `text`, `terminal`, `svg`, `code`, `page`. It knows nothing of what it shows.
"""

from chainrule.showing.code import highlighted
from chainrule.showing.page import render, versions
from chainrule.showing.svg import Drawn, Plot, draw, styled, write_plots
from chainrule.showing.terminal import console, say
from chainrule.showing.text import counted, figures, printable, shortened

__all__ = [
    "Drawn",
    "Plot",
    "console",
    "counted",
    "draw",
    "figures",
    "highlighted",
    "printable",
    "render",
    "say",
    "shortened",
    "styled",
    "versions",
    "write_plots",
]
