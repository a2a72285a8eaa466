"""Row by row: what a portal says it has against what stands in `crm.*`.

Belongs here: finding each property and the edges of each record wherever they were put, and comparing them as values.
Does not: what a portal has (`portal_truth`).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nooks_dagster.crm.hubspot.fields import association_fields, property_field, property_of
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.schemas import latest
from nooks_dagster.database.pool import Database
from tests.acceptance.comparison import left_over, stored


def portal_differences(
    db: Database, table: str, connection: str, source: str, truth: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return a sentence for each row or property that is not as the portal has it; empty when all is equal."""
    ours = stored(db, table, connection, source)
    shape = shape_of(db, connection, source)
    found: list[str] = []
    for record in truth:
        mine = ours.pop(record["id"], None)
        if mine is None:
            found.append(f"{source} {record['id']} is missing")
        elif "properties" in record and not record["archived"]:
            found += properties_of(shape, record, mine) + _edges(shape, record, mine)
        elif _fate(mine) != _fate_of(record):
            found.append(f"{source} {record['id']} should be {_fate_of(record)[0]}, and is {mine['deleted_reason']}")
    return found + left_over(source, ours)


def shape_of(db: Database, connection: str, source: str) -> SourceObject:
    """Return what an object was last read as."""
    with db.transaction() as conn:
        return latest(conn, connection, source)


def _fate(mine: Mapping[str, Any]) -> tuple[Any, ...]:
    return mine["deleted_reason"], mine["merged_into"], mine["properties"]


def _fate_of(record: Mapping[str, Any]) -> tuple[Any, ...]:
    winner = record.get("mergedInto")
    return "merged" if winner else "deleted", winner, {}


def properties_of(shape: SourceObject, record: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each property that is not as in a record of the portal; one without value is not in it."""
    source, columns = shape.name, _columns(shape)
    unreadable = json.loads(mine["properties"].get("unreadable") or "{}")
    found = [] if mine["deleted_reason"] is None else [f"{source} {record['id']} is gone"]
    for name, text in record["properties"].items():
        value = _found(mine, property_field(name), columns, unreadable.get(name))
        if not _same(text, value):
            found.append(f"{source} {record['id']} {name}: {text!r} became {value!r}")
    found += [f"{source} {record['id']} {name}: nothing became something" for name in _made_up(shape, record, mine)]
    if mine["source_stamp"] != datetime.fromisoformat(record["updatedAt"]):
        found.append(f"{source} {record['id']} updatedAt: {record['updatedAt']} became {mine['source_stamp']}")
    return found


def _made_up(shape: SourceObject, record: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """Return the properties that have a value here and none there; of owners and pipelines not all are told there."""
    told = {property_field(name) for name in record["properties"]}
    rest = [field.name for field in shape.fields if property_of(field.name) is not None and field.name not in told]
    return [] if shape.whole else [name for name in rest if _found(mine, name, _columns(shape)) is not None]


def _columns(shape: SourceObject) -> Mapping[str, str]:
    return {field: column for column, field in shape.columns.items()}


def _edges(shape: SourceObject, record: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """Compare all edges, and the one that counts: that labelled `Primary`, else that to the lowest id."""
    source, columns, found = shape.name, _columns(shape), list[str]()
    for to, edges in record.get("associations", {}).items():
        every, primary = (_found(mine, field.name, columns) for field in association_fields(to))
        ours = (json.loads(every or "[]"), primary)
        theirs = (edges, str(min(edges, key=_rank)["toObjectId"]) if edges else None)
        if ours != theirs:
            found.append(f"{source} {record['id']} {to}: {theirs!r} became {ours!r}")
    return found


def _rank(edge: Mapping[str, Any]) -> tuple[bool, int]:
    return all(kind["label"] != "Primary" for kind in edge["associationTypes"]), edge["toObjectId"]


def _found(mine: Mapping[str, Any], field: str, columns: Mapping[str, str], otherwise: str | None = None) -> Any:
    return mine[columns[field]] if field in columns else mine["properties"].get(field, otherwise)


def _same(text: str | None, value: Any) -> bool:
    """Say whether a value is what the text of a property means."""
    match value:
        case None:
            return text in (None, "")
        case bool():
            return text == str(value).lower()
        case int() | float() | Decimal():
            return text is not None and Decimal(text) == Decimal(str(value))
        case datetime():
            return text is not None and value == datetime.fromisoformat(text)
        case date():
            return text == value.isoformat()
    return text == value or (text is not None and _moment(text) is not None and _moment(text) == _moment(value))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
