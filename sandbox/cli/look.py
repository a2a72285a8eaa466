"""Commands that look and change nothing: `env`, `orgs`.

Belongs here: printing. Does not: serving (`serve`), records (`truth`).
"""

import json
import re
import shlex
from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli.options import State, find_org, find_portal, open_authority
from sandbox.hubspot.http import credentials as hubspot
from sandbox.hubspot.http.app import HOSTS
from sandbox.hubspot.model import Search
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from sandbox.openai.http.keys import key_of
from sandbox.running import Serving
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.orgs import Orgs

_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@%+=-]+")


class Format(StrEnum):
    """How `env` writes variables."""

    SHELL = "shell"
    JSON = "json"
    DOTENV = "dotenv"


def env(
    state: State,
    port: Annotated[int | None, typer.Option(help="Port of the proxy; by default where it was last served.")] = None,
    org: Annotated[str | None, typer.Option(help="Also print this org's credentials.")] = None,
    portal: Annotated[str | None, typer.Option(help="Also print this portal's credentials.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.SHELL,
) -> None:
    """Print the variables that point any program at the sandbox: eval "$(nooks-sandbox env --org acme)"."""
    bundle = str(open_authority(state).bundle.resolve())
    variables = {
        "HTTPS_PROXY": f"http://127.0.0.1:{port or Serving(state).last_port()}",
        "NO_PROXY": "localhost,127.0.0.1",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
    }
    if org is not None or len(Orgs(state).names()) == 1:
        variables |= _salesforce(find_org(state, org).name)
    if portal is not None or len(Portals(state).names()) == 1:
        variables |= _hubspot(find_portal(state, portal).name)
    variables["OPENAI_API_KEY"] = key_of(org or portal or "sandbox")
    typer.echo(_written(variables, form))


def orgs(state: State) -> None:
    """List the orgs and portals of the state folder and the size of each object."""
    folder, portals = Orgs(state), Portals(state)
    if not folder.names() and not portals.names():
        typer.echo(f"{state} has no orgs; `nooks-sandbox serve` makes one.")
    for name in folder.names():
        org = folder.get(name)
        sizes = ", ".join(f"{kind.name} {org.count(kind.name):,}" for kind in org.sobjects())
        typer.echo(f"{name}  https://{Credentials(name).host}  {sizes}")
    for name in portals.names():
        typer.echo(f"{name}  https://{HOSTS[0]}  {_sizes(portals.get(name))}")


def _sizes(portal: Portal) -> str:
    every = Search()
    counts = ((kind.name, portal.search(kind, every, 0, 1, ()).total) for kind in portal.types())
    return ", ".join(f"{name} {count:,}" for name, count in counts)


def _hubspot(portal: str) -> dict[str, str]:
    known = hubspot.Credentials(portal)
    return {
        "HUBSPOT_ACCESS_TOKEN": known.access_token,
        "HUBSPOT_CLIENT_ID": known.client_id,
        "HUBSPOT_CLIENT_SECRET": known.client_secret,
        "HUBSPOT_REFRESH_TOKEN": known.refresh_token,
    }


def _salesforce(org: str) -> dict[str, str]:
    known = Credentials(org)
    return {
        "SALESFORCE_DOMAIN": known.domain,
        "SALESFORCE_CONSUMER_KEY": known.consumer_key,
        "SALESFORCE_CONSUMER_SECRET": known.consumer_secret,
        "SALESFORCE_USERNAME": known.username,
        "SALESFORCE_PASSWORD": known.password,
        "SALESFORCE_SECURITY_TOKEN": known.security_token,
        "SALESFORCE_REFRESH_TOKEN": known.refresh_token,
    }


def _written(variables: dict[str, str], form: Format) -> str:
    if form is Format.JSON:
        return json.dumps(variables, indent=2)
    if form is Format.SHELL:
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    return "\n".join(f"{name}={_dotenv_quoted(value)}" for name, value in variables.items())


def _dotenv_quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
