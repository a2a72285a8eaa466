"""Fields come, go and change their type: after the next sync every row has what it has at the source."""

from datetime import timedelta
from typing import Any

from nooks_dagster.crm.model import Chunk, Extraction, FieldType, SourceField, SourceObject
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.work import WindowKind, moment, start
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.conftest import Click
from tests.crm.fake_crm import FIELDS, FakeCrm, at, row

SURPRISE = SourceField("Surprise__c", FieldType.TEXT, custom=True)


def surprises(db: Database) -> list[Any]:
    with db.transaction() as conn:
        return [found for (found,) in conn.execute("SELECT properties ->> 'Surprise__c' FROM crm.accounts ORDER BY id")]


def kinds(reports: list[WindowReport]) -> list[str]:
    return [report.task.kind for report in reports if report.task.source == "Account"]


def test_a_new_field_is_read_for_old_rows_too(crm: FakeCrm, click: Click, db: Database) -> None:
    rows = [row(n, Surprise__c=f"s{n}") for n in range(7)]
    crm.write({"Account": rows}, minute=60)
    click()
    assert surprises(db) == [None] * 7
    crm.fields = (*FIELDS, SURPRISE)
    crm.write({"Account": rows}, minute=80)
    assert kinds(click()) == [WindowKind.INCREMENTAL, WindowKind.REFRESH]
    assert surprises(db) == [f"s{n}" for n in range(7)]
    crm.write({"Account": rows}, minute=90)
    assert kinds(click()) == [WindowKind.INCREMENTAL]


def test_a_new_field_that_several_waiting_windows_meet_is_read_once(crm: FakeCrm, click: Click, db: Database) -> None:
    rows = [row(n, Surprise__c=f"s{n}") for n in range(7)]
    crm.write({"Account": rows}, minute=60)
    click()
    crm.fields = (*FIELDS, SURPRISE)
    crm.write({"Account": rows}, minute=100)
    with db.transaction() as conn:
        missed = [start("acme", "acme-salesforce", moment(at(minute))) for minute in (70, 80, 90)]
        Ledger(db, "clock", timedelta()).plan(conn, missed)
    assert kinds(click(launch=1)) == [*[WindowKind.INCREMENTAL] * 3, WindowKind.REFRESH]
    assert surprises(db) == [f"s{n}" for n in range(7)]


def test_a_field_that_comes_in_the_middle_of_a_history_is_read_for_the_rows_before_it(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    rows = [row(n, Surprise__c=f"s{n}") for n in range(23)]
    crm.write({"Account": rows}, Account="QuotaExhausted")
    click()
    crm.fields = (*FIELDS, SURPRISE)
    crm.write({"Account": rows})
    click()
    assert surprises(db) == [f"s{n}" for n in range(23)]


def test_a_field_that_goes_asks_for_nothing(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.fields = FIELDS[:-1]
    crm.write({"Account": [row(1)]}, minute=80)
    assert kinds(click()) == [WindowKind.INCREMENTAL]


def test_a_field_that_the_source_names_and_never_sends_is_asked_for_once(
    crm: FakeCrm, click: Click, monkeypatch: Any
) -> None:
    extract = crm.extract

    def without(source: SourceObject, chunk: Chunk) -> Extraction:
        told = source.with_only([field.name for field in FIELDS])
        extraction = extract(told, chunk)
        extraction.source = told
        return extraction

    monkeypatch.setattr(crm, "extract", without)
    crm.fields = (*FIELDS, SURPRISE)
    crm.write({"Account": [row(1)]}, minute=60)
    assert kinds(click()) == [WindowKind.HISTORY, WindowKind.REFRESH]
    for minute in (80, 100):
        crm.write({"Account": [row(1)]}, minute=minute)
        assert kinds(click()) == [WindowKind.INCREMENTAL]
