"""How many purchases a day's sums allow in a second: `python -m benchmarks.calls.spending --buyers 16`.

Belongs here: buyers that do nothing but reserve and settle. Does not: what is bought.

All purchases of a day change one row, that of all workspaces, and hold it until their commit is on the disk: however
many cores and workers there are, this goes one after the other.
"""

import threading
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

import typer

from benchmarks.calls.engine import lone_postgres
from nooks_dagster.database.pool import Database
from nooks_dagster.llm.purchases import End, Purchase, Reserving, State, end_with_commit, reserve

CAPS = {name: Decimal(1_000_000) for name in ("all", "workspace", "kind")}
HOLD = timedelta(minutes=1)


def main(
    buyers: Annotated[int, typer.Option(min=1, help="At once, each for a workspace of its own.")] = 16,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 10.0,
) -> None:
    """Buy, and print how many purchases a second were reserved and settled."""
    with lone_postgres() as (url, _), closing(Database(url, size=buyers)) as db:
        until = time.monotonic() + seconds
        counts = [0] * buyers
        threads = [threading.Thread(target=_buy, args=(db, number, until, counts)) for number in range(buyers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    typer.echo(f"{sum(counts) / seconds:.0f} purchases/s, two transactions each, {buyers} buyers")


def _buy(db: Database, number: int, until: float, counts: list[int]) -> None:
    wanted = Purchase("speech", f"bench-{number}", "bench", "call 1", "none", b"", Decimal("0.001"), "bench")
    with db.transaction() as conn:
        reserve(conn, wanted, CAPS, HOLD)  # begins the day
    while time.monotonic() < until:
        with db.transaction() as conn:
            reserving = Reserving(conn, wanted, CAPS, HOLD)
        with db.transaction() as conn:
            end_with_commit(conn, {reserving.reserved.id: End(State.SETTLED, Decimal("0.0005"))})
        counts[number] += 1


if __name__ == "__main__":
    typer.run(main)
