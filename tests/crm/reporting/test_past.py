"""What the last windows did, and how far objects lagged behind, is read from finished windows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.crm.reporting.past import SAMPLES, Past, lags, last_windows
from nooks_dagster.crm.reporting.status import LaneStatus, lane_statuses
from nooks_dagster.crm.work import WindowKind
from nooks_dagster.database.pool import Database
from tests.crm.conftest import Click
from tests.crm.fake_crm import NOON, FakeCrm, row

MINUTE = timedelta(minutes=1)
AGED = "UPDATE work.items SET finished_at = finished_at - %s WHERE queue = 'crm.windows'"


@pytest.fixture
def now() -> int:
    """The present, as the fake's rows count it, to the minute."""
    return int((datetime.now(UTC) - NOON).total_seconds()) // 60


def lanes(conn: Any) -> list[LaneStatus]:
    return list(lane_statuses(conn))


def test_the_last_window_of_each_object_tells_what_it_read_and_what_that_did(
    crm: FakeCrm, click: Click, db: Database, now: int
) -> None:
    crm.write({"Account": [row(n) for n in range(7)]}, minute=now - 10)
    click()
    changed = [row(5, minute=now - 5, IsDeleted=True), row(6, minute=now - 5, Name="x")]
    crm.write({"Account": [row(n) for n in range(5)] + changed}, minute=now)
    click()
    with db.transaction() as conn:
        last = last_windows(conn, lanes(conn))
    window = last["acme-salesforce/Account"]
    assert window.kind == WindowKind.INCREMENTAL
    assert window.counts == {"rows": 2, "inserted": 0, "updated": 1, "unchanged": 0, "deleted": 1}
    assert 0 < window.seconds < 60
    assert set(last) == {f"acme-salesforce/{name}" for name in ("Account", "Contact", "Widget__c")}


def test_the_lag_grows_until_a_window_ends_and_is_that_of_the_worst_object(
    crm: FakeCrm, click: Click, db: Database, now: int
) -> None:
    crm.write({}, minute=now - 240)
    click()
    with db.transaction() as conn:
        conn.execute(AGED, (180 * MINUTE,))
    crm.write({}, minute=now - 60)
    click()
    with db.transaction() as conn:
        conn.execute(AGED, (60 * MINUTE,))
        found = [lag / MINUTE for lag in lags(conn, lanes(conn))]
    assert found == pytest.approx([0, 30, 60, 90, 120, 150, 0, 30, 60], abs=2)


def test_an_object_that_holds_still_is_as_late_as_its_last_window(
    crm: FakeCrm, click: Click, db: Database, now: int
) -> None:
    crm.write({}, minute=now - 3000)
    click()
    with db.transaction() as conn:
        past = Past.of(conn, lanes(conn), over_a_day=True)
    assert past.complete_until == NOON + (now - 3000) * MINUTE
    assert past.lag is not None
    assert past.lag / MINUTE == pytest.approx(3000, abs=2)
    assert len(past.lags) <= 1 < SAMPLES


def test_an_object_without_a_complete_history_has_no_lag(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    with db.transaction() as conn:
        assert Past.of(conn, lanes(conn), over_a_day=True) == Past()
        assert Past.of(conn, [], over_a_day=True) == Past()
