"""Fairness: beyond its rate a key's calls go one class below."""

from nooks_dagster.calls.ingest.fairness import BURST_SECONDS, Buckets
from nooks_dagster.ledger.items import WorkClass
from tests.calls.ingest.things import Server, told
from tests.sql import rows


def live(buckets: Buckets, key: str, calls: int, now: float) -> int:
    return sum(buckets.take(key, now) is WorkClass.LIVE for _ in range(calls))


def test_a_burst_is_live_and_what_comes_beyond_it_waits_for_others() -> None:
    buckets = Buckets(2)
    assert live(buckets, "nk_1", 100, now=0) == 2 * BURST_SECONDS
    assert buckets.take("nk_1", 0) is WorkClass.ASKED


def test_a_key_has_its_rate_again_as_time_goes_by_and_no_more_than_a_burst() -> None:
    buckets = Buckets(2)
    live(buckets, "nk_1", 100, now=0)
    assert live(buckets, "nk_1", 100, now=3) == 6
    assert live(buckets, "nk_1", 100, now=1_000_000) == 2 * BURST_SECONDS


def test_one_key_takes_nothing_from_another() -> None:
    buckets = Buckets(1)
    live(buckets, "nk_1", 100, now=0)
    assert live(buckets, "nk_2", 100, now=0) == BURST_SECONDS


def test_what_goes_beyond_a_rate_is_accepted_and_planned_below_live(server: Server) -> None:
    assert {server.globex.send(told(f"flood-{number}")).status for number in range(80)} == {202}
    classes = dict(
        rows(server.db, "select class, count(*)::int from work.items where scope = 'calls/globex' group by 1")
    )
    assert classes[WorkClass.LIVE] >= BURST_SECONDS * 2
    assert classes[WorkClass.ASKED] >= 1
