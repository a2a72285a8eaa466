"""`docs/add-an-asset.md`, followed to the letter on a copy of the project."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pyarrow as pa
import pytest

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import defs
from nooks_dagster.workspaces.registry import Registry
from tests.docs.conftest import Copy
from tests.docs.pages import ordered

PAGE = "add-an-asset.md"
COVERAGE, NAMES = "assets/sales/call_coverage.py", "assets/sales/deal_names.py"
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
keys = [dg.AssetKey(["sales", "call_coverage"]), dg.AssetKey(["sales", "deal_names"])]
run = job.execute_in_process(instance=instance, partition_key="acme", asset_selection=keys)
shown = {e.asset_key.path[-1]: e.materialization.metadata for e in run.get_asset_materialization_events()}
shown = {name: {key: value.value for key, value in metadata.items()} for name, metadata in shown.items()}
checks = [(c.check_name, c.passed, c.metadata["worst"].value) for c in run.get_asset_check_evaluations()]
"""
SPEAK = """
import json
rows = {name: metadata["dagster/row_count"] for name, metadata in shown.items()}
print(json.dumps([json.loads(coverage.to_json(orient="records", date_format="iso")), rows, checks]))
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


CALL = """
    with call as (
        insert into calls.calls (workspace, call_id, body_sha256, submission) values (%(workspace)s, %(key)s, '', '{}')
        returning id, workspace, call_id, hour
    )
    insert into calls.records (call, workspace, call_id, hour, direction, disposition, started_at, duration_ms,
        contact_outcome, connection_id, account_id, talk_ms_rep, talk_ms_prospect, version)
    select id, workspace, call_id, hour, 'outbound', 'connected', %(at)s, 90000, 'unknown', %(connection)s,
        %(account)s, 60000, %(prospect)s, '1' from call
"""


@pytest.fixture
def records(db: Database) -> None:
    """Two accounts and a deal of `acme`; six calls, one with nobody known, one of an account that we have not.

    Another workspace has called too.
    """
    Registry(db).add_connection("acme", "salesforce", {}, "env:X", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    accounts = [{"Id": "A", "Name": "NA", "OwnerId": "U"}, {"Id": "B", "Name": 'Quote "B"', "OwnerId": None}]
    _put(db, "Account", "accounts", {"name": "Name", "owner_id": "OwnerId"}, accounts)
    deal = {"Id": "1", "Amount": 100.0, "CloseDate": date(2026, 5, 1), "IsClosed": False}
    columns = {"amount": "Amount", "close_date": "CloseDate", "is_closed": "IsClosed"}
    _put(db, "Opportunity", "opportunities", columns, [deal])
    made = [("A", 30_000), ("A", None), ("B", 0), ("Z", 0), (None, 0)]
    with db.transaction() as conn:
        for number, (workspace, (account, prospect)) in enumerate([*product(["acme"], made), ("globex", ("A", 0))]):
            values = {"workspace": workspace, "key": str(number), "account": account, "prospect": prospect}
            at = NOW + timedelta(days=number)
            connection = f"{workspace}-salesforce" if account else None
            conn.execute(CALL, {**values, "at": at, "connection": connection})


def test_the_page_adds_assets_that_load_materialise_and_go_again(copy: Copy, records: None) -> None:
    added = [copy.add(file, ordered(PAGE, "file", file)) for file in (COVERAGE, NAMES)]
    notebook = ordered(PAGE, "run", f"after {COVERAGE}")
    graph, (coverage, rows, checks) = map(json.loads, copy.python("-c", GRAPH + RUN + notebook + SPEAK).splitlines())
    assert set(graph) - _graph_of_the_house() == {"sales/call_coverage", "sales/deal_names"}
    totals = {(row["account_id"], row["name"]): (row["calls"], row["minutes"]) for row in coverage}
    assert totals == {
        ("A", "NA"): (2, 2.5),
        ("B", 'Quote "B"'): (1, 1.0),
        ("Z", None): (1, 1.0),
        (None, None): (1, 1.0),
    }
    assert [row["last_call"][:10] for row in coverage if row["account_id"] == "A"] == ["2026-03-02"]
    assert rows == {"call_coverage": 4, "deal_names": 1}
    assert checks == [["every_call_has_an_account", False, {"acme": 2}]]
    for path in added:
        path.unlink()
    assert set(json.loads(copy.python("-c", GRAPH))) == _graph_of_the_house()


def test_the_pages_asset_keeps_the_rules_of_the_house(copy: Copy) -> None:
    copy.add(COVERAGE, ordered(PAGE, "file", COVERAGE))
    rules = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_definitions.py", "-k", "every or reviewed"]
    told = copy.python(*rules, UPDATE_SNAPSHOTS="1")
    assert "passed" in told
    snapshot = json.loads((copy.folder / "tests" / "snapshots" / "asset_graph.json").read_text())
    shown = snapshot["assets"]["sales/call_coverage"]
    assert shown["deps"] == ["calls/records", "crm/accounts"]
    assert shown["checks"] == ["every_call_has_an_account"]


def _graph_of_the_house() -> set[str]:
    return {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
