"""Two runs on one workspace, and a click that finds what another left behind."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.work import DISCOVERIES, Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from tests.assets.conftest import Click, materialized
from tests.crm.fake_crm import FakeCrm, row

BOTH = {"crm/accounts", "crm_raw/accounts"}


class GatedCrm(FakeCrm):
    """A CRM whose first chunk is answered only when the gate is opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached = threading.Event()
        self.gate = threading.Event()

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        self.reached.set()
        assert self.gate.wait(30)
        return super().extract(source, chunk)


@pytest.fixture
def crm(tmp_path: Path) -> GatedCrm:
    return GatedCrm(tmp_path / "crm.json")


@pytest.fixture
def elsewhere() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions("workspaces", ["acme"])
        yield made


def launches(db: Database) -> int:
    with db.transaction() as conn:
        return len(conn.execute("SELECT FROM work.launches").fetchall())


def test_the_second_of_two_clicks_waits_and_tells_what_the_first_reached(
    crm: GatedCrm, click: Click, db: Database, elsewhere: dg.DagsterInstance
) -> None:
    crm.write({"Account": [row(n) for n in range(12)]})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(click, selection=sorted(BOTH))
        assert crm.reached.wait(20)
        second = pool.submit(click, selection=sorted(BOTH), on=elsewhere)
        for _ in deadline.polls(20):
            if launches(db) == 2:
                break
        crm.gate.set()
        found = [materialized(first.result(60)), materialized(second.result(60))]
    assert [set(f) for f in found] == [BOTH, BOTH]
    assert [f["crm/accounts"]["dagster/row_count"].value for f in found] == [12, 12]
    assert sum(int(str(f["crm/accounts"]["rows_read"].value)) for f in found) == 12
    assert set(crm.fetched().values()) == {1}


def test_a_click_takes_over_what_a_dead_run_held(crm: GatedCrm, click: Click, db: Database) -> None:
    crm.gate.set()
    crm.write({"Account": [row(n) for n in range(3)]})
    ghost = Ledger(db, "ghost", timedelta(seconds=1))
    with db.transaction() as conn:
        ghost.plan(conn, [discovery("acme", "acme-salesforce", "first", WorkClass.HISTORY, Request())])
    assert len(ghost.claim(DISCOVERIES, limit=1, scope="crm/acme")) == 1
    result = click(selection=sorted(BOTH))
    assert result.success
    assert materialized(result)["crm/accounts"]["dagster/row_count"].value == 3
