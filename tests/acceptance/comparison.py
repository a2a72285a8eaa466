"""Row by row: what the source says it has against what stands in `crm.*`.

Belongs here: finding each field of each source row wherever it was put, and comparing it as a value.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from nooks_dagster.crm.salesforce.mapping import FIELDS
from nooks_dagster.database.pool import Database

SYSTEM = {"Id", "IsDeleted", "SystemModstamp", "attributes"}


def differences(
    db: Database, table: str, connection: str, source: str, truth: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return a sentence for each row or field that is not as the source has it; empty when all is equal."""
    ours = stored(db, table, connection, source)
    found: list[str] = []
    for row in truth:
        mine = ours.pop(row["Id"], None)
        found += [f"{source} {row['Id']} is missing"] if mine is None else fields_of(source, row, mine)
    return found + left_over(source, ours)


def left_over(source: str, ours: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each of our rows that the source has not, tombstones excepted: those it had once."""
    living = (key for key, row in ours.items() if row["deleted_reason"] is None or row["properties"])
    return [f"{source} {key} is not in the source" for key in living]


def stored(
    db: Database, table: str, connection: str, source: str, ids: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return what we have of an object, by id: all of it, or the rows of some ids."""
    query = sql.SQL(
        "SELECT * FROM {} WHERE connection_id = %s AND source_object = %s AND (%s::text[] IS NULL OR id = ANY (%s))"
    )
    with db.transaction() as conn:
        rows = conn.cursor(row_factory=dict_row).execute(
            query.format(sql.Identifier("crm", table)), (connection, source, ids, ids)
        )
        return {row["id"]: row for row in rows}


def fields_of(source: str, row: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each field that is not as in a row of the source."""
    if str(row.get("IsDeleted")).lower() == "true":
        winner = row.get("MasterRecordId") or None
        wanted = ("merged" if winner else "deleted", winner, {})
        gone = (mine["deleted_reason"], mine["merged_into"], mine["properties"]) == wanted
        return (
            []
            if gone
            else [f"{source} {row['Id']} should be a tombstone, {wanted[0]}, and is {mine['deleted_reason']}"]
        )
    columns = {field: column for column, field in FIELDS.get(source, {"name": "Name", "owner_id": "OwnerId"}).items()}
    columns |= {"CreatedDate": "source_created_at", "LastModifiedDate": "source_modified_at"}
    values = {name: value for name, value in row.items() if name not in SYSTEM and not isinstance(value, dict)}
    pairs = [(name, value, _found(mine, name, columns)) for name, value in values.items()]
    pairs.append(("SystemModstamp", row["SystemModstamp"], mine["source_stamp"]))
    return [
        f"{source} {row['Id']} {name}: {theirs!r} became {ours!r}"
        for name, theirs, ours in pairs
        if theirs != ours and _plain(theirs) != _plain(ours)
    ]


def _found(mine: Mapping[str, Any], name: str, columns: Mapping[str, str]) -> Any:
    return mine[columns[name]] if name in columns else mine["properties"].get(name)


def _plain(value: Any) -> Any:
    """Bring a value to one form: times to moments, numbers to decimals, empty text of a CSV to nothing."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value)).normalize()
    if isinstance(value, str) and len(value) >= 24 and value[10] == "T" and value[:4].isdigit():
        return datetime.fromisoformat(value)
    return json.dumps(value) if isinstance(value, list) else value
