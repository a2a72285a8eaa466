"""What is finished goes after some days; what somebody may still need stays."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from nooks_dagster.database import batches
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.retention import forget

WINDOWS = Queue("windows", serial=True, blocks=True)
CHUNKS = Queue("chunks")
WEEK = timedelta(days=7)


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "test", timedelta(seconds=30))


def done(ledger: Ledger, lane: str, *keys: str) -> None:
    """Finish windows of a lane, each with two parts, eight days ago."""
    for key in keys:
        with ledger.db.transaction() as conn:
            ledger.plan(conn, [NewItem(WINDOWS, "crm/acme", lane, key, {}, WorkClass.INCREMENTAL)])
        (window,) = ledger.claim(WINDOWS, limit=1, lanes=[lane])
        parts = [
            NewItem(CHUNKS, "crm/acme", lane, f"{key}/{n}", {}, WorkClass.INCREMENTAL, parent=window.item.id)
            for n in range(2)
        ]
        with ledger.db.transaction() as conn:
            ledger.plan(conn, parts)
        for claim in [*ledger.claim(CHUNKS, limit=2, parents=[window.item.id]), window]:
            with ledger.db.transaction() as conn:
                ledger.complete(conn, claim, {})
    execute(ledger.db, "UPDATE work.items SET finished_at = now() - interval '8 days' WHERE finished_at IS NOT NULL")


def execute(db: Database, query: str) -> Sequence[object]:
    with db.transaction() as conn:
        cursor = conn.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def keys(db: Database) -> list[str]:
    return [str(row[0]) for row in execute(db, "SELECT key FROM work.items ORDER BY id")]  # type: ignore[index]  # rows


def test_finished_items_go_with_their_parts_and_attempts_and_the_last_of_each_lane_stays(
    ledger: Ledger, db: Database
) -> None:
    done(ledger, "acme/Account", "1", "2")
    done(ledger, "acme/Contact", "3")
    assert forget(db, WEEK)["items"] == 1
    assert keys(db) == ["2", "2/0", "2/1", "3", "3/0", "3/1"]
    assert execute(db, "SELECT count(*) FROM work.attempts") == [(6,)]
    assert forget(db, WEEK)["items"] == 0


def test_what_is_young_or_waits_for_somebody_stays(ledger: Ledger, db: Database) -> None:
    done(ledger, "acme/Account", "1", "2", "3")
    execute(db, "UPDATE work.items SET finished_at = now() - interval '6 days' WHERE key = '1'")
    execute(db, "UPDATE work.items SET state = 'dead' WHERE key = '2'")
    assert forget(db, WEEK)["items"] == 0


def test_batches_go_on_until_nothing_is_left(ledger: Ledger, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    done(ledger, "acme/Account", *"1234567")
    assert forget(db, WEEK)["items"] == 6
    assert keys(db) == ["7", "7/0", "7/1"]


def test_launches_go_but_the_last_whose_number_the_next_one_follows(ledger: Ledger, db: Database) -> None:
    launches = Launches(db, WEEK, WEEK)
    for _ in range(3):
        n = launches.start("crm/acme", "run", WorkClass.ASKED, None)
        launches.end("crm/acme", n, "done")
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '8 days'")
    assert forget(db, WEEK)["launches"] == 2
    assert launches.start("crm/acme", "run", WorkClass.ASKED, None) == 4
