"""A process that takes 20 permits of four, one after the other, and tells when it held each, by Postgres' clock.

It begins when the lock `STARTED` is free, and tells in a file.
"""

import random
import time
from datetime import timedelta
from pathlib import Path

from nooks_dagster.budgets import permits
from nooks_dagster.database.pool import Database

USES = 20
MOST = 4
STARTED = 1


def main(url: str, sharer: str, told: str) -> None:
    db = Database(url, size=1)
    draw = random.Random(sharer)
    with db.transaction() as conn:
        permits.prepare(conn, "llm", MOST)
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock_shared(%s)", (STARTED,))
    spans: list[str] = []
    while len(spans) < USES:
        with db.transaction() as conn:
            permit = permits.take(conn, "llm", MOST, sharer, timedelta(seconds=60), more=len(spans) + 1 < USES)
        if permit is None:
            time.sleep(draw.uniform(0.005, 0.02))
            continue
        time.sleep(draw.uniform(0.005, 0.03))
        with db.transaction() as conn:
            over = conn.execute("select extract(epoch from clock_timestamp())").fetchone()
            permits.leave(conn, permit)
        assert over is not None
        spans.append(f"{permit.since.timestamp()} {over[0]}\n")
    Path(told).write_text("".join(spans))
    db.close()
