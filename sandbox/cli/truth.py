"""`truth`: every record of an org or a portal, as JSON documents.

Belongs here: which one, and writing it out. Does not: the records (`sandbox.salesforce.org`, `sandbox.hubspot.portal`).
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox import logged
from sandbox.calls.dialer.truth import calls
from sandbox.cli.known import KNOWN, Question, accounts_of_org, accounts_of_portal
from sandbox.cli.options import State, find_org, find_portal, refuse
from sandbox.hubspot.model import ObjectType, Refused
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from sandbox.hubspot.truth import lines
from sandbox.salesforce.org import SoqlError
from sandbox.salesforce.orgs import Orgs
from sandbox.webhooks.shelf import Shelf

KEPT: Mapping[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "calls": calls,
    "webhooks": lambda state: Shelf(state).told(),
}
"""What the sandbox keeps of what happened, whatever its worlds are."""


def truth(
    sobject: Annotated[
        str,
        typer.Argument(
            metavar="OBJECT", help="A type, such as Account; or signals, investors, activities, calls, webhooks."
        ),
    ],
    state: State,
    org: Annotated[str | None, typer.Option(help="The org, if there is more than one.")] = None,
    portal: Annotated[str | None, typer.Option(help="The portal, if it is not an org's.")] = None,
    *,
    signal: Annotated[list[str] | None, typer.Option(help="One of the signals, such as funding; repeatable.")] = None,
    investor: Annotated[
        list[str] | None, typer.Option(help="One that the workspace has itself, for shared_investors; repeatable.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The field that names a call, for activities.")] = None,
) -> None:
    """Write every record of a type as NDJSON, ascending by id: deleted ones in the bin included, archived ones too.

    `signals` writes what is to be known of each account from its web site, `investors` those of the workspace itself,
    `activities` the calls that clients logged, in all orgs and portals unless one is named, `calls` what should come of
    each call that `dial` sent (those of a portal itself: say --portal), `webhooks` what each webhook was told of each.
    """
    if sobject in KEPT and portal is None:
        _write(KEPT[sobject](state))
        return
    only_portals = org is None and not Orgs(state).names() and Portals(state).names()
    if sobject == "activities":
        rows = _logged(state, org, portal, key)
    elif sobject in KNOWN:
        accounts = (
            accounts_of_portal(find_portal(state, portal))
            if portal or only_portals
            else accounts_of_org(find_org(state, org))
        )
        rows = KNOWN[sobject](Question(state, signal or (), investor or ()), accounts)
    else:
        rows = _of_portal(state, portal, sobject) if portal or only_portals else _of_org(state, org, sobject)
    _write(rows)


def _write(rows: Iterator[dict[str, Any]]) -> None:
    try:
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; Python must not complain again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _logged(state: Path, org: str | None, portal: str | None, key: str | None) -> Iterator[dict[str, Any]]:
    orgs, portals = Orgs(state), Portals(state)
    if org is not None:
        return logged.of_org(orgs, find_org(state, org).name, key)
    if portal is not None:
        return logged.of_portal(portals, find_portal(state, portal).name, key)
    return logged.of_all(orgs, portals, key)


def _of_org(state: Path, org: str | None, sobject: str) -> Iterator[dict[str, Any]]:
    chosen = find_org(state, org)
    try:
        name = chosen.sobject(sobject).name
    except SoqlError:
        known = ", ".join(kind.name for kind in chosen.sobjects())
        refuse(f"The org {chosen.name} has no object {sobject!r}. It has: {known}.")
    return iter(chosen.truth(name))


def _of_portal(state: Path, portal: str | None, name: str) -> Iterator[dict[str, Any]]:
    chosen = find_portal(state, portal)
    return lines(chosen, _type(chosen, name))


def _type(portal: Portal, name: str) -> ObjectType:
    try:
        return portal.type(name)
    except Refused:
        known = ", ".join(kind.name for kind in portal.types())
        refuse(f"The portal {portal.name} has no type {name!r}. It has: {known}.")
