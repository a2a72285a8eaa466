"""What all commands share: the state folder, finding an org, refusing in a sentence.

Belongs here: options and helpers of more than one command. Does not: commands.
"""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sandbox.certificates import Authority
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs


def _default_state() -> Path:
    return Path(os.environ.get("NOOKS_HOME", ".nooks")) / "sandbox"


State = Annotated[
    Path,
    typer.Option(
        default_factory=_default_state,
        show_default="$NOOKS_HOME/sandbox or .nooks/sandbox",
        help="Folder that holds the orgs, the CA and all that is durable.",
        file_okay=False,
    ),
]


def refuse(sentence: str) -> NoReturn:
    """End the command with a sentence on stderr and exit code 2."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def open_authority(state: Path) -> Authority:
    """Return the state folder's certificate authority, made if absent.

    Raises:
        Exit: The folder or the authority cannot be used.
    """
    try:
        return Authority(state)
    except OSError as error:
        refuse(f"The state folder {state} cannot be used: {error.strerror}.")
    except ValueError as error:
        refuse(f"{error}.")


def find_org(state: Path, name: str | None) -> Org:
    """Return an org of the state folder; without a name, the only one.

    Raises:
        Exit: There is no such org, or more than one to choose from.
    """
    orgs = Orgs(state)
    names = orgs.names()
    there = f"It has: {', '.join(names)}." if names else "It has none; `nooks-sandbox serve` makes one."
    if name is None and len(names) != 1:
        refuse(f"Say which org of {state} with --org. {there}")
    try:
        return orgs.get(name or names[0])
    except KeyError:
        refuse(f"There is no org {name!r} in {state}. {there}")
