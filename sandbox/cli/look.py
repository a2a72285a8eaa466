"""Commands that look and change nothing: `env`, `orgs`, `truth`.

Belongs here: printing. Does not: serving (`serve`).
"""

import json
import os
import re
import shlex
import sys
from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli.options import State, find_org, open_authority, refuse
from sandbox.running import Serving
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.org import SoqlError
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
    names = Orgs(state).names()
    if org is not None or len(names) == 1:
        variables |= _credentials(find_org(state, org).name)
    typer.echo(_written(variables, form))


def orgs(state: State) -> None:
    """List the orgs of the state folder and the size of each object."""
    folder = Orgs(state)
    if not folder.names():
        typer.echo(f"{state} has no orgs; `nooks-sandbox serve` makes one.")
    for name in folder.names():
        org = folder.get(name)
        sizes = ", ".join(f"{kind.name} {org.count(kind.name):,}" for kind in org.sobjects())
        typer.echo(f"{name}  https://{Credentials(name).host}  {sizes}")


def truth(
    sobject: Annotated[str, typer.Argument(metavar="OBJECT", help="An object's API name, such as Account.")],
    state: State,
    org: Annotated[str | None, typer.Option(help="The org, if there is more than one.")] = None,
) -> None:
    """Write every record of an object as NDJSON, deleted ones in the bin included, ascending by id."""
    chosen = find_org(state, org)
    try:
        name = chosen.sobject(sobject).name
    except SoqlError:
        known = ", ".join(kind.name for kind in chosen.sobjects())
        refuse(f"The org {chosen.name} has no object {sobject!r}. It has: {known}.")
    try:
        for row in chosen.truth(name):
            sys.stdout.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; Python must not complain again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _credentials(org: str) -> dict[str, str]:
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
