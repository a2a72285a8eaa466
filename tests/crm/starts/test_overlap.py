"""Starts that fall due while earlier ones are not done: each policy, and none of them loses a row."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from nooks_dagster.crm.lifecycle.options import OverlapPolicy
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.starts.overlap import FREE, MOST_WAITING, Fate, OpenLane, fate
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import WINDOWS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease, QuotaExhausted
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, at, row
from tests.crm.starts.things import CONNECTION, Due, Launch, changed_each_minute, of_accounts, open_windows, outcomes

BUFFER_ALL, COALESCE, SKIP, CANCEL_OTHER = OverlapPolicy
ASKED = None

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
