"""Pages that need nothing but themselves: no script, no network, one style, light and dark, on screen and on paper."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from chainrule.showing.svg import Drawn
from chainrule.showing.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render", "versions"]


def render(package: str, template: str, plots: Sequence[Drawn], **values: Any) -> str:
    """A page from ``package``'s templates, which extend ``base.html``. All values are escaped by the template.

    Args:
        package: the package that has a folder ``templates``.
        template: the file's name.
        plots: what the template finds as ``plots.NAME``.
        values: what else it is told.
    """
    from markupsafe import Markup

    drawn = _Plots({plot.name: (plot, Markup(plot.svg)) for plot in plots})
    return _environment(package).get_template(template).render(plots=drawn, **values)


@cache
def _environment(package: str) -> Environment:
    """Kept, so that a thousand pages from one template compile it once."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("chainrule.showing")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    return environment


class _Plots(dict[str, Any]):
    """Plots by name; one that was not drawn is None."""

    def __missing__(self, name: str) -> None:
        return None


def versions() -> dict[str, str]:
    """What a page says that it was made with."""
    import numpy as np

    from chainrule import __version__

    return {"chainrule": __version__, "python": platform.python_version(), "numpy": np.__version__}
