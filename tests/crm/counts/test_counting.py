"""Rows are counted here and at the source; what differs twice and stays so after a sync is told with its ids."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from nooks_dagster.crm.counts import buckets, counting
from nooks_dagster.crm.counts.buckets import Buckets
from nooks_dagster.crm.counts.counting import COUNTS, Counted, Counting
from nooks_dagster.crm.counts.differing import Difference, differences
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.one_by_one import Missed
from tests.crm.conftest import Click
from tests.crm.fake_crm import FakeCrm, row
from tests.nices import Called

Count = Callable[[], dict[str, Counted]]
ACCOUNTS = RawDataset("accounts", "acme", "acme-salesforce", "Account")
A_NIGHT_AGO = "UPDATE work.items SET key = %s || id WHERE queue = %s AND state = 'done'"
SYNCED_SINCE = "UPDATE crm.counts SET listed_at = '2026-01-01'"


@pytest.fixture
def night(platform: Platform, db: Database) -> Count:
    """Count for one night; nights follow each other."""

    def run() -> dict[str, Counted]:
        done = list(Counting(platform, "night").run())
        assert [one for one in done if isinstance(one, Missed)] == []
        with db.transaction() as conn:
            conn.execute(A_NIGHT_AGO, (str(date.min), COUNTS.name))
        return {one.dataset.source: one for one in done if isinstance(one, Counted)}

    return run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three rows be a bucket."""
    monkeypatch.setattr(buckets, "BUCKET_ROWS", 3)


def synced(crm: FakeCrm, click: Click, numbers: range) -> list[dict[str, Any]]:
    rows = [row(n) for n in numbers]
    crm.write({"Account": rows})
    click()
    return rows


def lose(db: Database, *numbers: int) -> None:
    """Lose rows, as no code of ours should."""
    with db.transaction() as conn:
        conn.execute("DELETE FROM crm.accounts WHERE id = ANY(%s)", ([f"{n:04d}" for n in numbers],))


def told(db: Database) -> list[Difference]:
    """What differs in earnest, once a sync has passed what was listed."""
    with db.transaction() as conn:
        conn.execute(SYNCED_SINCE)
        return list(differences(conn))


def test_rows_that_are_equal_on_both_sides_are_no_news(
    crm: FakeCrm, click: Click, night: Count, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(crm, click, range(7))
    counting = Called(monkeypatch, Counting, "count")
    assert night()["Account"].differing == 0
    assert told(db) == []
    assert counting.gave_way


def test_a_row_that_only_the_source_has_is_told_after_the_second_mismatch_with_its_id(
    crm: FakeCrm, click: Click, night: Count, db: Database, platform: Platform
) -> None:
    synced(crm, click, range(7))
    lose(db, 3)
    assert night()["Account"].mismatches == 1
    assert told(db) == []
    assert night()["Account"].mismatches == 2
    (difference,) = told(db)
    assert (difference.source, difference.here, difference.there) == ("Account", 5, 6)  # but for the last one
    assert (difference.missing, difference.surplus) == (["0003"], [])
    name = difference.uri.removeprefix(platform.lake.uri(""))
    assert platform.lake.read_json(name).value == {"missing": ["0003"], "surplus": []}


def test_a_row_that_is_gone_at_the_source_without_a_trace_is_told_as_surplus(
    crm: FakeCrm, click: Click, night: Count, db: Database
) -> None:
    rows = synced(crm, click, range(7))
    crm.write({"Account": rows[:2] + rows[3:]})
    night()
    night()
    (difference,) = told(db)
    assert (difference.missing, difference.surplus) == ([], ["0002"])


def test_what_a_later_sync_mends_is_no_difference_any_more(
    crm: FakeCrm, click: Click, night: Count, db: Database
) -> None:
    rows = synced(crm, click, range(7))
    rows[2] = row(2, minute=70, IsDeleted=True)
    crm.write({"Account": rows}, minute=80)
    night()
    night()
    assert len(told(db)) == 1
    click()
    assert told(db) == []
    assert night()["Account"].mismatches == 0


def test_a_difference_is_not_told_before_a_sync_has_passed_the_listing(
    crm: FakeCrm, click: Click, night: Count, db: Database
) -> None:
    synced(crm, click, range(7))
    lose(db, 3)
    night()
    night()
    with db.transaction() as conn:
        assert differences(conn) == []
        conn.execute(SYNCED_SINCE)
        assert len(differences(conn)) == 1


def test_counts_that_agree_again_begin_anew(crm: FakeCrm, click: Click, night: Count, db: Database) -> None:
    rows = synced(crm, click, range(7))
    lose(db, 3)
    night()
    crm.write({"Account": rows[:3] + rows[4:]})
    assert night()["Account"].mismatches == 0
    crm.write({"Account": rows})
    assert night()["Account"].mismatches == 1


def test_rows_beyond_the_last_one_here_are_not_read_yet(crm: FakeCrm, click: Click, night: Count) -> None:
    synced(crm, click, range(7))
    crm.write({"Account": [row(n) for n in range(20)]})
    assert night()["Account"].differing == 0


def test_rows_of_which_there_is_none_here_are_missed(crm: FakeCrm, click: Click, night: Count, db: Database) -> None:
    synced(crm, click, range(2))
    lose(db, 0, 1)
    night()
    night()
    assert told(db)[0].missing == ["0000", "0001"]


@pytest.mark.usefixtures("small")
def test_many_rows_are_counted_in_buckets_whose_borders_stay(
    crm: FakeCrm, click: Click, night: Count, db: Database
) -> None:
    def borders() -> list[tuple[str, str | None]]:
        query = "SELECT low, high FROM crm.counts WHERE source_object = 'Account' ORDER BY low"
        with db.transaction() as conn:
            return conn.execute(query).fetchall()

    synced(crm, click, range(7))
    assert night()["Account"].buckets == 2
    assert borders() == [("", "0003"), ("0003", None)]
    lose(db, 1, 5)
    crm.write({"Account": [row(n, minute=70) for n in range(7, 11)] + [row(n) for n in range(7)]}, minute=80)
    click()
    night()
    night()
    assert borders() == [("", "0003"), ("0003", "0007"), ("0007", None)]
    assert sorted(one.missing for one in told(db)) == [["0001"], ["0005"]]


@pytest.mark.usefixtures("small")
def test_every_bucket_has_its_turn_and_one_that_differs_is_looked_at_again_first(
    crm: FakeCrm, click: Click, night: Count, db: Database
) -> None:
    synced(crm, click, range(24))
    lose(db, 4)
    night()

    def turns() -> list[str]:
        with db.transaction() as conn:
            return [bucket.low for bucket in Buckets(conn, ACCOUNTS).next(3)]

    assert turns() == ["0003", "0019", ""]


def test_ids_that_are_numbers_stand_as_they_count(db: Database, crm: FakeCrm, click: Click) -> None:
    synced(crm, click, range(1))
    with db.transaction() as conn:
        conn.execute("UPDATE crm.accounts SET id = '9'")
        found = Buckets(conn, ACCOUNTS)
        assert found.count("", "10") == 1
        assert found.count("10", None) == 0
        assert found.ids("8", "9") == set()
        assert found.ids("9", "11") == {"9"}


def test_a_night_that_meets_a_failure_of_one_object_counts_the_others(
    crm: FakeCrm, click: Click, platform: Platform
) -> None:
    rows = synced(crm, click, range(3))
    crm.write({"Account": rows}, Account="Permanent")
    done = list(Counting(platform, "night").run())
    missed = [one for one in done if isinstance(one, Missed)]
    assert [(one.name, "it is broken" in one.reason) for one in missed] == [("acme-salesforce/Account", True)]
    assert len(done) - len(missed) == 2


def test_an_object_that_may_not_be_read_any_more_is_not_counted_and_stops_nothing(
    crm: FakeCrm, click: Click, night: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> None:
        raise Permanent("It may not be read.", subject=name)

    synced(crm, click, range(3))
    monkeypatch.setattr(crm, "describe", gone)
    assert {one.buckets for one in night().values()} == {0}


def test_only_the_workspaces_that_are_named_are_counted(crm: FakeCrm, click: Click, platform: Platform) -> None:
    synced(crm, click, range(3))
    assert list(Counting(platform, "night").run(["bravo"])) == []


class Killed(BaseException):
    """Stands in for SIGKILL: nothing of ours catches it."""


@pytest.mark.parametrize("point", ["listed", "counting"])
def test_a_count_that_dies_anywhere_is_followed_by_one_that_finds_the_same(
    point: str, crm: FakeCrm, click: Click, night: Count, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Killed

    synced(crm, click, range(7))
    lose(db, 3)
    night()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(counting, "crash_point", die)
        night()
    assert night()["Account"].mismatches >= 2
    assert told(db)[0].missing == ["0003"]
