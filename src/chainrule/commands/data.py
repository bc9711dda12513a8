"""``chainrule data``: list, fetch, where. Words in, words out; the work is elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["data_app"]

data_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Datasets that can be fetched: which there are, where they are.",
    epilog="Example: chainrule data fetch mnist",
)


@data_app.command("list", epilog="Example: chainrule data list")
def list_data() -> None:
    """Show the datasets: what each is, how large, and whether it is here."""
    from chainrule.data import listing
    from chainrule.showing.terminal import console

    console().print(listing.table(listing.entries()))


@data_app.command("fetch", epilog="Example: chainrule data fetch mnist housing")
def fetch_data(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Dataset; without names, all.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here already.")] = False,
) -> None:
    """Fetch datasets into the cache, compared with their checksums; what is here already stays."""
    from chainrule.data.listing import fetch_named
    from chainrule.showing.terminal import say

    for label, line in fetch_named(names or [], force=force):
        say(label, line)


@data_app.command("where", epilog="Example: chainrule data where")
def where_data() -> None:
    """Print the places that are looked at: name, path, and exists, missing or not set, with tabs between."""
    from chainrule.data.listing import places
    from chainrule.showing.text import printable

    for place in places():
        typer.echo("\t".join(map(printable, place)))
