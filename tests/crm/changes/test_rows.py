"""What a raw row means among the changes of a day: inserted, changed or deleted, and when."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from nooks_dagster.crm.changes.rows import Day, changed_rows
from nooks_dagster.crm.model import FieldType, SourceField
from nooks_dagster.crm.rows.raw import missing, observed
from nooks_dagster.crm.work import RawDataset
from tests.crm.things import CONNECTION, ROOT, THING, at, fields
from tests.crm.things import Row as Thing

TODAY = Day(date(2026, 1, 1))
HOUR = 3600
DATASET = RawDataset("custom_objects", "acme", CONNECTION, THING.name)
DATED = replace(
    THING,
    fields=(*THING.fields, SourceField("Born", FieldType.TIMESTAMP), SourceField("Gone", FieldType.TIMESTAMP)),
    columns={"name": "Name", "source_created_at": "Born"},
    deleted_at="Gone",
)


def told(thing: Thing, born: datetime = ROOT, gone: datetime | None = None, day: Day = TODAY) -> list[dict[str, Any]]:
    raw = [fields(thing) | {"Born": born, "Gone": gone}]
    batch = observed(pa.RecordBatch.from_pylist(raw, schema=DATED.schema), at(50 * HOUR))
    return list(changed_rows(batch, DATED, DATASET, day).to_pylist())


def test_a_row_that_was_made_on_the_day_is_inserted_also_when_it_changed_since() -> None:
    (change,) = told(Thing("a", 9 * HOUR, "Anna"), born=at(HOUR))
    assert change == {
        "workspace": "acme",
        "connection": CONNECTION,
        "canonical": "custom_objects",
        "source_object": "Thing__c",
        "id": "a",
        "kind": "inserted",
        "changed_at": at(9 * HOUR),
        "observed_at": at(50 * HOUR),
        "values": '{"Born":"2026-01-01T01:00:00.000000+00:00","Name":"Anna","Score__c":4,'
        '"SystemModstamp":"2026-01-01T09:00:00.000000+00:00"}',
    }


def test_a_row_that_was_made_before_is_changed() -> None:
    (change,) = told(Thing("a", 9 * HOUR, "Anna"), born=at(-HOUR))
    assert change["kind"] == "changed"


def test_a_row_of_another_day_is_none_of_this() -> None:
    assert told(Thing("a", 24 * HOUR, "Anna")) == []
    assert told(Thing("a", -1, "Anna")) == []
    assert len(told(Thing("a", 24 * HOUR, "Anna"), day=Day(date(2026, 1, 2)))) == 1


def test_a_deleted_row_has_no_values_and_belongs_to_the_day_that_it_was_deleted_on() -> None:
    gone = Thing("a", -9 * HOUR, "Anna", deleted=True)
    (change,) = told(gone, gone=at(HOUR))
    assert (change["kind"], change["changed_at"], change["values"]) == ("deleted", at(HOUR), "{}")


def test_a_deletion_without_a_time_of_its_own_belongs_to_the_day_of_its_stamp() -> None:
    (change,) = told(Thing("a", HOUR, "Anna", deleted=True))
    assert (change["kind"], change["changed_at"]) == ("deleted", at(HOUR))


def test_a_row_that_vanished_without_a_trace_was_deleted_when_that_was_noticed() -> None:
    vanished = missing(DATED, {"a": at(-9 * HOUR)}, at(7 * HOUR))
    (change,) = changed_rows(vanished, DATED, DATASET, TODAY).to_pylist()
    assert (change["id"], change["kind"], change["changed_at"]) == ("a", "deleted", at(7 * HOUR))
    assert change["values"] == "{}"
