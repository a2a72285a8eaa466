"""Commands that make orgs and serve them: `serve`, `load`.

Belongs here: order and words of starting. Does not: serving itself (`sandbox.server`).
"""

import contextlib
import os
import shlex
import socket
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from sandbox import server
from sandbox.cli.options import State, open_authority, refuse
from sandbox.control import control
from sandbox.counters import Counters
from sandbox.proxy import HostNames
from sandbox.running import DEFAULT_PORT, Serving
from sandbox.salesforce.http.app import HOSTS, Terms, salesforce
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.orgs import Orgs

Port = Annotated[int, typer.Option(help="Port of the proxy on 127.0.0.1; 0 takes a free one.")]


def serve(
    *,
    state: State,
    port: Port = DEFAULT_PORT,
    org: Annotated[list[str] | None, typer.Option(help="Org to make if absent; repeatable.")] = None,
    accounts: Annotated[
        int, typer.Option(envvar="NOOKS_SANDBOX_ACCOUNTS", help="Accounts of a new org; other objects in proportion.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    daily_requests: Annotated[int, typer.Option(help="API calls per org and 24 hours.")] = 115_000,
    session_seconds: Annotated[int, typer.Option(help="How long a token is good for.")] = 7200,
) -> None:
    """Serve the state folder's orgs under their real host names until stopped."""
    serving = _claim(state)
    for name in org or ["acme"]:
        _make(Orgs(state), name, accounts, seed)
    _run(state, serving, port, Terms(daily_requests, timedelta(seconds=session_seconds)))


def load(
    folder: Annotated[Path, typer.Argument(help="A Salesforce Data Export: one CSV per object.")],
    org: Annotated[str, typer.Option(help="Name of the org to make of it.")],
    state: State,
    serve_it: Annotated[bool, typer.Option("--serve/--no-serve", help="Go on to serve it.")] = True,
    port: Port = DEFAULT_PORT,
) -> None:
    """Make an org of a real org's data export, and serve it."""
    orgs = Orgs(state)
    try:
        loaded = orgs.load_export(org, folder)
    except (ValueError, OSError) as error:
        refuse(f"{folder} was not loaded: {error}")
    sizes = ", ".join(f"{loaded.count(kind.name):,} {kind.name}" for kind in loaded.sobjects())
    typer.echo(f"Loaded {org} from {folder}: {sizes}.")
    where = Serving(state).port()
    if where is not None:
        typer.echo(f"The sandbox on port {where} serves it now as https://{Credentials(org).host}.")
        typer.echo(f'To connect: eval "$(nooks-sandbox env --state {shlex.quote(str(state))} --org {org})"')
    elif serve_it:
        _run(state, _claim(state), port, Terms())


def _claim(state: Path) -> Serving:
    serving = Serving(state)
    try:
        claimed = serving.claim()
    except OSError as error:
        refuse(f"The state folder {state} cannot be used: {error.strerror}.")
    if not claimed:
        refuse(f"{state} is served already, on port {serving.last_port()}; stop that one or use another --state.")
    return serving


def _make(orgs: Orgs, name: str, accounts: int, seed: int) -> None:
    existed = name in orgs.names()
    try:
        orgs.create_generated(name, accounts, seed)
    except ValueError as error:
        if not existed:
            refuse(f"The org {name!r} was not made: {error}")
        typer.echo(f"The org {name} exists and stays as it is: {error}")


def _run(state: Path, serving: Serving, port: int, terms: Terms) -> None:
    authority, orgs, counters = open_authority(state), Orgs(state), Counters()
    hosts, front = HostNames(HOSTS), _listen(port)

    def ready() -> None:
        actual = front.getsockname()[1]
        serving.announce(actual)
        with contextlib.suppress(BrokenPipeError):  # Whoever started it need not listen to it.
            typer.echo(f"The sandbox serves {', '.join(orgs.names())} on http://127.0.0.1:{actual}.")
            typer.echo(f'To point a program at it: eval "$(nooks-sandbox env --state {shlex.quote(str(state))})"')

    uvloop.run(
        server.serve(
            salesforce(state, orgs, counters, terms),
            control(orgs.names, counters),
            hosts,
            authority.server_context(hosts.names),
            front,
            ready,
        )
    )
    # A long count still running in a worker thread must not hold the exit; all that is durable is written.
    os._exit(0)


def _listen(port: int) -> socket.socket:
    try:
        return server.listen(port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        refuse(f"The sandbox cannot listen on 127.0.0.1:{port}: {reason}. Try another --port.")
