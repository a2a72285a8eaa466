"""Whether each row is a state that its CRM really had: the tables against all that ever happened in the sandbox.

Belongs here: finding our rows among the states of theirs, and what stamps showed and no window read. Formulas,
calculated properties and edges have versions of their own, so they are left out.
Does not: whether ours is the last of them (`tests.acceptance.comparison`, `portal_comparison`).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nooks_dagster.crm.hubspot.fields import property_field
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.database.pool import Database
from sandbox.hubspot.model import ObjectType, Record
from sandbox.hubspot.portals import Portals
from sandbox.hubspot.truth import record_line
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.org import Row
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.comparison import fields_of, stored
from tests.acceptance.objects import TABLES, portal_table
from tests.acceptance.portal_comparison import properties_of, shape_of

Mine = Mapping[str, Any]


def never_were(db: Database, state: Path, name: str, most: int = 200, seed: int = 1) -> list[str]:
    """Return a sentence for each of our rows that is no state that the org or portal of that name ever had.

    Args:
        db: Where ours are.
        state: The sandbox's folder.
        name: Of org, portal and workspace.
        most: How many rows of each object are looked at, of those that something happened to.
        seed: Draws them.
    """
    chance = random.Random(seed)
    return [*_of_org(db, Orgs(state), name, most, chance), *_of_portal(db, Portals(state), name, most, chance)]


def missed(db: Database, state: Path, name: str) -> list[str]:
    """Return a sentence for each of our rows that is not the last state of the org's, though its stamp shows that.

    A sweep would mend it, and so hide that a window did not read it. What was not shared for a while is left out:
    it comes back without a stamp.

    Args:
        db: Where ours are, once all stands still and the windows are done.
        state: The sandbox's folder.
        name: Of org and workspace.
    """
    orgs = Orgs(state)
    states, living = orgs.states(name), orgs.living(name)
    found: list[str] = []
    for source, table in TABLES.items():
        last, unshared, compared = states.last(source), states.unshared(source), _compared(living, source)
        ours = stored(db, table, f"{name}-salesforce", source, list(last))
        for key in last.keys() - unshared:
            found += _missed(source, key, last[key], ours.get(key), compared)
    return found


def _missed(source: str, key: str, row: Row, mine: Mine | None, compared: set[str]) -> list[str]:
    if not row:
        return [f"{source} {key} is gone and still here"] if mine and mine["deleted_reason"] is None else []
    if mine is None:
        return [f"{source} {key} is missing"]
    if mine["deleted_reason"] is not None and not row["IsDeleted"]:
        return [f"{source} {key} is there and has a tombstone here, {mine['deleted_reason']}"]
    return fields_of(source, {name: row[name] for name in row if name in compared}, mine)


def _compared(living: Living, source: str) -> set[str]:
    return {field.name for field in living.sobject(source).fields if not field.calculated} | {"Id"}


def _of_org(db: Database, orgs: Orgs, name: str, most: int, chance: random.Random) -> Iterator[str]:
    drawn, living = orgs.states(name), orgs.living(name)
    ours_of = {
        source: stored(db, table, f"{name}-salesforce", source, _some(drawn.ids(source), chance, most))
        for source, table in TABLES.items()
    }
    states = orgs.states(name)  # Read after ours, so that each of ours is among them.
    for source, ours in ours_of.items():
        compared = _compared(living, source)
        for key, rows in states.of(source, ours).items():
            if not any(_is_row(source, row, ours[key], compared) for row in rows):
                yield f"{source} {key} never was as it is"


def _some(ids: Sequence[str], chance: random.Random, most: int) -> list[str]:
    return chance.sample(ids, min(most, len(ids)))


def _is_row(source: str, row: Row, mine: Mine, compared: set[str]) -> bool:
    if mine["deleted_reason"] is not None:
        return (not row or bool(row["IsDeleted"])) and not mine["properties"]
    return bool(row) and not fields_of(source, {name: row[name] for name in row if name in compared}, mine)


def _of_portal(db: Database, portals: Portals, name: str, most: int, chance: random.Random) -> Iterator[str]:
    portal, connection = portals.living(name), f"{name}-hubspot"
    for kind in portal.types():
        source = kind.qualified_name or kind.name
        drawn = _some([str(each) for each in portal.written_to(kind)], chance, most)
        ours = stored(db, portal_table(source), connection, source, drawn)
        if not ours:
            continue
        shape = _without_volatile(shape_of(db, connection, source), kind)
        for key, records in portal.states(kind, [int(each) for each in ours]).items():
            if not any(_is_record(shape, record, ours[str(key)]) for record in records):
                yield f"{source} {key} never was as it is"


def _without_volatile(shape: SourceObject, kind: ObjectType) -> SourceObject:
    """Return a shape with those properties alone that the portal was made with and that move with the stamp."""
    return shape.with_only({property_field(made.name) for made in kind.properties if not made.calculated})


def _is_record(shape: SourceObject, record: Record | None, mine: Mine) -> bool:
    if record is None or mine["deleted_reason"] is not None:
        return record is None and mine["deleted_reason"] is not None and not mine["properties"]
    known = {field.name for field in shape.fields}
    kept = {name: value for name, value in record.properties.items() if property_field(name) in known}
    return not properties_of(shape, record_line(replace(record, properties=kept)), mine)
