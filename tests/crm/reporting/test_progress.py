"""How far a window is: expected, landed and merged rows, the rate of the last minutes, what is left."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from nooks_dagster.crm.reporting import progress as module
from nooks_dagster.crm.reporting.progress import Tally, WindowProgress, progress, progress_of
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.work import CHUNKS, WINDOWS, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.fake_crm import FakeCrm, row
from tests.sql import execute

LONG_AGO = "UPDATE work.attempts SET started_at = now() - interval '1 hour'"
MANY = """
    WITH windows AS (
        INSERT INTO work.items (queue, scope, lane, key, serial, class, payload, release, state)
        SELECT 'crm.windows', 'crm/w' || n, 'c' || n || '/O', 'history', true, 40,
            jsonb_build_object('workspace', 'w' || n, 'connection', 'c' || n, 'source', 'O', 'canonical', 'accounts',
                'kind', 'history'), 'dev', 'leased'
        FROM generate_series(1, %s) n RETURNING id, scope, lane
    )
    INSERT INTO work.items (queue, scope, lane, key, parent, serial, class, payload, release, state, outcome)
    SELECT 'crm.chunks', scope, lane, id || '/' || n, id, false, 40, '{}', 'dev', 'done', '{"rows": 10, "bytes": 100}'
    FROM windows, generate_series(1, %s) n
"""


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "worker", timedelta(minutes=1))


@pytest.fixture
def window(ledger: Ledger) -> Claim:
    """A history in the hands of a worker, four chunks planned."""
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.HISTORY)
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [task.item("history", WorkClass.HISTORY)])
    (claim,) = ledger.claim(WINDOWS, limit=1)
    lane = (claim.item.scope, claim.item.lane)
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(CHUNKS, *lane, str(n), {}, WorkClass.HISTORY, claim.item.id) for n in range(4)])
    return claim


def merge(ledger: Ledger, chunks: int = 1, rows: int = 100) -> None:
    for claim in ledger.claim(CHUNKS, limit=chunks):
        with ledger.db.transaction() as conn:
            ledger.complete(conn, claim, {"rows": rows, "bytes": 10 * rows})


def tell(ledger: Ledger, window: Claim, **told: object) -> None:
    with ledger.db.transaction() as conn:
        ledger.advance(conn, window, told)


def alone(db: Database) -> WindowProgress:
    with db.transaction() as conn:
        (found,) = progress(conn)
    return found


def test_what_landed_and_is_not_merged_counts_as_landed_only(ledger: Ledger, window: Claim) -> None:
    merge(ledger)
    (claim,) = ledger.claim(CHUNKS, limit=1)
    with ledger.db.transaction() as conn:
        ledger.advance(conn, claim, {"landed": {"rows": 50, "bytes": 500}})
    found = alone(ledger.db)
    assert (found.rows_landed, found.rows_merged, found.bytes_landed) == (150, 100, 1500)
    assert (found.chunks, found.chunks_done, found.standing) == (4, 1, Standing.READING)


def test_percent_and_time_left_follow_from_what_the_source_said(ledger: Ledger, window: Claim) -> None:
    tell(ledger, window, expected_rows=1000)
    execute(ledger.db, LONG_AGO)
    merge(ledger, 3)
    tally = alone(ledger.db).tally
    assert tally.part == 0.3
    assert tally.rows_per_second == pytest.approx(1.0)  # 300 rows in the last 300 s
    assert tally.left == timedelta(seconds=700)


def test_without_a_word_of_the_source_nothing_is_promised_until_all_chunks_are_planned(
    ledger: Ledger, window: Claim
) -> None:
    execute(ledger.db, LONG_AGO)
    merge(ledger, 2)
    tally = alone(ledger.db).tally
    assert (tally.expected, tally.part, tally.left) == (None, None, None)
    tell(ledger, window, planned=True)
    tally = alone(ledger.db).tally
    assert (tally.expected, tally.part) == (400, 0.5)


def test_more_rows_than_expected_are_never_all_of_them(ledger: Ledger, window: Claim) -> None:
    tell(ledger, window, expected_rows=150)
    merge(ledger, 3)
    tally = alone(ledger.db).tally
    assert (tally.part, tally.left) == (0.99, None)


def test_the_rate_is_that_of_the_last_five_minutes(ledger: Ledger, window: Claim) -> None:
    execute(ledger.db, LONG_AGO)
    merge(ledger, 2)
    execute(ledger.db, "UPDATE work.items SET finished_at = now() - interval '6 minutes' WHERE state = 'done'")
    assert alone(ledger.db).rows_per_second == 0
    merge(ledger, 1, rows=600)
    assert alone(ledger.db).rows_per_second == pytest.approx(2.0)


def test_hours_in_which_a_window_was_parked_do_not_slow_its_rate(ledger: Ledger, window: Claim) -> None:
    execute(ledger.db, LONG_AGO)
    ledger.release_claim(window, timedelta(), "parked")
    ledger.claim(WINDOWS, limit=1)
    execute(ledger.db, "UPDATE work.attempts SET started_at = now() - interval '10 seconds' WHERE fence = 2")
    merge(ledger)
    found = alone(ledger.db)
    assert found.rows_per_second == pytest.approx(10.0, rel=0.2)


def test_a_parked_window_knows_why_and_has_no_rate(ledger: Ledger, window: Claim) -> None:
    merge(ledger)
    ledger.release_claim(window, timedelta(minutes=10), "the day's calls are used up")
    found = alone(ledger.db)
    assert (found.standing, found.reason) == (Standing.PARKED, "the day's calls are used up")
    assert found.tally.rows_per_second == 0
    assert timedelta(minutes=9) < found.next_in <= timedelta(minutes=10)


def test_a_finished_window_is_no_longer_under_way_and_can_still_be_asked_for(
    crm: FakeCrm, click: Callable[..., list[WindowReport]], db: Database
) -> None:
    crm.write({"Account": [row(n) for n in range(12)]})
    click()
    with db.transaction() as conn:
        assert progress(conn) == []
        windows = [id_ for (id_,) in conn.execute("SELECT id FROM work.items WHERE queue = 'crm.windows'")]
        found = {w.source: w for w in progress_of(conn, windows)}
    assert found["Account"].standing is Standing.COMPLETE
    assert (found["Account"].rows_landed, found["Account"].rows_merged) == (12, 12)


def test_the_sum_of_windows_knows_what_to_expect_only_if_each_does() -> None:
    def sum_of(*expected: int | None) -> Tally:
        return Tally.of(_known(expected))

    assert sum_of(100, 300).expected == 400
    assert sum_of(100, None).expected is None


def _known(expected: tuple[int | None, ...]) -> Iterator[WindowProgress]:
    for rows in expected:
        yield WindowProgress(
            **{name: 0 for name in WindowProgress.__dataclass_fields__ if name != "expected_rows"},  # type: ignore[arg-type]  # only the tally is looked at
            expected_rows=rows,
        )


def test_the_windows_of_others_are_not_read(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute(MANY, (20, 500))
        conn.execute("ANALYZE work.items")
        assert [w.rows_merged for w in progress(conn, "crm/w7")] == [5000]
        window = [w.id for w in progress(conn, "crm/w7")]
        plan = "\n".join(line for (line,) in conn.execute("EXPLAIN ANALYZE " + module.PROGRESS, (window,)))
    assert "Seq Scan on items" not in plan
