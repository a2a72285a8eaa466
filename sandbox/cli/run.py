"""Running the process that is the outside world: claiming the state folder, putting the vendors together.

Belongs here: order and words of starting. Does not: serving itself (`sandbox.server`), what is made before (`making`).
"""

import contextlib
import os
import shlex
import socket
from dataclasses import dataclass, field
from pathlib import Path

import typer
import uvloop
from starlette.routing import Route

from sandbox import server
from sandbox.cli.options import open_authority, refuse
from sandbox.control import control
from sandbox.counters import Counters
from sandbox.dispatch import ByHost
from sandbox.faults.control import alteration_commands, fault_commands
from sandbox.faults.faults import Faults
from sandbox.hubspot.control import commands as portal_commands
from sandbox.hubspot.http import app as hubspot
from sandbox.hubspot.http.terms import Terms as PortalTerms
from sandbox.hubspot.portals import Portals
from sandbox.life.control import life_commands
from sandbox.logged import commands as activity_commands
from sandbox.openai.control import commands as openai_commands
from sandbox.openai.http import app as openai
from sandbox.openai.sales import ledgers
from sandbox.openai.terms import Terms as OpenAITerms
from sandbox.proxy import HostNames, Tunnels
from sandbox.running import Serving
from sandbox.salesforce.control import commands as org_commands
from sandbox.salesforce.http import app as salesforce
from sandbox.salesforce.http.app import Terms as OrgTerms
from sandbox.salesforce.orgs import Orgs
from sandbox.sites.changes import SiteShelf
from sandbox.sites.control import site_commands
from sandbox.sites.http import Sites
from sandbox.sites.network import Web
from sandbox.sites.watch import Watch
from sandbox.webhooks import app as webhooks
from sandbox.webhooks.control import webhook_commands
from sandbox.webhooks.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Contracts:
    """What the vendors' contracts say."""

    salesforce: OrgTerms = field(default_factory=OrgTerms)
    hubspot: PortalTerms = field(default_factory=PortalTerms)
    openai: OpenAITerms = field(default_factory=OpenAITerms)


def claim(state: Path) -> Serving:
    """Become the one process that serves a state folder.

    Raises:
        Exit: There is one, or the folder cannot be used.
    """
    serving = Serving(state)
    try:
        claimed = serving.claim()
    except OSError as error:
        refuse(f"The state folder {state} cannot be used: {error.strerror}.")
    if not claimed:
        refuse(f"{state} is served already, on port {serving.last_port()}; stop that one or use another --state.")
    return serving


def run(state: Path, serving: Serving, port: int, contracts: Contracts) -> None:
    """Serve until stopped."""
    named = os.environ.get("NOOKS_SANDBOX_JOURNAL")
    journal = Path(named) if named else None
    orgs, portals, counters, sales = Orgs(state), Portals(state), Counters(journal), ledgers(journal)
    authority, tunnels, front, faults = open_authority(state), Tunnels(), _listen(port), Faults(counters)
    told = Shelf(state)
    hosts = HostNames([*salesforce.HOSTS, *hubspot.HOSTS, *openai.HOSTS, *webhooks.HOSTS])
    vendors = (
        (salesforce.HOSTS, salesforce.salesforce(state, orgs, counters, contracts.salesforce, faults, tunnels.cut)),
        (hubspot.HOSTS, hubspot.hubspot(state, portals, counters, contracts.hubspot, faults, tunnels.cut)),
        (openai.HOSTS, openai.openai(sales, counters, contracts.openai, faults, tunnels.cut)),
        (webhooks.HOSTS, webhooks.webhooks(told, counters, faults, tunnels.cut)),
    )
    shelf, watch = SiteShelf(state), Watch()
    web, context = Web(authority, watch), authority.server_context(hosts.names)
    web.name_server(context)
    commands = [
        *fault_commands(faults),
        *_of_worlds(orgs, portals),
        *openai_commands(sales),
        *site_commands(shelf, watch),
        *webhook_commands(told),
    ]
    uvloop.run(
        server.serve(
            ByHost(vendors, web, Sites(shelf, watch, lambda: int(front.getsockname()[1]))),
            control(orgs.names, portals.names, counters, commands, [sales.reset]),
            hosts,
            web,
            tunnels,
            context,
            front=front,
            ready=lambda: _announce(state, serving, int(front.getsockname()[1]), orgs, portals),
        )
    )
    # A long count still running in a worker thread must not hold the exit; all that is durable is written.
    os._exit(0)


def _announce(state: Path, serving: Serving, port: int, orgs: Orgs, portals: Portals) -> None:
    """Tell everybody that it listens."""
    serving.announce(port)
    names = ", ".join([*orgs.names(), *(f"{name} (HubSpot)" for name in portals.names())])
    with contextlib.suppress(BrokenPipeError):  # Whoever started it need not listen to it.
        typer.echo(f"The sandbox serves {names} on http://127.0.0.1:{port}.")
        typer.echo(f'To point a program at it: eval "$(nooks-sandbox env --state {shlex.quote(str(state))})"')


def _of_worlds(orgs: Orgs, portals: Portals) -> list[Route]:
    return [
        *alteration_commands("/control/alterations/{name}", orgs, "org"),
        *alteration_commands("/control/portals/{name}/alterations", portals, "portal"),
        *portal_commands(portals),
        *org_commands(orgs),
        *life_commands(orgs, portals),
        *activity_commands(orgs, portals),
    ]


def _listen(port: int) -> socket.socket:
    try:
        return server.listen(port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        refuse(f"The sandbox cannot listen on 127.0.0.1:{port}: {reason}. Try another --port.")
