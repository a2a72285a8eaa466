"""Postgres tables as arguments: only the partition's rows, only what is not deleted."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from assets.partitions import between
from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.workspaces.registry import Registry
from resources import warehouse_io_manager
from resources.loading import settings
from resources.postgres import PostgresResource
from resources.table_handle import TableHandle
from resources.warehouse_io_manager import WarehouseIOManager

_PARTITION = sql.SQL("create table {} partition of crm.accounts for values in ({})")
WORKSPACES = dg.DynamicPartitionsDefinition(name="workspaces")


@dg.asset(key=["crm", "accounts"], partitions_def=WORKSPACES)
def crm_accounts() -> None:
    """The upstream table; its rows are put there by the tests."""


class Stage:
    """Three workspaces, one of them with two connections and one with none that is left."""

    def __init__(self, db: Database, url: str) -> None:
        self.db, self.url = db, url
        self.instance = dg.DagsterInstance.ephemeral()
        self.instance.add_dynamic_partitions("workspaces", ["acme", "globex", "initech", "unconnected"])
        registry = Registry(db)
        for workspace, connection in (("acme", "a1"), ("acme", "a2"), ("globex", "g1"), ("initech", "i1")):
            registry.add_connection(workspace, "salesforce", {}, "env:X", sandbox=True, connection_id=connection)
            with db.transaction() as conn:
                name, value = sql.Identifier("crm", f"accounts_{connection}"), sql.Literal(connection)
                conn.execute(_PARTITION.format(name, value))
        registry.mark("i1", "removed", "")
        for connection, row, name, deleted in (
            ("a1", "1", "Ada", None),
            ("a2", "2", 'NA "Ltd"\n🚀', None),
            ("a2", "3", None, "deleted"),
            ("g1", "4", "Grace", None),
        ):
            self.add(connection, row, name, deleted)

    def add(self, connection: str, row: str, name: str | None, deleted: str | None) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "insert into crm.accounts (connection_id, source_object, id, name, annual_revenue, properties,"
                " source_stamp, observed_at, present_at, deleted_reason)"
                " values (%s, 'Account', %s, %s, 12.5, %s, now(), now(), now(), %s)",
                [connection, row, name, Jsonb({"Tier__c": "gold"}), deleted],
            )

    def run(self, *assets: dg.AssetsDefinition | dg.AssetSpec, select: str | None = None, **options: Any) -> None:
        manager = WarehouseIOManager(postgres=PostgresResource(url=self.url))
        dg.materialize(assets, selection=select, instance=self.instance, resources={"io_manager": manager}, **options)

    def load(
        self,
        annotation: Any,
        partition: str | None = "acme",
        upstream: dg.AssetsDefinition | dg.AssetSpec = crm_accounts,
        **metadata: Any,
    ) -> Any:
        """What an asset gets that asks for another, by default `crm/accounts`, as an argument."""
        seen = []

        @dg.asset(
            ins={"rows": dg.AssetIn(upstream.key, metadata=metadata)},
            partitions_def=WORKSPACES if partition else None,
        )
        def downstream(rows: annotation) -> None:
            seen.append(rows.to_arrow() if isinstance(rows, TableHandle) else rows)
            if isinstance(rows, pa.RecordBatchReader):
                seen[-1] = rows.read_all()

        self.run(upstream, downstream, select="downstream", partition_key=partition)
        return seen[0]


@pytest.fixture
def stage(db: Database, database_url: str) -> Stage:
    return Stage(db, database_url)


def failure_of(run: Callable[[], Any]) -> str:
    """The sentence that a person reads."""
    with pytest.raises((Failure, TypeError)) as caught:
        run()
    return str(caught.value)


def test_a_frame_holds_the_rows_of_the_partition_that_are_not_deleted(stage: Stage) -> None:
    frame = stage.load(pd.DataFrame).sort_values("id")
    assert frame["name"].tolist() == ["Ada", 'NA "Ltd"\n🚀']
    assert frame["properties"].tolist() == ['{"Tier__c": "gold"}'] * 2
    kinds = frame.dtypes.astype(str)
    assert kinds["name"] == "string"
    assert kinds["employees"] == "Int64"
    assert kinds["annual_revenue"] == "float64"
    assert kinds["source_stamp"] == "datetime64[us, UTC]"


@pytest.mark.parametrize("annotation", [pa.Table, pa.RecordBatchReader, TableHandle])
def test_rows_load_in_the_form_that_the_annotation_asks_for(stage: Stage, annotation: Any) -> None:
    assert sorted(stage.load(annotation)["id"].to_pylist()) == ["1", "2"]


def test_metadata_of_the_input_chooses_columns_and_tombstones(stage: Stage) -> None:
    table = stage.load(pa.Table, columns=["deleted_reason", "id"], include_deleted=True)
    assert table.column_names == ["deleted_reason", "id"]
    assert sorted(table["id"].to_pylist()) == ["1", "2", "3"]


def test_an_asset_without_partitions_gets_all_workspaces(stage: Stage) -> None:
    stage.instance.delete_dynamic_partition("workspaces", "unconnected")
    assert sorted(stage.load(pa.Table, partition=None)["id"].to_pylist()) == ["1", "2", "4"]


def test_a_workspace_whose_connection_was_removed_has_no_rows(stage: Stage) -> None:
    assert stage.load(pd.DataFrame, partition="initech").empty


def test_only_the_tables_of_the_partition_are_read(stage: Stage) -> None:
    plans = []

    @dg.asset(ins={"rows": dg.AssetIn(["crm", "accounts"])}, partitions_def=WORKSPACES)
    def downstream(rows: TableHandle) -> None:
        with stage.db.transaction() as conn:
            query = conn.execute(b"explain select 1 from " + rows._source.as_bytes(conn))
            plans.append("\n".join(line for (line,) in query))

    stage.run(crm_accounts, downstream, select="downstream", partition_key="globex")
    assert "accounts_g1" in plans[0]
    assert "accounts_a1" not in plans[0]


def test_an_unknown_workspace_is_named_with_the_command_that_connects_it(stage: Stage) -> None:
    sentence = failure_of(lambda: stage.load(pd.DataFrame, partition="unconnected"))
    assert sentence == f"There is no workspace unconnected. Connect it with {how_to_connect('unconnected')}."


def test_more_rows_than_a_frame_may_have_name_the_lazy_form(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    few = settings().model_copy(update={"max_frame_rows": 1})
    monkeypatch.setattr("resources.loading.settings", lambda: few)
    sentence = failure_of(lambda: stage.load(pd.DataFrame))
    assert "crm/accounts: The argument rows has 2 rows, more than the 1 that are loaded at once." in sentence
    assert "Annotate it as TableHandle" in sentence
    assert stage.load(TableHandle).num_rows == 2


def test_an_annotation_that_cannot_be_loaded_is_named(stage: Stage) -> None:
    assert "The argument rows cannot be loaded as dict. Annotate it as pandas.DataFrame" in failure_of(
        lambda: stage.load(dict)
    )


@pytest.mark.parametrize(
    ("key", "words"),
    [("crm/nothing", "There is no table crm.nothing"), ("accounts", "has two parts, <schema>/<table>")],
)
def test_a_key_that_is_no_table_is_named(stage: Stage, key: str, words: str) -> None:
    upstream = dg.AssetSpec(dg.AssetKey.from_user_string(key))
    assert words in failure_of(lambda: stage.load(pd.DataFrame, partition=None, upstream=upstream))


def test_a_table_that_does_not_know_its_workspace_cannot_be_partitioned(stage: Stage) -> None:
    days = dg.DailyPartitionsDefinition("2026-01-01")

    @dg.asset(key=["crm", "accounts"], partitions_def=days)
    def upstream() -> None: ...

    @dg.asset(ins={"rows": dg.AssetIn(["crm", "accounts"])}, partitions_def=days)
    def downstream(rows: pd.DataFrame) -> None: ...

    sentence = failure_of(lambda: stage.run(upstream, downstream, select="downstream", partition_key="2026-01-01"))
    assert "crm/accounts: The table does not say which partition a row belongs to." in sentence


def test_a_table_with_a_column_workspace_is_read_by_it(stage: Stage) -> None:
    with stage.db.transaction() as conn:
        conn.execute("create schema verdicts")
        conn.execute("create table verdicts.tech_stack (workspace text, answer text)")
        conn.execute("insert into verdicts.tech_stack values ('acme', 'yes'), ('globex', 'no')")

    @dg.asset(key=["verdicts", "tech_stack"], partitions_def=WORKSPACES)
    def upstream() -> None: ...

    seen = []

    @dg.asset(ins={"rows": dg.AssetIn(["verdicts", "tech_stack"])}, partitions_def=WORKSPACES)
    def downstream(rows: pd.DataFrame) -> None:
        seen.append(rows)

    stage.run(upstream, downstream, select="downstream", partition_key="globex")
    assert seen[0].to_dict("list") == {"workspace": ["globex"], "answer": ["no"]}


HOURS = dg.HourlyPartitionsDefinition("2026-11-29T00", end_date="2026-11-30T00", fmt="%Y-%m-%dT%H")


@pytest.fixture
def by_hours(stage: Stage) -> dg.AssetsDefinition:
    """A table of hours: one row of acme in each of the first six, one of globex in the third."""
    with stage.db.transaction() as conn:
        conn.execute("create schema verdicts")
        conn.execute("create table verdicts.talks (workspace text, hour timestamptz)")
        conn.execute(
            "insert into verdicts.talks select 'acme', timestamptz '2026-11-29 00:00Z' + n * interval '1 hour'"
            " from generate_series(0, 5) n"
        )
        conn.execute("insert into verdicts.talks values ('globex', '2026-11-29 02:00Z')")

    @dg.asset(key=["verdicts", "talks"], partitions_def=HOURS)
    def upstream() -> None: ...

    return upstream


def talks(stage: Stage, upstream: dg.AssetsDefinition, by: dg.PartitionsDefinition, **options: Any) -> list[Any]:
    """What an asset gets of the table of hours: workspaces and hours."""
    seen: list[Any] = []
    rows_in = dg.AssetIn(["verdicts", "talks"], partition_mapping=between(HOURS, by))

    @dg.asset(ins={"rows": rows_in}, partitions_def=by, backfill_policy=dg.BackfillPolicy.single_run())
    def downstream(rows: pd.DataFrame) -> None:
        seen.extend(sorted(zip(rows["workspace"], rows["hour"].dt.hour, strict=True)))

    stage.run(upstream, downstream, select="downstream", **options)
    return seen


def test_a_table_of_hours_gives_the_rows_of_its_hour(stage: Stage, by_hours: dg.AssetsDefinition) -> None:
    assert talks(stage, by_hours, HOURS, partition_key="2026-11-29T02") == [("acme", 2), ("globex", 2)]
    assert talks(stage, by_hours, HOURS, partition_key="2026-11-29T09") == []


def test_several_hours_in_one_run_give_the_rows_of_all_of_them(stage: Stage, by_hours: dg.AssetsDefinition) -> None:
    tags = {
        "dagster/asset_partition_range_start": "2026-11-29T03",
        "dagster/asset_partition_range_end": "2026-11-29T04",
    }
    assert talks(stage, by_hours, HOURS, tags=tags) == [("acme", 3), ("acme", 4)]


def test_a_workspace_that_reads_hours_gets_its_own_rows_alone(stage: Stage, by_hours: dg.AssetsDefinition) -> None:
    assert talks(stage, by_hours, WORKSPACES, partition_key="globex") == [("globex", 2)]
    assert len(talks(stage, by_hours, WORKSPACES, partition_key="acme")) == 6


def test_hours_with_gaps_between_them_are_stretches() -> None:
    stretches = warehouse_io_manager.stretches(HOURS, ["2026-11-29T00", "2026-11-29T05", "2026-11-29T04"])
    assert [(start.hour, end.hour) for start, end in stretches] == [(0, 1), (4, 6)]


def test_a_value_instead_of_a_table_is_refused_with_the_way_out(stage: Stage) -> None:
    @dg.asset(key=["crm", "mistake"])
    def mistake() -> pd.DataFrame:
        return pd.DataFrame()

    sentence = failure_of(lambda: stage.run(mistake))
    assert sentence.startswith("crm/mistake returned a DataFrame, but it is a Postgres table")
    assert "io_manager_key='lake_io_manager'" in sentence


def test_an_asset_that_wrote_its_table_returns_a_result_without_a_value(stage: Stage) -> None:
    @dg.asset(key=["crm", "written"])
    def written() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 3})

    stage.run(written)
    assert stage.instance.get_latest_materialization_event(dg.AssetKey(["crm", "written"]))


def test_all_resources_of_a_process_share_one_pool(database_url: str) -> None:
    assert PostgresResource(url=database_url).database is PostgresResource(url=database_url).database
