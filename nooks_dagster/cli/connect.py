"""`nooks connect`: try credentials of a CRM, keep them if they work, and say what happens next.

Belongs here: where credentials come from, and what a person sees. Does not: trying them (`crm.lifecycle.connecting`).
"""

import os
import sys
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.project import project
from nooks_dagster.cli.worlds import refuse_mixed
from nooks_dagster.crm.connectors import KINDS, kind_of
from nooks_dagster.crm.kinds import Kind
from nooks_dagster.crm.lifecycle import connecting
from nooks_dagster.crm.lifecycle.connecting import Connected, NewConnection
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.settings import Settings, settings
from nooks_dagster.workspaces.secrets import FileSecrets, open_secret


def connect(
    kind: Annotated[str, typer.Argument(help=f"The kind of CRM: {' or '.join(KINDS)}.")],
    workspace: Annotated[str, typer.Argument(help="The customer, such as acme.")],
    *,
    domain: Annotated[str, typer.Option(help="Of Salesforce: acme.my, acme--uat.sandbox.my, login or test.")] = "",
    secret: Annotated[
        str, typer.Option(help="Where the credentials are kept: env:VARIABLE or file:NAME.", metavar="REF")
    ] = "",
    name: Annotated[str, typer.Option(help="Id of the connection, if a workspace has two of a kind.")] = "",
    replace: Annotated[bool, typer.Option(help="Let it take the place of another connection.")] = False,
    as_json: AsJson = False,
) -> None:
    """Connect a CRM. Credentials come from SALESFORCE_* or HUBSPOT_* variables, or from --secret."""
    known = kind_of(kind)
    credentials = open_secret(secret) if secret else _from_environment(known)
    if domain:
        credentials["domain"] = _domain_of(known, domain)
    if not secret and not credentials.keys() - known.public and sys.stdin.isatty():
        credentials |= asked(known, credentials)
    chosen = settings()
    refuse_mixed(project(), sandbox=chosen.sandbox)
    wanted = NewConnection(workspace, kind, credentials, secret, name, replace)
    with Database(chosen.postgres_url, size=2) as db:
        connected = connecting.connect(db, FileSecrets(chosen.secrets), wanted, sandbox=chosen.sandbox)
    if as_json:
        print_json(_as_json(connected))
    else:
        _show(connected, known, chosen)


def _from_environment(kind: Kind) -> dict[str, str]:
    return {key: os.environ[variable] for variable, key in kind.variables.items() if os.environ.get(variable)}


def _domain_of(kind: Kind, domain: str) -> str:
    if "domain" not in kind.public:
        raise Permanent(f"{kind.title} has no domains.", next_step="Leave --domain out.")
    return domain


def asked(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """Ask at the terminal for the credentials that are missing; secrets are not shown."""
    console.print(f"No credentials are in the environment. In {kind.title}: {kind.found}.")
    return {one.key: given.get(one.key) or typer.prompt(one.words, hide_input=one.secret) for one in kind.questions}


def _as_json(connected: Connected) -> dict[str, object]:
    connection, found = connected.connection, connected.inspection
    return {
        "connection": connection.id,
        "workspace": connection.workspace,
        "account": found.account,
        "sandbox": connection.sandbox,
        "objects": {
            name: {"canonical": canonical, "rows": found.rows.get(name)} for name, canonical in found.objects.items()
        },
        "missing": dict(found.missing),
        "calls": found.calls,
        "logs_calls": found.writing.ready,
        "to_log_calls": found.writing.advice,
    }


def _show(connected: Connected, kind: Kind, chosen: Settings) -> None:
    connection, found = connected.connection, connected.inspection
    world = " [yellow]SANDBOX[/yellow]" if chosen.sandbox else ""
    console.print(f"[green]✓[/green] {connection.workspace} is connected to {kind.title} at {found.account}{world}\n")
    table = Table("object", "becomes", box=None, pad_edge=False)
    table.add_column("rows, about", justify="right")
    for name, canonical in found.objects.items():
        rows = found.rows.get(name)
        table.add_row(name, f"crm/{canonical}", "unknown" if rows is None else f"{rows:,}")
    console.print(table)
    for name, reason in found.missing.items():
        console.print(f"[yellow]![/yellow] {name} will not be synced. {escape(reason)}")
    if not found.writing.ready:
        console.print(f"[yellow]![/yellow] Calls will not be logged in it. {escape(found.writing.advice)}")
    console.print(
        f"\nIts history starts by itself within a minute: partition {connection.workspace} of the crm assets."
        "\n`nooks status` shows how far it is. Run this again after changing credentials or permissions."
    )
