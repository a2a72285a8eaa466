"""`docs/add-an-asset.md`, followed to the letter on a copy of the project."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from nooks_dagster.crm.merge import merge
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.raw import observed
from nooks_dagster.crm.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import defs
from nooks_dagster.workspaces.registry import Registry
from tests.docs.conftest import Copy
from tests.docs.pages import ordered

PAGE = "add-an-asset.md"
PIPELINE, NAMES = "assets/sales/open_pipeline.py", "assets/sales/deal_names.py"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SYSTEM = {"Id": FieldType.TEXT, "SystemModstamp": FieldType.TIMESTAMP, "IsDeleted": FieldType.BOOLEAN}

GRAPH = """
import json
from nooks_dagster.definitions import defs
keys = defs.resolve_asset_graph().get_all_asset_keys()
print(json.dumps(sorted(key.to_user_string() for key in keys)))
"""
RUN = """
import dagster as dg
instance = dg.DagsterInstance.get()
instance.add_dynamic_partitions("workspaces", ["acme", "never-materialised"])
job = defs.resolve_implicit_global_asset_job_def()
keys = [dg.AssetKey(["sales", "open_pipeline"]), dg.AssetKey(["sales", "deal_names"])]
run = job.execute_in_process(instance=instance, partition_key="acme", asset_selection=keys)
shown = {e.asset_key.path[-1]: e.materialization.metadata for e in run.get_asset_materialization_events()}
shown = {name: {key: value.value for key, value in metadata.items()} for name, metadata in shown.items()}
checks = [(c.check_name, c.passed, c.metadata["worst"].value) for c in run.get_asset_check_evaluations()]
"""
SPEAK = """
import json
rows = {name: metadata["dagster/row_count"] for name, metadata in shown.items()}
print(json.dumps([json.loads(pipeline.to_json(orient="records", date_format="iso")), rows, checks]))
"""


def _put(db: Database, source: str, canonical: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    """Merge rows as a sync would."""
    types = {"Amount": FieldType.NUMBER, "CloseDate": FieldType.DATE, "IsClosed": FieldType.BOOLEAN}
    fields = SYSTEM | {name: types.get(name, FieldType.TEXT) for name in columns.values()}
    described = SourceObject(
        source,
        canonical,
        tuple(SourceField(*field) for field in fields.items()),
        key="Id",
        stamp="SystemModstamp",
        deleted="IsDeleted",
        columns=columns,
    )
    whole = [{"SystemModstamp": NOW, "IsDeleted": False, **row} for row in rows]
    batch = pa.RecordBatch.from_pylist(whole, schema=described.schema)
    with db.transaction() as conn:
        merge(conn, described, columns, "acme-salesforce", [observed(batch, NOW)])


def _deal(key: str, account: str | None, amount: float | None, *, closed: bool = False, **more: Any) -> dict[str, Any]:
    close = date(2026, 5, int(key))
    return {"Id": key, "AccountId": account, "Amount": amount, "CloseDate": close, "IsClosed": closed, **more}


@pytest.fixture
def records(db: Database) -> None:
    """Two accounts of `acme` and seven deals, one of them closed, one deleted, one of an account that we have not."""
    Registry(db).add_connection("acme", "salesforce", {}, "env:X", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    accounts = [{"Id": "A", "Name": "NA", "OwnerId": "U"}, {"Id": "B", "Name": 'Quote "B"', "OwnerId": None}]
    _put(db, "Account", "accounts", {"name": "Name", "owner_id": "OwnerId"}, accounts)
    columns = {"account_id": "AccountId", "amount": "Amount", "close_date": "CloseDate", "is_closed": "IsClosed"}
    deals = [
        _deal("1", "A", 100.0),
        _deal("2", "A", None),
        _deal("3", "A", 900.0, closed=True),
        _deal("4", "B", 7.5),
        _deal("5", "B", 70.0, IsDeleted=True),
        _deal("6", "Z", 1.0),
        _deal("7", None, 2.0),
    ]
    _put(db, "Opportunity", "opportunities", columns, deals)


def test_the_page_adds_assets_that_load_materialise_and_go_again(copy: Copy, records: None) -> None:
    added = [copy.add(file, ordered(PAGE, "file", file)) for file in (PIPELINE, NAMES)]
    notebook = ordered(PAGE, "run", f"after {PIPELINE}")
    graph, (pipeline, rows, checks) = map(json.loads, copy.python("-c", GRAPH + RUN + notebook + SPEAK).splitlines())
    assert set(graph) - _graph_of_the_house() == {"sales/open_pipeline", "sales/deal_names"}
    totals = {(row["account_id"], row["name"]): (row["deals"], row["amount"]) for row in pipeline}
    assert totals == {
        ("A", "NA"): (2, 100.0),
        ("B", 'Quote "B"'): (1, 7.5),
        ("Z", None): (1, 1.0),
        (None, None): (1, 2.0),
    }
    assert [row["next_close"][:10] for row in pipeline if row["account_id"] == "A"] == ["2026-05-01"]
    assert rows == {"open_pipeline": 4, "deal_names": 6}
    assert checks == [["every_open_deal_has_an_account", False, {"acme": 2}]]
    for path in added:
        path.unlink()
    assert set(json.loads(copy.python("-c", GRAPH))) == _graph_of_the_house()


def test_the_pages_asset_keeps_the_rules_of_the_house(copy: Copy) -> None:
    copy.add(PIPELINE, ordered(PAGE, "file", PIPELINE))
    rules = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_definitions.py", "-k", "every or reviewed"]
    told = copy.python(*rules, UPDATE_SNAPSHOTS="1")
    assert "passed" in told
    snapshot = json.loads((copy.folder / "tests" / "snapshots" / "asset_graph.json").read_text())
    shown = snapshot["assets"]["sales/open_pipeline"]
    assert shown["deps"] == ["crm/accounts", "crm/opportunities"]
    assert shown["checks"] == ["every_open_deal_has_an_account"]


def _graph_of_the_house() -> set[str]:
    return {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
