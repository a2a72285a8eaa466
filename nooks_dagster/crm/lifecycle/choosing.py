"""Choosing for a connection what is read of it, and how often: kept, and done to what is here already.

Belongs here: refusing what makes no sense for this CRM, and what follows from a choice. Does not: the words of a
choice (`crm.lifecycle.options`), reading by it (`crm.lifecycle.chosen`).

Rows of an object that is left out stay as they are, and are not read any more; `nooks remove --object` removes them.
Values of a field that is left out go. What is brought back is read by the next sync, for old rows too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from nooks_dagster.crm.lifecycle.chosen import fixed_fields, left_out, wants
from nooks_dagster.crm.lifecycle.leaving_out import forget_values
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.drift import unlearn
from nooks_dagster.crm.rows.schemas import shapes_of
from nooks_dagster.crm.work import Request, WindowKind, WindowTask, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces import registry
from nooks_dagster.workspaces.registry import Connection

Shapes = Mapping[str, Sequence[SourceObject]]
"""As each object was ever read over a connection."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What followed from a choice: rows whose values were emptied, and the objects that are read anew without them."""

    connection: Connection
    emptied_rows: int
    read_anew: Sequence[str]


def choose(db: Database, connection: Connection, options: SyncOptions) -> Chosen:
    """Keep the choices of a connection in place of those before, and let them hold for what is here.

    Raises:
        Permanent: A field is left out without which rows cannot be kept, or that the object does not have.
    """
    ledger = Ledger(db, "choose", timedelta())
    emptied, anew = 0, list[str]()
    with db.transaction() as conn:
        shapes = shapes_of(conn, connection.id)
        _refuse_what_cannot_be(connection, shapes, options)
        before = SyncOptions.of(connection.options)
        chosen = registry.choose(conn, connection.id, options.model_dump(mode="json", exclude_defaults=True))
        for source, known in shapes.items():
            if fields := _newly_left_out(known, before, options):
                emptied += forget_values(conn, connection.id, known, fields)
                unlearn(conn, connection.id, known, fields)
            if wants(options, source) and (fields or _comes_without(source, known, before, options)):
                anew.append(source)
        ledger.plan(conn, [_refresh(connection, shapes[source][0]) for source in anew])
        ledger.plan(conn, [_look(connection)])
    return Chosen(chosen, emptied, anew)


def _look(connection: Connection) -> NewItem:
    key = f"choose:{uuid4()}"
    return discovery(connection.workspace, connection.id, key, WorkClass.INCREMENTAL, Request())


def _newly_left_out(known: Sequence[SourceObject], before: SyncOptions, now: SyncOptions) -> set[str]:
    return {field for shape in known for field in {*left_out(shape, now)} - {*left_out(shape, before)}}


def _comes_without(source: str, known: Sequence[SourceObject], before: SyncOptions, now: SyncOptions) -> bool:
    """Say whether an object is brought back that may have been read with fields that are left out by now."""
    return not wants(before, source) and any(left_out(shape, now) for shape in known)


def _refresh(connection: Connection, shape: SourceObject) -> NewItem:
    task = WindowTask(connection.workspace, connection.id, shape.name, shape.canonical, WindowKind.REFRESH)
    return task.item(f"{WindowKind.REFRESH}:left_out:{uuid4()}", WorkClass.HISTORY)


def _refuse_what_cannot_be(connection: Connection, shapes: Shapes, options: SyncOptions) -> None:
    for field in (*options.without_fields, *options.only_fields):
        source, _, name = field.partition(".")
        if not name:
            raise Permanent(f"{field!r} names no field.", next_step="Write object and field: Contact.Birthdate.")
        known = shapes.get(source, ())
        if known and not any(name == one.name for shape in known for one in shape.fields):
            raise Permanent(
                f"{source} has no field {name}.", subject=connection.id, next_step="Write it as the CRM does."
            )
    for field in options.without_fields:
        source, _, name = field.partition(".")
        if any(name in fixed_fields(shape) for shape in shapes.get(source, ())):
            raise Permanent(
                f"{field} cannot be left out: it tells the rows apart, or when they changed, or that they are gone.",
                subject=connection.id,
            )
