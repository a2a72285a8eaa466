"""Two runs on one workspace, and a click that finds what another left behind."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.sync.runs import WorkspaceSync
from nooks_dagster.crm.sync.sync import Sync
from nooks_dagster.crm.work import DISCOVERIES, WINDOWS, Request, WindowKind, WindowTask, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from tests.assets.conftest import Click, materialized, sentence
from tests.crm.fake_crm import FakeCrm, row

BOTH = {"crm/accounts", "crm_raw/accounts"}
DONE_BY_ANOTHER = """
    UPDATE work.items SET state = 'done', fence = fence + 1, holder = NULL, lease_until = NULL, finished_at = now()
    WHERE queue IN ('crm.windows', 'crm.chunks') AND state <> 'done'
"""


class GatedCrm(FakeCrm):
    """A CRM whose first chunk is answered only when the gate is opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached = threading.Event()
        self.gate = threading.Event()

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        self.reached.set()
        assert self.gate.wait(60)
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
        assert crm.reached.wait(60)
        second = pool.submit(click, selection=sorted(BOTH), on=elsewhere)
        for _ in deadline.polls(60):
            if launches(db) == 2:
                break
        crm.gate.set()
        found = [materialized(first.result(60)), materialized(second.result(60))]
    assert [set(f) for f in found] == [BOTH, BOTH]
    assert [f["crm/accounts"]["dagster/row_count"].value for f in found] == [12, 12]
    assert sum(int(str(f["crm/accounts"]["rows_read"].value)) for f in found) == 12
    assert set(crm.fetched().values()) == {1}


@pytest.fixture
def rows(crm: GatedCrm) -> int:
    """How many accounts there are, and nobody stands at the gate."""
    crm.gate.set()
    crm.write({"Account": [row(n) for n in range(3)]})
    return 3


@pytest.fixture
def other(db: Database) -> Ledger:
    """The ledger as another run sees it."""
    return Ledger(db, "other", timedelta(minutes=5))


def looking(other: Ledger) -> list[Claim]:
    """Let another run hold the connection's next look, so that a click's own waits behind it."""
    with other.db.transaction() as conn:
        other.plan(conn, [discovery("acme", "acme-salesforce", "first", WorkClass.INCREMENTAL, Request())])
    return other.claim(DISCOVERIES, limit=1, scope="crm/acme")


def complete(other: Ledger, claim: Claim) -> None:
    with other.db.transaction() as conn:
        other.complete(conn, claim, {})


def after_each(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], None]) -> None:
    """Let another run act at the very moment when an iteration has come to its end."""
    real = getattr(owner, name)

    def iterated(*arguments: Any, **named: Any) -> Iterator[Any]:
        yield from real(*arguments, **named)
        act()

    monkeypatch.setattr(owner, name, iterated)


def test_a_click_takes_what_another_run_leaves_just_after_its_last_claim(
    rows: int, other: Ledger, click: Click, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = looking(other)

    def leave() -> None:
        while held:
            complete(other, held.pop())

    after_each(monkeypatch, Sync, "drain", leave)
    result = click(selection=sorted(BOTH))
    assert result.success
    assert materialized(result)["crm/accounts"]["dagster/row_count"].value == rows


@pytest.mark.usefixtures("rows")
def test_what_another_run_begins_after_the_end_of_a_click_is_not_held_against_it(
    other: Ledger, click: Click, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert click(selection=sorted(BOTH)).success
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.INCREMENTAL)
    held = looking(other)

    def look_for_the_click_too() -> None:
        while held:
            complete(other, held.pop())
            held.extend(other.claim(DISCOVERIES, limit=1, scope="crm/acme"))

    def begin() -> None:
        with other.db.transaction() as conn:
            other.plan(conn, [task.item("next", WorkClass.INCREMENTAL)])
        assert len(other.claim(WINDOWS, limit=1, scope="crm/acme")) == 1

    after_each(monkeypatch, Sync, "drain", look_for_the_click_too)
    after_each(monkeypatch, WorkspaceSync, "beats", begin)
    result = click(selection=sorted(BOTH))
    assert result.success, sentence(result)
    assert set(materialized(result)) == BOTH


def test_what_another_run_took_from_a_click_and_did_is_told_as_done(crm: GatedCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(n) for n in range(3)]})
    with ThreadPoolExecutor(1) as pool:
        clicked = pool.submit(click, selection=sorted(BOTH))
        assert crm.reached.wait(60)
        with db.transaction() as conn:
            conn.execute(DONE_BY_ANOTHER)
        crm.gate.set()
        result = clicked.result(60)
    assert result.success, sentence(result)
    assert set(materialized(result)) == BOTH


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
