"""What all commands share: the state folder, finding an org or a portal, refusing in a sentence.

Belongs here: options and helpers of more than one command. Does not: commands.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn, Protocol, TypeVar

import typer

from sandbox.certificates import Authority
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs

_One_co = TypeVar("_One_co", covariant=True)


class _Folder(Protocol[_One_co]):
    def names(self) -> Sequence[str]: ...

    def get(self, name: str) -> _One_co: ...


def _default_state() -> Path:
    return Path(os.environ.get("NOOKS_HOME", ".nooks")) / "sandbox"


State = Annotated[
    Path,
    typer.Option(
        default_factory=_default_state,
        show_default="$NOOKS_HOME/sandbox or .nooks/sandbox",
        help="Folder that holds the orgs and portals, the CA and all that is durable.",
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
    return _find(Orgs(state), state, "org", name)


def find_portal(state: Path, name: str | None) -> Portal:
    """Return a portal of the state folder; without a name, the only one.

    Raises:
        Exit: There is no such portal, or more than one to choose from.
    """
    return _find(Portals(state), state, "portal", name)


def _find(folder: _Folder[_One_co], state: Path, kind: str, name: str | None) -> _One_co:
    names = folder.names()
    there = f"It has: {', '.join(names)}." if names else "It has none; `nooks-sandbox serve` makes one."
    if name is None and len(names) != 1:
        refuse(f"Say which {kind} of {state} with --{kind}. {there}")
    try:
        return folder.get(name or names[0])
    except KeyError:
        refuse(f"There is no {kind} {name!r} in {state}. {there}")
