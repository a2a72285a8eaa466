"""Commands that make trouble: `fault`, `faults`, `heal` in a served sandbox; `alter`, `restore` in its state folder.

Belongs here: words into JSON, and what comes back onto the screen.
Does not: what a fault or an alteration is (`sandbox.faults.kinds`, the vendors' `alterations`).
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import State, find_org, find_portal, refuse
from sandbox.faults.control import Alterable, as_json
from sandbox.hubspot.portals import Portals
from sandbox.running import Serving
from sandbox.salesforce.orgs import Orgs

_Kind = Annotated[str, typer.Argument(help="What it is, such as answer or vanish; see docs/sandbox.md.")]
_Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help="What is to be said of it, values as JSON or text."),
]
_Org = Annotated[str | None, typer.Option(help="The org, if there is more than one.")]
_Portal = Annotated[str | None, typer.Option(help="A HubSpot portal, instead of an org.")]


def fault(kind: _Kind, state: State, words: _Words = None) -> None:
    """Put a fault in force: nooks-sandbox fault answer status=503 calls=query_more times=2."""
    made = _command(state, "POST", "/control/faults", _wish(kind, words))
    typer.echo(f"Fault {made['id']} is in force.")


def faults(state: State) -> None:
    """List the faults in force, one JSON document a line, with the calls they matched and struck."""
    for listed in _command(state, "GET", "/control/faults"):
        typer.echo(json.dumps(listed))


def heal(
    state: State, number: Annotated[int | None, typer.Argument(help="Of the fault; without it, all of them.")] = None
) -> None:
    """End a fault, or all of them."""
    _command(state, "DELETE", "/control/faults" + ("" if number is None else f"/{number}"))


def alter(kind: _Kind, state: State, words: _Words = None, org: _Org = None, portal: _Portal = None) -> None:
    """Alter an org for as long as it is not restored: nooks-sandbox alter vanish object=Account field=Description.

    A portal has properties instead: nooks-sandbox alter vanish object=deals property=amount --portal globex.
    """
    accounts, name = _account(state, org, portal)
    try:
        done = accounts.alter(name, _wish(kind, words))
    except ValueError as error:
        refuse(f"The {'portal' if portal else 'org'} {name} was not altered: {error}.")
    for alteration in as_json(done):
        typer.echo(json.dumps(alteration))


def restore(
    state: State,
    kind: Annotated[str | None, typer.Argument(help="Of alteration; without it, all of them.")] = None,
    org: _Org = None,
    portal: _Portal = None,
) -> None:
    """Take back alterations of an org or a portal."""
    accounts, name = _account(state, org, portal)
    accounts.restore(name, kind)


def _account(state: Path, org: str | None, portal: str | None) -> tuple[Alterable, str]:
    """Return what can be altered, and the name of the one that shall be."""
    if portal is None:
        return Orgs(state), find_org(state, org).name
    if org is not None:
        refuse("Say --org or --portal, not both.")
    return Portals(state), find_portal(state, portal).name


def _wish(kind: str, words: list[str] | None) -> dict[str, Any]:
    pairs = [word.partition("=") for word in words or []]
    for name, sign, _ in pairs:
        if not sign:
            refuse(f"{name!r} says nothing: write NAME=VALUE.")
    return {name: _value(text) for name, _, text in pairs} | {"kind": kind}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _command(state: Path, method: str, path: str, body: Any = None) -> Any:
    """Ask the process that serves the folder, without the proxy that may stand in the environment."""
    port = Serving(state).port()
    if port is None:
        refuse(f"{state} is not served; faults are kept by a running `nooks-sandbox serve`.")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=10) as reply:
            return json.loads(reply.read() or "null")
    except urllib.error.HTTPError as error:
        refuse(f"The sandbox on port {port} refused: {json.loads(error.read())['error']}.")
    except OSError as error:
        refuse(f"The sandbox on port {port} did not answer: {error}.")
