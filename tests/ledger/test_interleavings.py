"""Random interleavings of claims, deaths, renewals and late commits: each item takes effect exactly once."""

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease, Transient
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger

PARTS = Queue("parts", attempts=1000)
SERIAL = Queue("serial", serial=True, attempts=1000)
MINUTE = timedelta(seconds=60)


class Workers(RuleBasedStateMachine):
    """Three workers who die, stall and come back late. An effect is a row inserted with the commit."""

    db: Database

    @initialize(items=st.integers(1, 6), queue=st.sampled_from([PARTS, SERIAL]))
    def begin(self, items: int, queue: Queue) -> None:
        self.queue = queue
        self.ledgers = [Ledger(self.db, f"worker-{n}", MINUTE) for n in range(3)]
        self.claims: list[Claim] = []
        with self.db.transaction() as conn:
            conn.execute("TRUNCATE work.items CASCADE")
            conn.execute("CREATE TABLE IF NOT EXISTS effects (item bigint, at bigint GENERATED ALWAYS AS IDENTITY)")
            conn.execute("TRUNCATE effects")
            new = [NewItem(queue, "s", "lane", str(n), {}, WorkClass.HISTORY) for n in range(items)]
            self.ledgers[0].plan(conn, new)

    @rule(worker=st.integers(0, 2), suspects=st.booleans(), limit=st.integers(1, 3))
    def claim(self, worker: int, suspects: bool, limit: int) -> None:
        self.claims += self.ledgers[worker].claim(self.queue, limit=limit, suspects=suspects)

    @rule()
    def leases_run_out(self) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE work.items SET lease_until = now() - interval '1 s', deaths = 0 WHERE state = 'leased'"
            )

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        keeper = LeaseKeeper(self.db, MINUTE, MINUTE)
        with keeper.holding(data.draw(st.sampled_from(self.claims))):
            keeper.renew()

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        self._commit(claim)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        self.ledgers[0].fail(self.queue, claim, Transient("timed out", retry_in=timedelta(seconds=-1)))

    @invariant()
    def no_item_took_effect_twice(self) -> None:
        assert all(times == 1 for times in Counter(self._effects()).values())

    @invariant()
    def a_serial_lane_keeps_its_order(self) -> None:
        if getattr(self, "queue", None) is SERIAL:
            assert self._effects() == sorted(self._effects())

    def teardown(self) -> None:
        if not hasattr(self, "queue"):
            return
        for _ in range(40):
            self.leases_run_out()
            for suspects in (False, True):
                for claim in self.ledgers[0].claim(self.queue, limit=10, suspects=suspects):
                    self._commit(claim)
        with self.db.transaction() as conn:
            items = [row[0] for row in conn.execute("SELECT id FROM work.items ORDER BY id")]
        assert sorted(self._effects()) == items

    def _commit(self, claim: Claim) -> None:
        try:
            with self.db.transaction() as conn:
                conn.execute("INSERT INTO effects (item) VALUES (%s)", (claim.item.id,))
                self.ledgers[0].complete(conn, claim, {})
        except LostLease:
            return

    def _effects(self) -> list[int]:
        if not hasattr(self, "queue"):
            return []
        with self.db.transaction() as conn:
            return [row[0] for row in conn.execute("SELECT item FROM effects ORDER BY at")]


def test_any_interleaving_of_claims_deaths_renewals_and_late_commits_ends_the_same(db: Database) -> None:
    machine = type("Machine", (Workers,), {"db": db})
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=25, stateful_step_count=20, suppress_health_check=slow),
    )
