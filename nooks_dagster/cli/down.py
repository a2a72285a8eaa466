"""`nooks down`: stop everything that `nooks up` started, and on request erase it.

Belongs here: the progress that a person sees. Does not: stopping (`nooks_dagster.local.control`).
"""

from typing import Annotated

import typer

from nooks_dagster.cli.project import project
from nooks_dagster.local import control


def down(
    *,
    erase: Annotated[bool, typer.Option(help="Remove all local data; .env stays if edited.")] = False,
) -> None:
    """Stop the platform on this machine. Work in progress is released and goes on after the next start."""
    configuration = project()
    if not configuration.state.exists():
        typer.echo("Nothing runs here, and there is no local data.")
        return
    for entry in control.shut_down(configuration):
        typer.echo(f"stopped: {entry.title}")
    if not erase:
        typer.echo("Everything is stopped. The data stays in .nooks; `make clean` removes it.")
        return
    gone = control.erase(configuration)
    typer.echo(f"Everything is stopped and erased.{'' if gone else ' .env stays: it has lines of yours.'}")
