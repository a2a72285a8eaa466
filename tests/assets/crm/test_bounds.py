"""Nothing large in what Dagster and the ledger keep (I8)."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from nooks_dagster.crm.model import Plan, SourceObject
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from tests.assets.conftest import Click, materialized, sentence
from tests.assets.kept import events, kept_in_schema
from tests.crm.fake_crm import FakeCrm

LARGEST = 8192


class WideCrm(FakeCrm):
    """An org with many objects of its own and no rows."""

    def objects(self) -> Mapping[str, str]:
        return {f"A_rather_long_name_of_an_object_{n}__c": "custom_objects" for n in range(45)}

    def describe(self, name: str) -> SourceObject:
        standing = super().describe("Widget__c")
        return SourceObject(name, "custom_objects", standing.fields, "Id", "SystemModstamp", "IsDeleted", {})

    def plan(self, *_: object) -> Plan:
        return Plan(iter(()))


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return WideCrm(tmp_path / "crm.json")


@pytest.fixture
def instance(instance_on_disk: dg.DagsterInstance) -> dg.DagsterInstance:
    return instance_on_disk


def test_more_objects_than_a_table_has_room_for_fit_into_what_dagster_keeps(
    crm: FakeCrm, click: Click, home: Path, db: Database
) -> None:
    crm.write({})
    result = click(selection=["crm/custom_objects"])
    windows = str(materialized(result)["crm/custom_objects"]["windows"].value)
    assert windows.splitlines()[-1].endswith(" more.")
    assert max(len(text.encode()) for text in events(home)) < LARGEST
    assert max(len(text.encode()) for text in kept_in_schema(db, "work")) < LARGEST


def test_a_long_sentence_in_a_foreign_tongue_is_cut_and_blocks_its_lane_only(
    crm: FakeCrm, click: Click, home: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.write({})
    monkeypatch.setattr(crm, "safe_bound", _in_many_words)
    result = click(selection=["crm/custom_objects"])
    assert not result.success
    assert sentence(result).endswith("…; and 44 more")
    assert max(len(text.encode()) for text in events(home)) < LARGEST
    assert max(len(text.encode()) for text in kept_in_schema(db, "work")) < LARGEST


def _in_many_words(_: str) -> None:
    raise Permanent("対象にはアクセスできません。" * 300)
