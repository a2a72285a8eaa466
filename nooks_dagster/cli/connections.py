"""`nooks connections`: what is connected and what was chosen for it; `set` chooses.

Belongs here: the words of choices, and showing them. Does not: what follows from them (`crm.lifecycle.choosing`).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.markup import escape

from nooks_dagster.calls.delivery.lanes import hurry
from nooks_dagster.calls.delivery.webhook_registry import withdraw
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.crm.constants import Constant
from nooks_dagster.crm.lifecycle.call_fields import chosen_fields
from nooks_dagster.crm.lifecycle.choosing import Chosen, choose
from nooks_dagster.crm.lifecycle.options import OverlapPolicy, SyncOptions
from nooks_dagster.crm.writers import shared_writers
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry
from nooks_dagster.workspaces.registry import choose as choose_options

OF_CALLS = ("calls", "call_fields")

connections = typer.Typer(help="List the connections and what was chosen for them; `set` chooses.")


@connections.callback(invoke_without_command=True)
def show(
    context: typer.Context, *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False
) -> None:
    """List the connections and what was chosen for them; `set` chooses."""
    if context.invoked_subcommand:
        return
    with Database(settings().postgres_url, size=1) as db:
        known = Registry(db).connections(removed=True)
    if as_json:
        print_json([_as_json(one) for one in known])
    else:
        lines = [_line(one) for one in known] or ["Nothing is connected; `nooks connect` does it."]
        console.print("\n".join(lines))


@connections.command("set")
def set_choices(
    connection: Annotated[str, typer.Argument(help="Its id, such as acme-salesforce.")],
    *,
    cadence: Annotated[int | None, typer.Option(help="Minutes between two syncs; 0 for the platform's.")] = None,
    overlap: Annotated[OverlapPolicy | None, typer.Option(help="What becomes of starts that overlap.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Read nothing but this object, or this field of its.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Leave out an object or a field.")] = None,
    back: Annotated[list[str] | None, typer.Option("--with", help="Bring an object or a field back.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget all earlier choices first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Choose what is read of a connection, and how often: objects as Lead, fields as Contact.Birthdate.

    Options may be repeated; what is not named stays. Rows of an object that is left out stay, values of a field go.
    """
    with Database(settings().postgres_url, size=1) as db:
        standing = Registry(db).connection(connection)
        before = SyncOptions.of({} if reset else standing.options)
        changes: dict[str, object] = {
            "cadence_minutes": before.cadence_minutes if cadence is None else cadence or None,
            "overlap": overlap or before.overlap,
            "calls": before.calls,
            "call_fields": before.call_fields,
            "only_objects": _changed(before.only_objects, only, back, fields=False),
            "without_objects": _changed(before.without_objects, without, back, fields=False),
            "only_fields": _changed(before.only_fields, only, back, fields=True),
            "without_fields": _changed(before.without_fields, without, back, fields=True),
        }
        chosen = choose(db, standing, SyncOptions.of(changes))
    if as_json:
        followed = {"emptied_rows": chosen.emptied_rows, "read_anew": list(chosen.read_anew)}
        print_json(_as_json(chosen.connection) | followed)
    else:
        _tell(chosen)


@connections.command("calls")
def choose_calls(
    connection: Annotated[str, typer.Argument(help="Its id, such as acme-salesforce.")],
    *,
    logged: Annotated[bool | None, typer.Option("--on/--off", help="Log them, or never.")] = None,
    more: Annotated[list[str] | None, typer.Option("--field", help="A field that each shall hold: Type=Call.")] = None,
    fewer: Annotated[list[str] | None, typer.Option("--without-field", help="End that for a field.")] = None,
    as_json: AsJson = False,
) -> None:
    """Choose whether recorded calls are logged in a CRM; what nobody chose is so where it has the field for them.

    Values of further fields are checked against the CRM; calls that wait there are tried again at once.
    """
    with Database(settings().postgres_url, size=2) as db:
        standing = Registry(db).connection(connection)
        before = SyncOptions.of(standing.options)
        fields = chosen_fields(
            before.call_fields, lambda texts: shared_writers(db)(standing).typed(texts), more or (), fewer or ()
        )
        on = before.calls if logged is None and (more or fewer) else logged is not False
        options = SyncOptions(calls=on, call_fields=fields).model_dump(mode="json", exclude_defaults=True)
        with db.transaction() as conn:
            chosen = choose_options(conn, connection, options, OF_CALLS)
            hurry(conn, connection)
        if on is False:
            with db.transaction() as conn:
                withdraw(conn, connection)
    if as_json:
        print_json(_as_json(chosen))
    else:
        console.print(_line(chosen))


def _changed(
    before: Sequence[str], more: Sequence[str] | None, fewer: Sequence[str] | None, *, fields: bool
) -> list[str]:
    """Return names with more and fewer of them: fields, which have a dot, or objects."""
    named = [*before, *(name for name in more or () if ("." in name) is fields)]
    return [name for name in dict.fromkeys(named) if name not in (fewer or ())]


def _tell(chosen: Chosen) -> None:
    console.print(_line(chosen.connection))
    if chosen.emptied_rows:
        console.print(f"Values of {chosen.emptied_rows:,} rows were emptied.")
    if chosen.read_anew:
        names = escape(", ".join(chosen.read_anew))
        console.print(f"{names}: read anew without them; the old raw rows go from the lake a week after that.")


def _line(connection: Connection) -> str:
    chosen = "; ".join(_words(connection)) or "as everybody"
    if connection.state is ConnectionState.REMOVED:
        chosen = f"its removal was cut off, or is under way; `nooks remove {connection.id}` ends it"
    return escape(f"{connection.id}  {connection.kind} of {connection.workspace}, {connection.state}: {chosen}")


def _words(connection: Connection) -> Iterator[str]:
    options = SyncOptions.of(connection.options)
    if options.cadence_minutes:
        yield f"every {options.cadence_minutes} min"
    if options.overlap is not OverlapPolicy.BUFFER_ALL:
        yield f"overlap {options.overlap}"
    if options.calls is not None:
        yield "calls logged" if options.calls else "no calls logged"
    if options.call_fields:
        yield f"calls with {', '.join(f'{name}={_said(value)}' for name, value in options.call_fields.items())}"
    for word, names in (
        ("only", (*options.only_objects, *options.only_fields)),
        ("without", (*options.without_objects, *options.without_fields)),
    ):
        if names:
            yield f"{word} {', '.join(names)}"


def _said(value: Constant) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_json(connection: Connection) -> dict[str, object]:
    return {
        "id": connection.id,
        "workspace": connection.workspace,
        "kind": connection.kind,
        "state": connection.state,
        "reason": connection.state_reason,
        "options": SyncOptions.of(connection.options).model_dump(mode="json"),
    }
