"""`docs/add-an-asset.md`, followed to the letter on a copy of the project."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from nooks_dagster.crm.merge import merge
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
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
graph = defs.resolve_asset_graph()
print(json.dumps(sorted(key.to_user_string() for key in graph.get_all_asset_keys())))
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
RULES = """
spec = {s.key.to_user_string(): s for s in defs.resolve_all_asset_specs()}["sales/open_pipeline"]
checked = {key.asset_key for key in graph.asset_check_keys}
rules = ("description", "group_name", "owners", "kinds", "tags", "freshness_policy", "code_version")
missing = [name for name in rules if not getattr(spec, name)]
missing += [] if "dagster/column_schema" in spec.metadata else ["columns"]
missing += [] if spec.key in checked else ["a check"]
upstream = sorted(dep.asset_key.to_user_string() for dep in spec.deps)
print(json.dumps([missing, upstream]))
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
        merge(conn, described, columns, "acme-salesforce", NOW, [batch])


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


def test_the_page_adds_assets_that_load_keep_the_rules_materialise_and_go_again(copy: Copy, records: None) -> None:
    added = [copy.add(file, ordered(PAGE, "file", file)) for file in (PIPELINE, NAMES)]
    notebook = ordered(PAGE, "run", f"after {PIPELINE}")
    told = copy.python(GRAPH + RULES + RUN + notebook + SPEAK).splitlines()
    graph, (missing, upstream), (pipeline, rows, checks) = (json.loads(line) for line in told)
    assert set(graph) - _graph_of_the_house() == {"sales/open_pipeline", "sales/deal_names"}
    assert (missing, upstream) == ([], ["crm/accounts", "crm/opportunities"])
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
    assert set(json.loads(copy.python(GRAPH))) == _graph_of_the_house()


def _graph_of_the_house() -> set[str]:
    return {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
