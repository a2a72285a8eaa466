"""Kill the process at each named point, start another: the truth, and nothing that landed is fetched twice."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import IDS, Request, WindowKind, WindowTask, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from nooks_dagster.workspaces.registry import Registry
from sandbox.hubspot.portals import Portals
from tests.acceptance.objects import portal_table
from tests.acceptance.portal_comparison import portal_differences
from tests.acceptance.portal_truth import portal_truth
from tests.crm.fake_crm import FakeCrm, row
from tests.crm.salesforce.world import World
from tests.programs import Programs

LEASE_SECONDS = 2  # of the programs: what a killed one held is free after it
BEFORE_LANDING = {"planning", "extracted", "uploaded"}
POINTS = ["planning", "extracted", "uploaded", "landed", "merged", "committed", "published", "closing", "closed"]


@pytest.fixture
def drain(
    programs: Programs, database_url: str, platform: Platform, crm: FakeCrm, tmp_path: Path
) -> Callable[..., int]:
    """Run a sync in a process of its own; returns how it ended."""

    def run(module: str = "drain_once", *more: str, **environment: str) -> int:
        where = (database_url, platform.lake.uri("").split("/")[2], str(tmp_path), str(crm.path))
        return programs.run(f"tests.crm.{module}", *where, *more, **environment)

    return run


def plan_first(db: Database, connection: str) -> None:
    ledger = Ledger(db, "planner", timedelta(seconds=1))
    with db.transaction() as conn:
        ledger.plan(conn, [discovery("acme", connection, "first", WorkClass.HISTORY, Request())])


def finished(db: Database) -> bool:
    with db.transaction() as conn:
        row = conn.execute("SELECT count(*) FROM work.items WHERE state <> 'done'").fetchone()
    return row == (0,)


def landed_chunks(db: Database) -> list[str]:
    query = """
        SELECT split_part(i.lane, '/', 2) || ' ' || (i.payload ->> 'key')
        FROM lake.parts p JOIN work.items i ON i.id = p.item_id"""
    with db.transaction() as conn:
        return [chunk for (chunk,) in conn.execute(query)]


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_anywhere_is_followed_by_one_that_ends_with_the_truth(
    point: str,
    drain: Callable[..., int],
    crm: FakeCrm,
    db: Database,
    platform: Platform,
    table: Callable[[str], dict[str, Any]],
    tmp_path: Path,
) -> None:
    rows = [row(n) for n in range(13)]
    crm.write({"Account": rows, "Contact": rows[:4], "Widget__c": rows[:2]})
    plan_first(db, "acme-salesforce")
    assert drain(NOOKS_CRASH_AT=point, NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    landed = landed_chunks(db)
    for _ in deadline.polls(90, every=LEASE_SECONDS / 4):
        assert drain() == 0
        if finished(db):
            break
    truth = {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}
    assert table("accounts") == truth
    assert sorted(Dataset.below(platform.lake, "crm_raw/accounts").to_pandas()["Id"]) == sorted(truth)
    assert {crm.fetched()[chunk] for chunk in landed} <= {1}
    assert landed or point in BEFORE_LANDING


@pytest.mark.parametrize("point", ["extracted", "landed", "closing"])
def test_a_portals_history_killed_anywhere_is_followed_by_one_that_ends_with_the_truth(
    point: str,
    drain: Callable[..., int],
    crm: FakeCrm,
    db: Database,
    platform: Platform,
    world: World,
    tmp_path: Path,
) -> None:
    Registry(db).add_connection("acme", "hubspot", {}, "env:NONE", sandbox=True)
    ensure_partitions(db, "acme-hubspot")
    plan_first(db, "acme-hubspot")
    crash = {"NOOKS_CRASH_AT": point, "NOOKS_CRASH_ONCE": str(tmp_path / "crashed")}
    assert drain("drain_once", "hubspot", **crash) == -signal.SIGKILL
    landed = landed_chunks(db)
    for _ in deadline.polls(90, every=LEASE_SECONDS / 4):
        assert drain("drain_once", "hubspot") == 0
        if finished(db):
            break
    truth = portal_truth(Portals(world.state).get("globex"))
    for source in ("contacts", "owners"):
        table = portal_table(source)
        assert portal_differences(db, table, "acme-hubspot", source, truth[source])[:5] == []
        assert Dataset.below(platform.lake, f"crm_raw/{table}").rows == len(truth[source])
    assert {crm.fetched()[chunk] for chunk in landed} <= {1}
    assert landed or point in BEFORE_LANDING


@pytest.mark.parametrize("point", ["compared", "judged", "closing"])
def test_a_sweep_killed_anywhere_is_followed_by_one_that_deletes_what_is_gone_and_nothing_else(
    point: str,
    drain: Callable[..., int],
    click: Callable[..., Any],
    crm: FakeCrm,
    db: Database,
    table: Callable[[str], dict[str, Any]],
    tmp_path: Path,
) -> None:
    rows = [row(n) for n in range(13)]
    crm.write({"Account": rows})
    click()
    rows[3:6] = [row(3, Name="renamed", minute=1)]
    crm.write({"Account": rows}, minute=80)
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.SWEEP, sweep=(IDS,))
    with db.transaction() as conn:
        Ledger(db, "planner", timedelta(seconds=1)).plan(conn, [task.item("sweep", WorkClass.NIGHTLY)])
    assert drain(NOOKS_CRASH_AT=point, NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    for _ in deadline.polls(90, every=LEASE_SECONDS / 4):
        assert drain() == 0
        if finished(db):
            break
    missing = {f"{n:04d}": (None, None, "missing") for n in (4, 5)}
    assert table("accounts") == {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows} | missing
    with db.transaction() as conn:
        assert conn.execute("select count(*) from pg_tables where schemaname = 'sweeps'").fetchone() == (0,)


@pytest.mark.parametrize("point", ["rewriting", "rewritten", "swapped", "forgotten"])
def test_an_upkeep_killed_anywhere_is_followed_by_one_that_leaves_each_row_once_and_nothing_superfluous(
    point: str,
    drain: Callable[..., int],
    click: Callable[..., Any],
    crm: FakeCrm,
    db: Database,
    platform: Platform,
    tmp_path: Path,
) -> None:
    rows = [row(n) for n in range(13)]
    crm.write({"Account": rows})
    click()
    rows[3:5] = [row(3, minute=70, Name="renamed"), row(4, minute=71, IsDeleted=True)]
    crm.write({"Account": rows}, minute=80)
    click()
    assert drain("upkeep_once", NOOKS_CRASH_AT=point, NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    for _ in deadline.polls(90, every=LEASE_SECONDS / 4):
        assert drain("upkeep_once") == 0
        if finished(db):
            break
    assert drain("upkeep_once") == 0
    raw = Dataset.below(platform.lake, "crm_raw/accounts")
    found = {r["Id"]: (r["Name"], r["IsDeleted"]) for r in raw.to_arrow().to_pylist()}
    assert found == {r["Id"]: (r["Name"], r["IsDeleted"]) for r in rows}
    assert raw.rows == len(rows)
    stored = {platform.lake.uri(o.name) for o in platform.lake.objects("crm_raw/accounts") if "manifest" not in o.name}
    assert stored == {handle.uri for handle in raw.handles}
