"""Starts that fall due while earlier ones are not done: each policy, and none of them loses a row."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.asking import ask
from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.discovery import Discovery
from nooks_dagster.crm.lifecycle.options import OverlapPolicy
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.starts.overlap import FREE, MOST_WAITING, Fate, OpenLane, fate
from nooks_dagster.crm.work import DISCOVERIES, WINDOWS, Request, start
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease, QuotaExhausted
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm, at, row

BUFFER_ALL, COALESCE, SKIP, CANCEL_OTHER = OverlapPolicy
ASKED = None
CONNECTION = "acme-salesforce"

Click = Callable[..., list[WindowReport]]
Table = Callable[[str], dict[str, Any]]
Due = Callable[..., None]
Launch = Callable[[], list[WindowReport]]
Slow = Callable[[OverlapPolicy], Claim]

WAITING, READING = OpenLane(increments=(7,), untouched=7), OpenLane(increments=(7,))
BOTH = OpenLane(increments=(7, 8), untouched=8)
FULL = OpenLane(increments=tuple(range(MOST_WAITING)), untouched=7)
BLOCKED = OpenLane(blocked=True, increments=(7,))
HISTORY, OTHER = OpenLane(whole=True), OpenLane()
PERSON = OpenLane(increments=(7,), asked=True)

TABLE = [
    # what is not done     buffer_all       coalesce         skip            cancel_other    a person asks
    ("nothing", FREE, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED),
    ("one waits", WAITING, Fate.PLANNED, Fate.COALESCED, Fate.SKIPPED, Fate.INSTEAD, Fate.PLANNED),
    ("one is read", READING, Fate.PLANNED, Fate.PLANNED, Fate.SKIPPED, Fate.INSTEAD, Fate.PLANNED),
    ("both", BOTH, Fate.PLANNED, Fate.COALESCED, Fate.SKIPPED, Fate.INSTEAD, Fate.PLANNED),
    ("a thousand", FULL, Fate.COALESCED, Fate.COALESCED, Fate.SKIPPED, Fate.INSTEAD, Fate.PLANNED),
    ("it is blocked", BLOCKED, Fate.WITHHELD, Fate.WITHHELD, Fate.WITHHELD, Fate.WITHHELD, Fate.PLANNED),
    ("a history", HISTORY, Fate.WITHHELD, Fate.WITHHELD, Fate.WITHHELD, Fate.WITHHELD, Fate.WITHHELD),
    ("another kind", OTHER, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED, Fate.PLANNED),
    ("a person's", PERSON, Fate.PLANNED, Fate.PLANNED, Fate.SKIPPED, Fate.INSTEAD, Fate.COALESCED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lane", "fates"), [(lane, fates) for _, lane, *fates in TABLE], ids=[name for name, *_ in TABLE]
)
def test_what_becomes_of_a_window_under_each_policy(lane: OpenLane, fates: Sequence[Fate]) -> None:
    assert [fate(policy, lane) for policy in (*OverlapPolicy, ASKED)] == fates


class LimitedCrm(FakeCrm):
    """A CRM whose allowance is spent after some chunks."""

    chunks_left = 1000

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        if self.chunks_left == 0:
            raise QuotaExhausted("the allowance is spent", subject=source.name)
        self.chunks_left -= 1
        return super().extract(source, chunk)


@pytest.fixture
def crm(tmp_path: Path) -> LimitedCrm:
    return LimitedCrm(tmp_path / "crm.json")


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "another run", timedelta(seconds=30))


@pytest.fixture
def due(ledger: Ledger, db: Database) -> Due:
    """Let starts fall due at minutes of the source's clock, under a policy."""

    def plan(*minutes: int, policy: OverlapPolicy = BUFFER_ALL) -> None:
        Registry(db).choose(CONNECTION, {"overlap": policy})
        with db.transaction() as conn:
            ledger.plan(conn, [start("acme", CONNECTION, datetime.fromisoformat(at(minute))) for minute in minutes])

    return plan


@pytest.fixture
def launch(platform: Platform) -> Launch:
    """Drain as a run of the dispatcher's does."""

    def run() -> list[WindowReport]:
        return list(WorkspaceSync(platform, SyncRun("acme", "run", 1, WorkClass.INCREMENTAL)).run())

    return run


def of_accounts(reports: list[WindowReport]) -> list[tuple[Ending, str]]:
    """How the windows of accounts ended, and up to where they read."""
    mine = [r for r in reports if r.task.source == "Account"]
    return [(r.ending, r.until.isoformat() if r.until else "") for r in mine]


def outcomes(db: Database) -> list[Any]:
    """What became of the starts that are done, without how many objects there are."""
    query = """
        SELECT outcome FROM work.items
        WHERE queue = 'crm.discoveries' AND payload ? 'due' AND state = 'done' ORDER BY id
    """
    with db.transaction() as conn:
        return [{k: v for k, v in found.items() if k != "objects"} for (found,) in conn.execute(query.encode())]


def open_windows(db: Database) -> int:
    query = "SELECT count(*) FROM work.items WHERE queue = 'crm.windows' AND lane LIKE '%/Account' AND state <> 'done'"
    with db.transaction() as conn:
        ((count,),) = conn.execute(query.encode()).fetchall()
    return int(count)


def changed_each_minute(*minutes: int) -> list[dict[str, Any]]:
    return [row(minute, minute=minute) for minute in minutes]


def test_the_starts_of_a_downtime_are_done_in_order_and_each_reads_up_to_when_it_fell_due(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    minutes = [75, 90, 105, 120, 135, 150, 165, 180, 195, 210, 225, 240]
    rows = changed_each_minute(*(minute - 1 for minute in minutes))
    crm.write({"Account": rows}, minute=245)
    due(*minutes)
    reports = launch()
    assert of_accounts(reports) == [(Ending.DONE, at(minute)) for minute in minutes]
    assert [r.totals["inserted"] for r in reports if r.task.source == "Account"] == [1] * 12
    assert set(table("accounts")) == {"0001", *(r["Id"] for r in rows)}
    assert launch() == []


def test_starts_that_are_coalesced_become_one_and_are_counted(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, db: Database, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": changed_each_minute(70, 80, 89)}, minute=200)
    due(75, 90, 105, policy=COALESCE)
    assert of_accounts(launch()) == [(Ending.DONE, at(105))]
    assert outcomes(db) == [{"coalesced": 1}, {"coalesced": 1}, {"windows": 3}]
    assert len(table("accounts")) == 4


@pytest.fixture
def discover(crm: FakeCrm, db: Database) -> Callable[[], None]:
    """Find out which windows the starts that fell due mean, and read none."""
    ledger = Ledger(db, "test", timedelta(seconds=30))
    discovery = Discovery(db, ledger, Connectors(Registry(db), lambda _connection, _class: crm))

    def run() -> None:
        while claims := ledger.claim(DISCOVERIES, limit=1):
            discovery.run(claims[0])

    return run


@pytest.fixture
def slow(crm: FakeCrm, click: Click, due: Due, ledger: Ledger, discover: Callable[[], None]) -> Slow:
    """Let a sync last longer than its cadence: another run holds its window of accounts while two more fall due."""

    def begin(policy: OverlapPolicy) -> Claim:
        crm.write({"Account": [row(1)]}, minute=60)
        click()
        crm.write({"Account": changed_each_minute(70, 80, 95)}, minute=200)
        due(75, policy=policy)
        discover()
        (held,) = ledger.claim(WINDOWS, limit=1, lanes=[f"{CONNECTION}/Account"])
        for minute in (90, 105):
            due(minute, policy=policy)
            discover()
        return held

    return begin


@pytest.mark.parametrize(
    ("policy", "waiting", "minutes"),
    [(BUFFER_ALL, 3, [75, 90, 105]), (COALESCE, 2, [75, 105]), (SKIP, 1, [75])],
    ids=["buffer_all", "coalesce", "skip"],
)
def test_a_sync_slower_than_its_cadence_loses_nothing(
    policy: OverlapPolicy,
    waiting: int,
    minutes: list[int],
    slow: Slow,
    ledger: Ledger,
    launch: Launch,
    due: Due,
    db: Database,
    table: Table,
) -> None:
    held = slow(policy)
    assert open_windows(db) == waiting
    ledger.release_claim(held, timedelta())
    assert of_accounts(launch()) == [(Ending.DONE, at(minute)) for minute in minutes]
    due(120, policy=policy)
    assert of_accounts(launch()) == [(Ending.DONE, at(120))]
    assert len(table("accounts")) == 4


def test_a_start_that_cancels_the_others_takes_the_place_of_one_that_is_read(
    slow: Slow, ledger: Ledger, launch: Launch, db: Database, table: Table
) -> None:
    held = slow(CANCEL_OTHER)
    assert open_windows(db) == 1
    with pytest.raises(LostLease), db.transaction() as conn:
        ledger.complete(conn, held, {})
    assert of_accounts(launch()) == [(Ending.DONE, at(105))]
    assert len(table("accounts")) == 4


def test_what_a_cancelled_sync_had_read_stays_and_stands_in_the_lake(
    crm: LimitedCrm, click: Click, due: Due, launch: Launch, platform: Platform, table: Table, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    rows = changed_each_minute(*range(61, 73))
    crm.write({"Account": rows}, minute=80)
    crm.chunks_left = 1
    due(75, policy=CANCEL_OTHER)
    assert [ending for ending, _ in of_accounts(launch())] == [Ending.PARKED]
    crm.chunks_left = 1000
    crm.write({"Account": rows[-2:]}, minute=110)  # as if the others were known to be here, and not asked for again
    due(105, policy=CANCEL_OTHER)
    assert of_accounts(launch()) == [(Ending.DONE, at(75)), (Ending.DONE, at(105))]
    assert len(table("accounts")) == 1 + 5 + 2
    assert Dataset.below(platform.lake, "crm_raw/accounts/workspace=acme").rows == 1 + 5 + 2
    with db.transaction() as conn:
        ((outcome,),) = conn.execute(
            "SELECT outcome FROM work.items WHERE outcome ? 'inserted' AND progress ? 'given_up'"
        )
        assert (outcome["inserted"], outcome["given_up"]) == (5, 1)


def test_behind_a_blocked_object_nothing_piles_up_and_the_others_go_on(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, db: Database, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": changed_each_minute(70), "Contact": changed_each_minute(70)}, 200, Account="Permanent")
    for minute in (75, 90, 105):
        due(minute)
        launch()
    assert open_windows(db) == 1
    assert outcomes(db) == [{"windows": 3}, {"windows": 2, "withheld": 1}, {"windows": 2, "withheld": 1}]
    assert len(table("contacts")) == 1
    crm.write({"Account": changed_each_minute(70, 101)}, 200)
    click()
    assert len(table("accounts")) == 3


def test_a_start_of_a_connection_that_was_paused_meanwhile_reads_nothing(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    due(75)
    Registry(db).mark(CONNECTION, "paused", "somebody wished so")
    assert launch() == []
    assert outcomes(db) == [{"paused": 1}]


def test_a_click_reads_all_there_is_behind_the_starts_that_wait(
    crm: FakeCrm, click: Click, due: Due, discover: Callable[[], None], table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    due(75, 90)
    discover()
    crm.write({"Account": changed_each_minute(70, 80, 99)}, minute=100)
    assert of_accounts(click()) == [(Ending.DONE, at(75)), (Ending.DONE, at(90)), (Ending.DONE, at(100))]
    assert len(table("accounts")) == 4


def test_a_click_while_that_of_another_is_read_reads_what_changed_in_between(
    crm: FakeCrm, click: Click, table: Table, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(n) for n in range(3)]
    crm.write({"Account": rows}, minute=60)
    click()
    extract, asked = crm.extract, list[str]()

    def asked_meanwhile(source: SourceObject, chunk: Chunk) -> Extraction:
        if not asked:
            asked.append("second")
            rows[1] = row(1, minute=90, Name="new")
            crm.write({"Account": rows}, minute=100)
            ledger = Ledger(platform.db, "person", timedelta())
            ask(ledger, Registry(platform.db).connections("acme"), "second", Request())
            _wait_until_done(platform.db, "second")
        return extract(source, chunk)

    rows[0] = row(0, minute=70)
    crm.write({"Account": rows}, minute=80)
    monkeypatch.setattr(crm, "extract", asked_meanwhile)
    click()
    assert table("accounts")["0001"][0] == "new"


def _wait_until_done(db: Database, key: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with db.transaction() as conn:
            if conn.execute("SELECT FROM work.items WHERE key = %s AND state = 'done'", [key]).fetchone() is not None:
                return
        time.sleep(0.05)
    pytest.fail(f"{key} was not done")


def test_a_start_that_falls_due_later_holds_up_no_click(
    crm: FakeCrm, click: Click, platform: Platform, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": changed_each_minute(70)}, minute=80)
    with db.transaction() as conn:
        ((now,),) = conn.execute("SELECT now()").fetchall()
        Ledger(db, "clock", timedelta()).plan(conn, [start("acme", CONNECTION, now + timedelta(hours=1))])
    assert of_accounts(click()) == [(Ending.DONE, at(80))]
    assert outcomes(db) == []


def test_a_run_launched_for_what_is_due_now_leaves_a_history_to_another(
    crm: FakeCrm, due: Due, launch: Launch, db: Database, platform: Platform
) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]}, minute=60)
    due(75)
    assert launch() == []  # no object has a watermark: histories are planned, and not read
    assert open_windows(db) == 1
    run = SyncRun("acme", "history", 2, WorkClass.HISTORY)
    assert {r.ending for r in WorkspaceSync(platform, run).run()} == {Ending.DONE}


def test_what_is_due_now_is_read_beside_the_history_of_another_object(
    crm: FakeCrm, click: Click, due: Due, platform: Platform, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60, Contact="QuotaExhausted")
    click()
    crm.write({"Account": changed_each_minute(70)}, minute=80, Contact="QuotaExhausted")
    due(75)
    run = SyncRun("acme", "history", 2, WorkClass.HISTORY)
    assert of_accounts(list(WorkspaceSync(platform, run).run())) == [(Ending.DONE, at(75))]
    assert len(table("accounts")) == 2
