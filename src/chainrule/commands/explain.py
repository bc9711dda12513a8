"""``chainrule explain``. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EXAMPLES", "explain"]

EXAMPLES = (
    'Examples:\n\nchainrule explain "exp(a)/sqrt(b)*log(a+b)" a=1 b=2\n\n'
    'chainrule explain "sum((w*x[i] - y[i])^2 for i in 1..3)" w=2 x=1,2,3 y=1,3,5 --save c.html'
)


def explain(
    expression: Annotated[str, typer.Argument(help="An expression, such as 'exp(a)/sqrt(b)'.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="A value for each name: a=1, or x=1,2,3.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(help="chain: products of partials; rule: local derivatives; numbers; both: chain, numbers."),
    ] = "both",
    save: Annotated[
        Path | None, typer.Option(help="Write it too: .html, .txt, .tex, .tikz, .svg, .png, .dot, .mmd or .json.")
    ] = None,
) -> None:
    """Explain a derivative: one operation each, what is sent back along each edge, the sums, and a check."""
    from chainrule import explain as explained
    from chainrule.explaining.typed import read_values
    from chainrule.showing.terminal import say

    answer = explained(expression, **read_values(values or ()))
    typer.echo(answer.text(form))
    if save is not None:
        answer.save(save)
        say("written", save)
