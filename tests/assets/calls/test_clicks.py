"""A click on past hours does what is missing, by the engine itself, and its tables load as arguments."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import dagster as dg
import pandas as pd
from psycopg.types.json import Jsonb

from assets.calls.records import call_logging
from assets.partitions import call_hours
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from resources.lake import LakeResource
from resources.lake_io_manager import LakeIOManager
from resources.postgres import PostgresResource
from resources.warehouse_io_manager import WarehouseIOManager
from tests.assets.calls.conftest import KEY, Click, Run, told
from tests.assets.calls.test_jobs import close
from tests.calls.hours import HOUR, Calls

OWED = """
    insert into calls.deliveries (call, integration, kind, workspace, key, state, digest)
    values (%s, 'acme-salesforce', 'salesforce', 'acme', %s, 'dead', '')
"""
ITEM = """
    insert into work.items (queue, scope, lane, key, serial, class, payload, release, state)
    values ('calls.deliveries', 'calls/acme', 'deliveries/acme-salesforce', %s, false, 0, %s, 'test', 'dead')
"""


def test_a_click_does_what_is_missing_and_leaves_what_is_done(
    calls: Calls, click: Click, db: Database, connected: Callable[[str], str]
) -> None:
    connected("acme")
    ids = [calls.add() for _ in range(3)]
    result = click(["contacts"])
    assert result.success
    shown = told(result)["contacts", KEY]
    assert (shown["dagster/row_count"], shown["calls_recorded"]) == (3, 3)
    assert "| unknown | 3 |" in shown["contacts"]
    with db.transaction() as conn:
        rows = conn.execute("select call, outcome from calls.contacts order by call").fetchall()
        fences = conn.execute("select array_agg(fence) from calls.stages where stage = 'contact'").fetchall()
    assert rows == [(call, "unknown") for call in ids]
    assert click(["contacts"]).success
    with db.transaction() as conn:
        assert conn.execute("select array_agg(fence) from calls.stages where stage = 'contact'").fetchall() == fences


def test_what_an_hour_holds_loads_as_frames_and_as_a_lazy_dataset(
    calls: Calls, run: Run, db: Database, database_url: str, instance: dg.DagsterInstance
) -> None:
    calls.add(words=["One.", "Two."], account="A")
    calls.add("globex", words=["Three."])
    close(db, run)
    seen: list[Any] = []

    @dg.asset(
        ins={name: dg.AssetIn(["calls", name]) for name in ("records", "validated", "transcripts")},
        partitions_def=call_hours,
    )
    def reading(records: pd.DataFrame, validated: pd.DataFrame, transcripts: Dataset) -> None:
        seen.extend((records, validated, transcripts))

    postgres, lake = PostgresResource(url=database_url), LakeResource(bucket=calls.lake.uri("").split("/")[2])
    managers = {
        "warehouse_io_manager": WarehouseIOManager(postgres=postgres),
        "lake_io_manager": LakeIOManager(lake=lake),
        "io_manager": dg.mem_io_manager,
        "calls": dg.ResourceDefinition.none_resource(),
    }
    dg.materialize(
        [call_logging, reading], selection=[reading], partition_key=KEY, resources=managers, instance=instance
    )
    records, validated, transcripts = seen
    assert sorted(zip(records["workspace"], records["words"], strict=True)) == [("acme", 12), ("globex", 12)]
    assert set(validated["status"]) == {"done"}
    assert sorted(transcripts.to_pandas(["workspace", "text"])["text"]) == ["One.", "Three.", "Two."]


def test_activities_that_were_given_up_are_sent_again_by_a_click_on_their_hour(
    calls: Calls, click: Click, db: Database
) -> None:
    dead, other = calls.add(), calls.add(hour=HOUR - timedelta(hours=1))
    with db.transaction() as conn:
        for call in (dead, other):
            conn.execute(OWED, (call, str(call)))
            conn.execute(ITEM, (str(call), Jsonb({"call": call})))
    assert click(["crm_activities"]).success
    with db.transaction() as conn:
        states = dict(conn.execute("select call, state from calls.deliveries").fetchall())
        items = dict(conn.execute("select key, state from work.items where queue = 'calls.deliveries'").fetchall())
    assert states == {dead: "waiting", other: "dead"}
    assert items == {str(dead): "waiting", str(other): "dead"}
