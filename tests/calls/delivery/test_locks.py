"""Who settles, withdraws, replays and records again at one moment waits for the others, and for none in a circle."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest

from nooks_dagster.calls.delivery.lanes import due_lanes
from nooks_dagster.calls.delivery.webhook_registry import withdraw
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reprocessing.replay import Replay, replay
from nooks_dagster.crm.activities import Activity
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Transient
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.leases import RENEW
from nooks_dagster.ledger.ledger import Ledger
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, open_loop, running, until
from tests.calls.delivery.things import Book

WAITING = """
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


def in_turn(db: Database, lock: str, *works: Callable[[], object]) -> list[object]:
    """Hold rows until all works wait, the first of them first; return what they returned once the rows are free."""
    with ThreadPoolExecutor(len(works)) as threads:
        with db.transaction() as conn:
            conn.execute(lock.encode())
            results = []
            for count, work in enumerate(works, start=1):
                results.append(threads.submit(work))
                until(partial(are_waiting, db, count))
        return [result.result() for result in results]


def are_waiting(db: Database, count: int) -> bool:
    with db.transaction() as conn:
        return conn.execute(WAITING).fetchall() == [(count,)]


def test_what_is_withdrawn_and_settled_at_one_moment_ends_both(
    db: Database, book: Book, connected: str, deliveries: Read, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        book.recorded(name)
    sent, go = Event(), Event()

    def pause(_activities: Sequence[Activity]) -> None:
        sent.set()
        go.wait(60)

    loop = open_loop(db, tmp_path, FakeIntegration(after=pause))
    with db.transaction() as conn:
        (lane,) = due_lanes(conn)

    def withdrawn() -> None:
        with db.transaction() as conn:
            withdraw(conn, connected)

    with ThreadPoolExecutor(1) as threads:
        settled = threads.submit(loop.deliver, lane)
        sent.wait(60)
        in_turn(db, "select from calls.deliveries for update", withdrawn, lambda: (go.set(), settled.result()))
    with db.transaction() as conn:
        assert conn.execute("select from work.items where state <> 'done'").fetchall() == []
    assert {row["state"] for row in deliveries()} <= {"withdrawn", "delivered"}


def test_leases_that_are_renewed_while_a_mixed_batch_is_settled_stay(
    db: Database, book: Book, deliveries: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        book.recorded(name)
    crm = FakeIntegration()
    crm.refuses[deliveries()[0]["key"]] = [Transient("Its row is locked.")]
    loop = open_loop(db, tmp_path, crm)
    complete = Ledger.complete_many

    with ThreadPoolExecutor(1) as threads:
        renewed: list[Future[object]] = []

        def completed(self: Ledger, conn: psycopg.Connection[Any], done: Mapping[Claim, Mapping[str, Any]]) -> set[int]:
            found = complete(self, conn, done)
            with db.transaction() as other:
                rows = other.execute("select id, fence from work.items order by id").fetchall()
            renewed.append(threads.submit(renew_rows, db, rows))
            until(partial(are_waiting, db, 1))
            return found

        monkeypatch.setattr(Ledger, "complete_many", completed)
        with db.transaction() as conn:
            (lane,) = due_lanes(conn)
        loop.deliver(lane)
        assert [one.result() for one in renewed] == [None]
    assert [row["state"] for row in deliveries()] == ["waiting", "delivered"]


def renew_rows(db: Database, rows: Sequence[tuple[int, int]]) -> None:
    ids, fences = zip(*rows, strict=True)
    with db.transaction() as conn:
        conn.execute(RENEW, {"ids": list(ids), "fences": list(fences), "lease": timedelta(seconds=30)})


def test_a_call_that_is_replayed_while_its_record_is_made_again_is_delivered(
    db: Database, book: Book, deliveries: Read, tmp_path: Path
) -> None:
    call = book.recorded("a")
    crm = FakeIntegration()
    loop = open_loop(db, tmp_path, crm)
    with db.transaction() as conn:
        (lane,) = due_lanes(conn)
    (delivery,) = deliveries()
    crm.refuses[delivery["key"]] = [Permanent("No.")]
    loop.deliver(lane)

    again = Replay("test", Stage.DELIVER, ids=[call.id], dry_run=False)
    in_turn(
        db,
        "select from calls.deliveries for update",
        lambda: book.record(call, text="They said something else."),
        lambda: replay(db, again),
    )

    with running(loop):
        until(all_are(deliveries, "delivered"))
    assert len(crm.records) == 1
