"""A table for each signal: one row per finding, with typed columns, made from the declaration.

Belongs here: the views `signals.<name>`, and what their columns mean. Does not: the rows, which are `signals.current`'s
and `signals.answers`'.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import errors, sql

from nooks_dagster.failures import Permanent
from nooks_dagster.signals.canonical import digest
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.shapes import column_of

VIEW_LOCK = 0x76696577  # "view"


class Column(NamedTuple):
    """A column: its name, its type in Postgres, and what it tells."""

    name: str
    type: str
    about: str


_BEFORE = (
    Column("workspace", "text", "The customer."),
    Column("connection_id", "text", "The CRM that the account is in."),
    Column("account_id", "text", "The id of its CRM record."),
    Column("site", "text", "The web site that was read."),
    Column("finding", "bigint", "Which of the account's findings, the surest first."),
)
_AFTER = (
    Column("event_date", "date", "When it happened, if a page tells."),
    Column("confidence", "double precision", "From 0 to 1, as the model puts it."),
    Column("quote", "text", "The words that show it, verbatim."),
    Column("url", "text", "The page that they stand in."),
    Column("fetched_at", "timestamptz", "When that page was first read so."),
    Column("observed_at", "timestamptz", "When it was asked."),
    Column("expires_at", "timestamptz", "Until when it holds."),
    Column("answer", "bigint", "The whole record, in `signals.answers`."),
)


def columns_of(signal: Signal) -> Sequence[Column]:
    """Return the columns of a signal's table."""
    own = [
        Column(name, column_of(field.annotation) or "text", field.description or "")
        for name, field in signal.finding.model_fields.items()
    ]
    return [*_BEFORE, *own, *_AFTER]


def ensure_view(conn: psycopg.Connection[Any], signal: Signal) -> bool:
    """Make the table of a signal, or make it anew if its columns changed; say if that was needed.

    Raises:
        Permanent: A view of somebody else's rests on the old columns.
    """
    name = sql.Identifier("signals", signal.name)
    query = _query(signal)
    made_of = digest([query.as_string(conn), list(columns_of(signal))])
    standing = conn.execute(_MADE_OF, (name.as_string(conn),)).fetchone()
    if standing and standing[0] == made_of:
        return False
    conn.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (VIEW_LOCK, signal.name))
    try:
        conn.execute(sql.SQL("drop view if exists {}").format(name))
    except errors.DependentObjectsStillExist as error:
        raise Permanent(
            "Its columns changed, and another view rests on them.",
            subject=f"table signals.{signal.name}",
            next_step="Drop that view, materialise the signal, make the view again.",
        ) from error
    conn.execute(sql.SQL("create view {} as {}").format(name, query))
    conn.execute(sql.SQL("comment on view {} is {}").format(name, sql.Literal(made_of)))
    return True


def count_findings(conn: psycopg.Connection[Any], signal: Signal, workspace: str) -> int:
    """Return the rows of a workspace in the table of a signal."""
    ((count,),) = conn.execute(_COUNT, {"signal": signal.name, "workspace": workspace}).fetchall()
    return int(count)


def _query(signal: Signal) -> sql.Composed:
    fields = [
        sql.SQL("{} as {}").format(_value(name, column_of(field.annotation) or "text"), sql.Identifier(name))
        for name, field in signal.finding.model_fields.items()
    ]
    return sql.SQL(_ROWS).format(
        fields=sql.SQL(", ").join(fields), event_date=_value("event_date", "date"), signal=sql.Literal(signal.name)
    )


def _value(name: str, kind: LiteralString) -> sql.Composed:
    """Return the value of a field; null where an older answer holds one of another type."""
    if kind == "text[]":
        return sql.SQL(
            "case when jsonb_typeof(f.finding -> {name}) = 'array' "
            "then array(select jsonb_array_elements_text(f.finding -> {name})) end"
        ).format(name=sql.Literal(name))
    return sql.SQL("case when pg_input_is_valid({text}, {kind}) then ({text})::{type} end").format(
        text=sql.SQL("(f.finding ->> {})").format(sql.Literal(name)), kind=sql.Literal(kind), type=sql.SQL(kind)
    )


_MADE_OF = "select obj_description(to_regclass(%s), 'pg_class')"
_COUNT = """
    select coalesce(sum(jsonb_array_length(x.value)), 0)
    from signals.current c join signals.answers x on x.id = c.answer
    where c.signal = %(signal)s and c.workspace = %(workspace)s and c.gone_at is null and x.status = 'found'
"""
_ROWS = """
    select c.workspace, c.connection_id, c.account_id, c.subject as site, f.n as finding, {fields},
        {event_date} as event_date, (f.finding ->> 'confidence')::double precision as confidence,
        e.shown ->> 'quote' as quote, e.shown ->> 'url' as url, (e.shown ->> 'fetched_at')::timestamptz as fetched_at,
        x.observed_at, x.expires_at, x.id as answer
    from signals.current c join signals.answers x on x.id = c.answer
    cross join lateral jsonb_array_elements(x.value) with ordinality as f (finding, n)
    cross join lateral (select x.evidence -> (f.finding -> 'evidence' ->> 0)::int as shown) e
    where c.signal = {signal} and c.gone_at is null and x.status = 'found'
"""
