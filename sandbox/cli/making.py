"""Orgs and portals that are asked for on the command line: their names and sizes, making those that are absent.

Belongs here: words into worlds, and the sentences about it.
Does not: what a world is made of (`sandbox.salesforce.orgs`, `sandbox.hubspot.portals`).
"""

from collections.abc import Sequence
from typing import Any, Protocol

import typer

from sandbox.cli.options import refuse


class Folder(Protocol):
    """A folder of worlds of one kind."""

    def names(self) -> list[str]:
        """Names of all that are there."""
        ...

    def create_generated(self, name: str, accounts: int, seed: int) -> Any:
        """Make one, or return the one that is there; ValueError says why not."""
        ...


def make(folder: Folder, kind: str, wishes: Sequence[str], accounts: int, seed: int) -> None:
    """Make what is wished for unless it is there: each wish is a name, or `name=accounts`.

    Raises:
        Exit: A wish cannot be read, or made.
    """
    for wish in wishes:
        name, sign, size = wish.partition("=")
        if sign and not size.isdecimal():
            refuse(f"--{kind} {wish}: write NAME, or NAME=ACCOUNTS.")
        existed = name in folder.names()
        try:
            folder.create_generated(name, int(size) if sign else accounts, seed)
        except ValueError as error:
            if not existed:
                refuse(f"The {kind} {name!r} was not made: {error}")
            typer.echo(f"The {kind} {name} exists and stays as it is: {error}")
