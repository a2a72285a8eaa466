"""Commands that make orgs and portals and serve them: `serve`, `load`.

Belongs here: their options, and the order of things. Does not: making (`making`), serving (`run`).
"""

import math
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from sandbox.cli.making import make
from sandbox.cli.options import State, refuse
from sandbox.cli.run import Contracts, claim, run
from sandbox.hubspot.http.terms import Terms as PortalTerms
from sandbox.hubspot.portals import Portals
from sandbox.openai.terms import Terms as OpenAITerms
from sandbox.running import DEFAULT_PORT, Serving
from sandbox.salesforce.bulk.terms import BulkTerms
from sandbox.salesforce.http.app import Terms
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.orgs import Orgs
from sandbox.terms import changed

Port = Annotated[int, typer.Option(help="Port of the proxy on 127.0.0.1; 0 takes a free one.")]
_Worlds = list[str] | None
_Org = Annotated[_Worlds, typer.Option(help="Org to make if absent, NAME or NAME=ACCOUNTS; repeatable.")]
_Portal = Annotated[_Worlds, typer.Option(help="HubSpot portal to make if absent, likewise; repeatable.")]
_Terms = TypeVar("_Terms", bound=Any)


def serve(  # noqa: PLR0913 (each is an option)
    *,
    state: State,
    port: Port = DEFAULT_PORT,
    org: _Org = None,
    portal: _Portal = None,
    accounts: Annotated[
        int, typer.Option(envvar="NOOKS_SANDBOX_ACCOUNTS", help="Accounts of a new world; other objects in proportion.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    daily_requests: Annotated[int, typer.Option(help="API calls per org and 24 hours.")] = 115_000,
    session_seconds: Annotated[int, typer.Option(help="How long a token is good for.")] = 7200,
    refresh_grace: Annotated[
        float,
        typer.Option(
            envvar="NOOKS_SANDBOX_REFRESH_GRACE",
            help="Seconds that a refresh token is good for after its use; then each use gives a new one.",
            show_default="refresh tokens do not rotate",
        ),
    ] = math.inf,
    bulk: Annotated[
        list[str] | None,
        typer.Option(envvar="NOOKS_SANDBOX_BULK", help="Term of bulk jobs, such as page_rows=1000; repeatable."),
    ] = None,
    hubspot: Annotated[
        list[str] | None,
        typer.Option(envvar="NOOKS_SANDBOX_HUBSPOT", help="Term of portals, such as daily_requests=9; repeatable."),
    ] = None,
    openai: Annotated[
        list[str] | None,
        typer.Option(envvar="NOOKS_SANDBOX_OPENAI", help="Term of OpenAI, such as time_scale=0.1; repeatable."),
    ] = None,
) -> None:
    """Serve the state folder's orgs and portals under their real host names until stopped."""
    terms = Contracts(
        Terms(daily_requests, timedelta(seconds=session_seconds), _changed(BulkTerms(), "bulk", bulk), refresh_grace),
        _changed(PortalTerms(refresh_grace=refresh_grace), "hubspot", hubspot),
        _changed(OpenAITerms(), "openai", openai),
    )
    serving = claim(state)
    make(Orgs(state), "org", org or ([] if portal else ["acme"]), accounts, seed)
    make(Portals(state), "portal", portal or [], accounts, seed)
    run(state, serving, port, terms)


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
        run(state, claim(state), port, Contracts())


def _changed(terms: _Terms, option: str, pairs: list[str] | None) -> _Terms:
    try:
        return changed(terms, pairs or [], option)
    except ValueError as error:
        refuse(f"--{option}: {error}.")
