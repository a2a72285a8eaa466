"""What changed about the fields of an object is told once, with the day, and breaks nothing."""

from dataclasses import replace
from datetime import timedelta

from nooks_dagster.crm.model import FieldType, SourceField
from nooks_dagster.crm.rows.schema_changes import schema_changes
from nooks_dagster.crm.rows.schemas import remember
from nooks_dagster.database.pool import Database
from tests.crm.conftest import Click
from tests.crm.fake_crm import FIELDS, FakeCrm, row

SURPRISE = SourceField("Surprise__c", FieldType.TEXT, custom=True)


def told(db: Database, workspace: str | None = None) -> list[tuple[str, str]]:
    with db.transaction() as conn:
        found = schema_changes(conn, timedelta(days=7), workspace)
    return [(change.field, change.words) for change in found if change.source == "Account"]


def sync(crm: FakeCrm, click: Click, minute: int, fields: tuple[SourceField, ...]) -> None:
    crm.fields = fields
    crm.write({"Account": [row(1, Surprise__c="7")]}, minute=minute)
    click()


def test_a_field_that_comes_is_retyped_and_goes_is_told_each_time(crm: FakeCrm, click: Click, db: Database) -> None:
    sync(crm, click, 60, FIELDS)
    assert told(db) == []
    sync(crm, click, 80, (*FIELDS, SURPRISE))
    sync(crm, click, 90, (*FIELDS, SURPRISE))
    assert told(db) == [("Surprise__c", "came, as text")]
    sync(crm, click, 100, FIELDS)
    sync(crm, click, 120, (*FIELDS, SURPRISE))
    assert [words for _, words in told(db)] == ["came, as text", "went", "came, as text"]


def test_a_field_that_is_retyped_is_told_with_both_types(crm: FakeCrm, click: Click, db: Database) -> None:
    sync(crm, click, 60, FIELDS)
    retyped = tuple(replace(f, type=FieldType.NUMBER) if f.name == "Score__c" else f for f in FIELDS)
    sync(crm, click, 80, retyped)
    assert told(db) == [("Score__c", "was integer, is number")]
    assert told(db, "acme") == told(db)
    assert told(db, "bravo") == []


def test_rows_that_came_with_fewer_fields_than_their_object_has_are_no_change_of_it(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    sync(crm, click, 60, FIELDS)
    with db.transaction() as conn:
        remember(conn, "acme-salesforce", crm.describe("Account").with_only({"Id", "SystemModstamp"}))
    sync(crm, click, 80, FIELDS)
    assert told(db) == []
