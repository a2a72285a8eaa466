"""Many processes and threads buy at once: no more in flight than the bound, no cent above the cap, no deadlock."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred, RateLimited
from nooks_dagster.llm import purchases
from nooks_dagster.llm.caps import caps, choose
from nooks_dagster.llm.door import Door
from nooks_dagster.llm.purchases import End, Purchase, Reserved, State
from nooks_dagster.local import deadline
from tests.llm.buyer import CAP, IN_FLIGHT, THREADS
from tests.llm.conftest import ANSWER, an_ask, chosen
from tests.llm.odd_provider import Provider, Reply, answered, scripted
from tests.programs import Programs

PROCESSES = 4
BUYER = "tests.llm.buyer"
HOLD = timedelta(minutes=20)


def test_four_processes_keep_the_bound_and_the_cap_together(
    database_url: str, db: Database, provider: Provider, programs: Programs
) -> None:
    provider.script = scripted([replace(answered(ANSWER), after=0.03)])
    buyers = [programs.start(BUYER, database_url, provider.url, f"w{number % 2}") for number in range(PROCESSES)]
    assert [buyer.wait() for buyer in buyers] == [0] * PROCESSES
    assert len(provider.asked) >= 40
    assert 1 < provider.peak <= IN_FLIGHT
    with db.transaction() as conn:
        books = conn.execute("select spent, reserved from llm.spend order by workspace, kind").fetchall()
        paid = conn.execute("select sum(cost) from llm.purchases where state = 'settled'").fetchall()[0][0]
        apart = conn.execute("select sum(spent) from llm.spend where workspace <> '' and kind = ''").fetchall()[0][0]
        bought = conn.execute("select count(*) from llm.purchases where state = 'settled'").fetchall()[0][0]
    assert bought == len(provider.asked)
    spent, reserved = books[0]
    assert spent == paid == apart <= Decimal(str(CAP))
    assert reserved == 0


def test_a_big_book_with_many_threads_does_not_hold_up_a_small_one(
    database_url: str, db: Database, provider: Provider
) -> None:
    provider.script = scripted([replace(answered(ANSWER), after=0.02)])
    ended: list[str] = []
    stop = threading.Event()

    def buy(door: Door, workspace: str) -> None:
        door.buy(an_ask(workspace=workspace), stopped=stop.is_set)
        ended.append(workspace)

    doors = {name: Door(db, chosen(llm_requests_in_flight=4), base_url=provider.url) for name in ("big", "small")}
    with ThreadPoolExecutor(40) as big, ThreadPoolExecutor(2) as small:
        for _ in range(400):
            big.submit(buy, doors["big"], "big")
        assert any(ended for _ in deadline.polls(60))
        before = len(ended)
        list(small.map(buy, [doors["small"]] * 10, ["small"] * 10))
        meanwhile = len(ended) - before
        stop.set()
        big.shutdown(cancel_futures=True)
    assert ended.count("small") == 10
    assert meanwhile <= 50  # by threads it would be 210


def test_a_buyer_that_is_killed_leaves_its_permit_taken_and_its_purchase_unknown(
    database_url: str, db: Database, provider: Provider, programs: Programs
) -> None:
    release = threading.Event()
    good = answered(ANSWER)

    def hang(_body: object) -> Reply:
        release.wait(60)
        return good

    provider.script = hang
    buyer = programs.start(BUYER, database_url, provider.url, "acme")
    assert any(len(provider.asked) == THREADS for _ in deadline.polls(60))
    buyer.kill()
    buyer.wait()
    release.set()
    with db.transaction() as conn:
        taken = conn.execute("select count(*) from budgets.permits where until > now()").fetchall()
        conn.execute("update llm.purchases set deadline = now() - interval '1 second'")
    assert taken == [(THREADS,)]
    with db.transaction() as conn:
        Door(db, chosen(), base_url=provider.url).buy(an_ask())
        states = conn.execute("select state, count(*) from llm.purchases group by 1 order by 1").fetchall()
        assert states == [("reserved", 1), ("unknown", THREADS)]
        assert conn.execute(DIFFERENT).fetchall() == []


def purchase(workspace: str, kind: str, bound: int) -> Purchase:
    return Purchase(kind, workspace, "signals/news", "example.com", "gpt-6-luna", b"1", Decimal(bound), "worker")


CAPS = {"all": Decimal(20), "workspace": Decimal(12), "kind": Decimal(15)}
ENDS = st.one_of(
    st.builds(End, st.just(State.SETTLED), st.integers(0, 5).map(Decimal)),
    st.just(End(State.UNKNOWN)),
    st.just(End(State.RELEASED)),
    st.none(),
)
BUYS = st.tuples(st.sampled_from("ab"), st.sampled_from(["text", "speech"]), st.integers(1, 9), ENDS)


def reserved_as_the_door_does(db: Database, wanted: Purchase) -> Reserved:
    """Reserve with the commit; where that cannot be, hear why, or begin the day."""
    try:
        with db.transaction() as conn:
            reserving = purchases.Reserving(conn, wanted, CAPS, HOLD)
    except purchases.Unreserved:
        with db.transaction() as conn:
            return purchases.reserve(conn, wanted, CAPS, HOLD)
    return reserving.reserved


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(BUYS, max_size=25))
def test_no_cap_is_ever_exceeded_and_the_books_agree_with_the_ledger(
    db: Database, steps: list[tuple[str, str, int, End | None]]
) -> None:
    with db.transaction() as conn:
        conn.execute("truncate llm.purchases, llm.spend")
    for workspace, kind, bound, end in steps:
        try:
            reserved = reserved_as_the_door_does(db, purchase(workspace, kind, bound))
        except (Deferred, RateLimited):
            pass
        else:
            with db.transaction() as conn:
                over = conn.execute(OVER, CAPS).fetchall()
                if end:
                    end_of_it = end if end.cost <= bound else replace(end, cost=Decimal(bound))
                    purchases.end_with_commit(conn, {reserved.id: end_of_it})
            assert over == []
            if end:
                with db.transaction() as conn:
                    assert purchases.end(conn, reserved.id, end) is False
        with db.transaction() as conn:
            assert conn.execute(DIFFERENT).fetchall() == []


OVER = """
    select * from llm.spend where spent + reserved > case
        when workspace = '' and kind = '' then %(all)s when kind = '' then %(workspace)s
        when workspace = '' then %(kind)s else 1000 end
"""
DIFFERENT = """
    select s.workspace, s.kind, s.spent, s.reserved from llm.spend as s left join llm.purchases as p
        on s.workspace in ('', p.workspace) and s.kind in ('', p.kind)
    group by s.workspace, s.kind, s.spent, s.reserved
    having s.spent <> coalesce(sum(p.cost), 0)
        or s.reserved <> coalesce(sum(p.bound) filter (where p.state = 'reserved'), 0)
"""


def test_who_reserves_or_settles_holds_the_sums_of_the_day_for_the_commit_alone(db: Database) -> None:
    first = reserved_as_the_door_does(db, purchase("a", "text", 3))
    with db.transaction() as slow, db.transaction() as conn:
        reserving = purchases.Reserving(slow, purchase("a", "text", 3), CAPS, HOLD)
        purchases.end_with_commit(slow, {first.id: End(State.SETTLED, Decimal(1))})
        conn.execute("set local lock_timeout = '1s'")
        conn.execute("update llm.spend set spent = spent where workspace = ''")
    assert reserving.reserved.id > first.id
    with db.transaction() as conn:
        assert conn.execute(DIFFERENT).fetchall() == []


def test_a_cap_in_the_way_of_a_purchase_that_is_reserved_with_the_commit_undoes_all_of_it(db: Database) -> None:
    reserved_as_the_door_does(db, purchase("a", "text", 12))
    with pytest.raises(purchases.Unreserved), db.transaction() as conn:
        conn.execute("insert into budgets.waiting (key, sharer, until) values ('llm', 'a', now())")
        purchases.Reserving(conn, purchase("a", "text", 1), CAPS, HOLD)
    with db.transaction() as conn:
        assert conn.execute("select from budgets.waiting").fetchall() == []
        assert conn.execute(DIFFERENT).fetchall() == []


def test_what_a_dead_worker_reserved_is_unknown_once_its_deadline_is_over(db: Database) -> None:
    with db.transaction() as conn:
        dead = purchases.reserve(conn, purchase("a", "text", 3), CAPS, timedelta(0))
        alive = purchases.reserve(conn, purchase("a", "text", 4), CAPS, HOLD)
    with db.transaction() as conn:
        assert purchases.reap(conn) > 0
        assert conn.execute("select id, state, cost, reason <> '' from llm.purchases order by id").fetchall() == [
            (dead.id, "unknown", 3, True),
            (alive.id, "reserved", 0, False),
        ]
        assert conn.execute(DIFFERENT).fetchall() == []
        assert not purchases.end(conn, dead.id, End(State.RELEASED))
        assert purchases.end(conn, dead.id, End(State.SETTLED, Decimal(1)))  # it was only slow
        assert conn.execute(DIFFERENT).fetchall() == []
        assert conn.execute("select spent, reserved from llm.spend where workspace = 'a' and kind = ''").fetchall() == [
            (1, 4)
        ]


def test_a_cap_that_a_person_chose_holds_from_the_next_purchase_on(db: Database) -> None:
    with db.transaction() as conn:
        choose(conn, Decimal(2), "a")
    with pytest.raises(Deferred, match=r"cap of a for a day is reached: 0\.00 of 2\.00 USD"), db.transaction() as conn:
        purchases.reserve(conn, purchase("a", "text", 3), CAPS, HOLD)
    with db.transaction() as conn:
        choose(conn, Decimal(30), "a")
        purchases.reserve(conn, purchase("a", "text", 13), CAPS, HOLD)
        held = {(cap.workspace, cap.kind): cap for cap in caps(conn, CAPS)}
        assert (held["a", ""].usd, held["a", ""].chosen, held["a", ""].reserved) == (30, True, 13)
        assert (held["", ""].usd, held["", ""].chosen, held["a", "text"].usd) == (20, False, None)
        choose(conn, None, "a")
        assert [cap.usd for cap in caps(conn, CAPS, "a") if (cap.workspace, cap.kind) == ("a", "")] == [12]
