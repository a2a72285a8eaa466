"""What an answer will cost: what such answers cost lately, or the most it can."""

from decimal import Decimal

from nooks_dagster.database.pool import Database
from nooks_dagster.llm import purchases
from nooks_dagster.llm.estimates import ENOUGH, Estimate, estimate
from nooks_dagster.llm.purchases import End, State
from tests.llm.test_together import HOLD, purchase

CAPS = {"all": Decimal(1000), "workspace": Decimal(1000), "kind": Decimal(1000)}
MOST = Decimal(9)


def test_too_few_answers_say_nothing_and_enough_say_their_mean(db: Database) -> None:
    with db.transaction() as conn:
        for number in range(ENOUGH):
            assert estimate(conn, "signals/news", "gpt-6-luna", MOST) == Estimate(MOST, 0)
            reserved = purchases.reserve(conn, purchase("a", "text", 5), CAPS, HOLD)
            purchases.end(conn, reserved.id, End(State.SETTLED, Decimal(1 + number % 2)))
        unknown = purchases.reserve(conn, purchase("a", "text", 5), CAPS, HOLD)
        purchases.end(conn, unknown.id, End(State.UNKNOWN))
        assert estimate(conn, "signals/news", "gpt-6-luna", MOST) == Estimate(Decimal("1.5"), ENOUGH)
        assert estimate(conn, "signals/news", "gpt-6-sol", MOST) == Estimate(MOST, 0)
        conn.execute("update llm.purchases set day = day - 31")
        assert estimate(conn, "signals/news", "gpt-6-luna", MOST) == Estimate(MOST, 0)
