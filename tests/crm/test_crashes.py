"""Kill the process at each named point, start another: the truth, and nothing that landed is fetched twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.runs import Platform
from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from tests.crm.fake_crm import FakeCrm, row

PROJECT = Path(__file__).parents[2]
BEFORE_LANDING = {"planning", "extracted", "uploaded"}
POINTS = ["planning", "extracted", "uploaded", "landed", "merged", "committed", "published", "closing", "closed"]


@pytest.fixture
def drain(database_url: str, platform: Platform, crm: FakeCrm, tmp_path: Path) -> Callable[..., int]:
    """Run a sync in a process of its own; returns how it ended."""

    def run(**environment: str) -> int:
        command = [sys.executable, "-m", "tests.crm.drain_once", database_url, platform.lake.uri("").split("/")[2]]
        command += [str(tmp_path), str(crm.path)]
        env = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
        return subprocess.run(command, cwd=PROJECT, env=env, timeout=90, check=False).returncode

    return run


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
    crm.write({"Account": rows, "Contact": rows[:4]})
    ledger = Ledger(db, "planner", timedelta(seconds=1))
    with db.transaction() as conn:
        ledger.plan(conn, [discovery("acme", "acme-salesforce", "first", WorkClass.HISTORY, Request())])
    assert drain(NOOKS_CRASH_AT=point, NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    landed = landed_chunks(db)
    for _ in deadline.polls(30):
        assert drain() == 0
        if finished(db):
            break
    truth = {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}
    assert table("accounts") == truth
    assert sorted(Dataset.below(platform.lake, "crm_raw/accounts").to_pandas()["Id"]) == sorted(truth)
    assert {crm.fetched()[chunk] for chunk in landed} <= {1}
    assert landed or point in BEFORE_LANDING
