"""Single flight: at most one live lease, and of a purchase at most one answer, whoever dies and wakes up when."""

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.signals import leases
from nooks_dagster.signals.leases import Lease
from nooks_dagster.signals.work import BATCHES
from tests.sql import execute, rows

SUBJECTS = [f"s{n}.example" for n in range(4)]
ONE_LIVE = """
    select l.subject, l.item from signals.leases l join work.items i on i.id = l.item
    where i.fence = l.item_fence and i.state = 'leased' and i.lease_until > now()
"""


def claim(ledger: Ledger, lane: str) -> Claim | None:
    for suspects in (False, True):
        if claims := ledger.claim(BATCHES, limit=1, lanes=[lane], suspects=suspects):
            return claims[0]
    return None


def add_item(ledger: Ledger, lane: str) -> None:
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(BATCHES, "signals/x", lane, "k", {}, WorkClass.ASKED)])


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "worker", timedelta(seconds=60))


class Worker:
    """A batch of some subjects, the leases that it believes to hold, and who holds them in truth."""

    def __init__(self, ledger: Ledger, number: int, owners: dict[str, Lease]) -> None:
        self.ledger, self.lane, self.owners = ledger, f"signals/x/{number}", owners
        self.claim: Claim | None = None
        self.leases: dict[str, Lease] = {}
        add_item(ledger, self.lane)

    def act(self, act: str, subjects: list[str]) -> None:
        if act == "claim":
            self.claim = claim(self.ledger, self.lane) or self.claim
        elif act == "expire":
            late = "update work.items set lease_until = now() - interval '1 s' where lane = %s"
            execute(self.ledger.db, late, self.lane)
        elif self.claim and act == "take":
            self._take(subjects, self.claim)
        elif self.claim and act == "let_go":
            self._let_go(self.claim)
        elif self.claim:
            for subject in subjects:
                if subject in self.leases:
                    self._use(act, self.leases[subject])

    def _take(self, subjects: list[str], held: Claim) -> None:
        with self.ledger.db.transaction() as conn:
            taken = leases.take(conn, "*", "tech", subjects, held)
        for subject, lease in taken.items():
            assert subject not in self.owners or self.owners[subject].fence < lease.fence
        self.leases |= taken
        self.owners |= taken

    def _let_go(self, held: Claim) -> None:
        with self.ledger.db.transaction() as conn:
            leases.let_go(conn, held)
        for subject, owner in list(self.owners.items()):
            if (owner.item, owner.item_fence) == (held.item.id, held.fence):
                del self.owners[subject]

    def _use(self, act: str, lease: Lease) -> None:
        mine = self.owners.get(lease.subject) == lease
        try:
            with self.ledger.db.transaction() as conn:
                if act == "fail":
                    leases.fail(conn, lease, 1, timedelta(), "x")
                else:
                    {"begin": leases.begin, "end": leases.end}[act](conn, lease)
        except LostLease:
            assert not mine or act == "begin"  # nobody has it, but its batch is no more its worker's
        else:
            assert mine
            if act == "end":
                del self.owners[lease.subject]


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["claim", "take", "begin", "end", "fail", "expire", "let_go"]),
        st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=4, unique=True),
    ),
    max_size=40,
)


@given(acts=ACTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_workers_do_a_subject_has_one_holder_and_stale_ones_are_refused(
    acts: list[tuple[int, str, list[str]]], db: Database, ledger: Ledger
) -> None:
    execute(db, "truncate signals.leases; truncate work.items cascade")
    owners: dict[str, Lease] = {}
    workers = [Worker(ledger, number, owners) for number in range(3)]
    for number, act, subjects in acts:
        workers[number].act(act, subjects)
        live = rows(db, ONE_LIVE)
        assert len({subject for subject, _ in live}) == len(live)


def test_batches_that_take_the_same_accounts_at_once_share_them_without_a_deadlock(
    db: Database, ledger: Ledger
) -> None:
    subjects = [f"s{n}.example" for n in range(100)]
    count = 4
    claims = []
    for number in range(count):
        add_item(ledger, f"signals/x/{number}")
        held = claim(ledger, f"signals/x/{number}")
        assert held
        claims.append(held)
    taken: dict[int, list[str]] = {}
    start = threading.Barrier(count)

    def take(number: int) -> None:
        mine = subjects[number:] + subjects[:number] if number % 2 else subjects[::-1]
        start.wait(60)
        with db.transaction() as conn:
            taken[number] = list(leases.take(conn, "*", "tech", mine, claims[number]))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    everybody = [subject for some in taken.values() for subject in some]
    assert sorted(everybody) == sorted(subjects)


def test_a_lease_taken_by_an_item_that_was_claimed_just_now_is_not_taken_again(db: Database, ledger: Ledger) -> None:
    """A second taker begins while the first is uncommitted: when it goes on it must see the first one's item leased."""
    for number in range(2):
        add_item(ledger, f"signals/x/{number}")
    first = claim(ledger, "signals/x/0")
    second = claim(ledger, "signals/x/1")
    assert first
    assert second
    results: list[int] = []
    with db.transaction() as conn:
        assert len(leases.take(conn, "*", "tech", SUBJECTS, first)) == 4

        def take() -> None:
            with db.transaction() as other:
                results.append(len(leases.take(other, "*", "tech", SUBJECTS, second)))

        waiting = threading.Thread(target=take)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(60)
    assert results == [0]


def test_a_worker_that_has_lost_its_batch_takes_nothing(ledger: Ledger) -> None:
    add_item(ledger, "signals/x/late")
    slow = claim(ledger, "signals/x/late")
    assert slow is not None
    execute(ledger.db, "update work.items set lease_until = now() - interval '1 s'")
    assert claim(ledger, "signals/x/late") is not None
    with ledger.db.transaction() as conn:
        assert leases.take(conn, "*", "tech_stack", SUBJECTS, slow) == {}
    assert rows(ledger.db, "select count(item) from signals.leases") == [(0,)]
