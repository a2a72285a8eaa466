"""Windows that last: fields go, parts turn out bad, connections are removed, and the truth is reached all the same."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.lifecycle.removing import remove_connection
from nooks_dagster.crm.model import Chunk, Extraction, FieldType, SourceField, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync import chunks
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Permanent, QuotaExhausted
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection, Registry
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FIELDS, FakeCrm, row

ACCOUNTS = Request(objects=("accounts",))
WITHOUT_SCORE = FIELDS[:-1]
SCORE_AS_TEXT = (*FIELDS[:-1], SourceField("Score__c", FieldType.TEXT, custom=True))


class ChangingCrm(FakeCrm):
    """A CRM whose administrator changes fields; it refuses those that are gone, and may stop after some chunks."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.fields: Sequence[SourceField] = FIELDS
        self.chunks_left = 1000

    def describe(self, name: str) -> SourceObject:
        return replace(super().describe(name), fields=tuple(self.fields))

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        if set(source.fields) - set(self.fields):
            raise Permanent("A field is gone, or the user may not read it. (INVALID_FIELD)", subject=source.name)
        if self.chunks_left == 0:
            raise QuotaExhausted("the allowance is spent", subject=source.name)
        self.chunks_left -= 1
        return super().extract(source, chunk)

    def _since(self, name: str, since: str) -> list[dict[str, Any]]:
        kinds = {field.name: field.type for field in self.fields}
        return [
            {n: str(v) if n == "Score__c" and kinds[n] is FieldType.TEXT else v for n, v in r.items() if n in kinds}
            for r in super()._since(name, since)
        ]


@pytest.fixture
def crm(tmp_path: Path) -> ChangingCrm:
    return ChangingCrm(tmp_path / "crm.json")


def statement(db: Database, query: str) -> list[tuple[Any, ...]]:
    with db.transaction() as conn:
        cursor = conn.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("fields", [WITHOUT_SCORE, SCORE_AS_TEXT], ids=["removed", "retyped"])
def test_a_field_that_changes_in_the_middle_of_a_history_holds_up_nothing(
    crm: ChangingCrm, click: Click, table: Table, platform: Platform, fields: Sequence[SourceField]
) -> None:
    crm.write({"Account": [row(n) for n in range(20)]})
    crm.chunks_left = 2
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.PARKED}
    crm.fields, crm.chunks_left = fields, 1000
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.DONE}
    assert len(table("accounts")) == 20
    raw = Dataset.below(platform.lake, "crm_raw/accounts").to_pandas()
    assert sorted(raw["Id"]) == [f"{n:04d}" for n in range(20)]
    assert [int(score) for score in raw.sort_values("Id")["Score__c"][:10]] == list(range(10))


def test_a_field_that_goes_while_it_is_read_blocks_its_lane_until_the_next_click(
    crm: ChangingCrm, click: Click, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.write({"Account": [row(n) for n in range(20)]})
    described = crm.describe

    def describe_before_the_change(name: str) -> SourceObject:
        before = described(name)
        crm.fields = WITHOUT_SCORE
        return before

    monkeypatch.setattr(crm, "describe", describe_before_the_change)
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.BLOCKED}
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.DONE}
    assert len(table("accounts")) == 20


def test_what_landed_before_a_field_was_removed_is_merged_by_its_own_shape(
    crm: ChangingCrm, click: Click, table: Table, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(n) for n in range(5)]
    crm.write({"Account": rows})
    with monkeypatch.context() as patched:
        patched.setattr(chunks, "merge", refusing(QuotaExhausted("not now")))
        assert {r.ending for r in click(ACCOUNTS)} == {Ending.PARKED}
    crm.fields = WITHOUT_SCORE
    click(ACCOUNTS)
    assert table("accounts") == {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}
    assert crm.fetched()["Account 0000"] == 1
    assert "Score__c" in Dataset.below(platform.lake, "crm_raw/accounts").schema.names


def refusing(error: Exception, times: int = 1000) -> Callable[..., Any]:
    """Return a merge that fails so many times, and then works."""
    left = iter(range(times))

    def fail_or_merge(*arguments: Any) -> Any:
        if next(left, None) is not None:
            raise error
        return merge(*arguments)

    return fail_or_merge


def test_a_part_that_cannot_be_merged_is_fetched_again(
    crm: ChangingCrm, click: Click, table: Table, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: timedelta())
    monkeypatch.setattr(chunks, "merge", refusing(Corrupt("A row came without its key."), times=1))
    crm.write({"Account": [row(1)]})
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.DONE}
    assert len(table("accounts")) == 1
    assert crm.fetched()["Account 0000"] == 2
    assert statement(db, "SELECT count(*) FROM lake.parts") == [(1,)]


def test_a_part_that_cannot_be_merged_twice_blocks_its_lane_and_is_fetched_anew_when_asked_for(
    crm: ChangingCrm, click: Click, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: timedelta())
    crm.write({"Account": [row(1)]})
    with monkeypatch.context() as patched:
        patched.setattr(chunks, "merge", refusing(Corrupt("A row came without its key.")))
        (report,) = click(ACCOUNTS)
    assert report.ending is Ending.BLOCKED
    assert "fetched twice" in (report.reason or "")
    assert crm.fetched()["Account 0000"] == 2
    assert {r.ending for r in click(ACCOUNTS)} == {Ending.DONE}
    assert crm.fetched()["Account 0000"] == 3
    assert len(table("accounts")) == 1


@pytest.mark.parametrize("read_before", [1, 1000], ids=["unfinished", "finished"])
def test_a_connection_that_was_removed_begins_anew_when_it_is_connected_again(
    crm: ChangingCrm, click: Click, table: Table, db: Database, platform: Platform, read_before: int
) -> None:
    crm.write({"Account": [row(n) for n in range(12)]})
    crm.chunks_left = read_before
    click()
    remove_connection(db, platform.lake, Registry(db).connection("acme-salesforce"))
    Registry(db).add_connection("acme", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    crm.chunks_left = 1000
    click()
    assert len(table("accounts")) == 12


@pytest.mark.parametrize("kind", [WindowKind.INCREMENTAL, WindowKind.REFRESH])
def test_a_whole_object_that_a_person_asks_for_is_read_with_the_allowance_of_a_history(
    crm: ChangingCrm, click: Click, db: Database, kind: WindowKind
) -> None:
    crm.write({"Account": [row(1)]})
    crm.chunks_left = 0
    for _ in range(2):
        click(Request(kind, ("accounts",)))
    classes = "SELECT DISTINCT class FROM work.items WHERE queue IN ('crm.windows', 'crm.chunks')"
    assert statement(db, classes) == [(WorkClass.HISTORY,)]


def test_a_process_has_a_connector_for_each_class_of_its_work(platform: Platform, crm: ChangingCrm) -> None:
    made: list[WorkClass] = []

    def make(_connection: Connection, work_class: WorkClass) -> FakeCrm:
        made.append(work_class)
        return crm

    connectors = Connectors(Registry(platform.db), make)
    for work_class in (WorkClass.HISTORY, WorkClass.ASKED, WorkClass.HISTORY):
        connectors.get("acme-salesforce", work_class)
    assert made == [WorkClass.HISTORY, WorkClass.ASKED]
