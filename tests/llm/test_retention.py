"""Purchases go after a year, whole days at a time, and nothing that is under way does."""

from datetime import timedelta
from decimal import Decimal

from nooks_dagster.database.pool import Database
from nooks_dagster.llm import purchases
from nooks_dagster.llm.purchases import End, State
from nooks_dagster.llm.retention import forget
from tests.llm.test_together import CAPS, HOLD, purchase


def test_what_is_old_goes_and_what_died_is_ended_first(db: Database) -> None:
    with db.transaction() as conn:
        old, dead, alive, new = (purchases.reserve(conn, purchase("a", "text", 1), CAPS, HOLD) for _ in range(4))
        for bought in (old, new):
            purchases.end(conn, bought.id, End(State.SETTLED, Decimal(1)))
        conn.execute("insert into llm.spend select day - 500, workspace, kind, 9, 0 from llm.spend")
        conn.execute("update llm.purchases set day = day - 401 where id = %s", (old.id,))
        conn.execute("update llm.purchases set deadline = now() where id = %s", (dead.id,))
    assert forget(db, timedelta(days=400)) == {"purchases": 1}
    with db.transaction() as conn:
        left = conn.execute("select id, state from llm.purchases order by id").fetchall()
        assert left == [(dead.id, "unknown"), (alive.id, "reserved"), (new.id, "settled")]
        assert conn.execute("select distinct spent, reserved from llm.spend").fetchall() == [(3, 1)]
