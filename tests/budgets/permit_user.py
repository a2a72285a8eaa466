"""A process that takes 20 permits of four, one after the other, and tells when it held each, by Postgres' clock.

It tells first that it is ready, and begins when it is told to: by a line.
"""

import random
import sys
import time
from datetime import timedelta

from nooks_dagster.budgets import permits
from nooks_dagster.database.pool import Database

USES = 20
MOST = 4


def main(url: str, sharer: str) -> None:
    db = Database(url, size=1)
    draw = random.Random(sharer)
    with db.transaction() as conn:
        permits.prepare(conn, "llm", MOST)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    done = 0
    while done < USES:
        with db.transaction() as conn:
            permit = permits.take(conn, "llm", MOST, sharer, timedelta(seconds=60), more=done + 1 < USES)
        if permit is None:
            time.sleep(draw.uniform(0.005, 0.02))
            continue
        time.sleep(draw.uniform(0.005, 0.03))
        with db.transaction() as conn:
            over = conn.execute("select extract(epoch from clock_timestamp())").fetchone()
            permits.leave(conn, permit)
        assert over is not None
        sys.stdout.write(f"{permit.since.timestamp()} {over[0]}\n")
        done += 1
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
