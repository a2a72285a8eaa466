"""Retention: purchases and the sums of days go once no bill is disputed any more; dead reservations are ended.

Belongs here: what may go. Does not: when it is done (`assets.retention`).

60,000 answers a day are 22 million rows a year, of 300 bytes each.
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.database.batches import in_batches
from nooks_dagster.database.pool import Database
from nooks_dagster.llm.purchases import reap

PURCHASES = """
    delete from llm.purchases where id in (
        select id from llm.purchases
        where day < (clock_timestamp() at time zone 'UTC' - %(age)s)::date and state <> 'reserved'
        order by day limit %(batch)s for update skip locked)
"""
DAYS = "delete from llm.spend where day < (clock_timestamp() at time zone 'UTC' - %(age)s)::date and reserved = 0"


def forget(db: Database, age: timedelta) -> Mapping[str, int]:
    """Remove what was bought so long ago; return how many purchases."""
    while _reap(db):
        pass
    removed = in_batches(db, PURCHASES, {"age": age})
    with db.transaction() as conn:
        conn.execute(DAYS, {"age": age})
    return {"purchases": removed}


def _reap(db: Database) -> bool:
    with db.transaction() as conn:
        return reap(conn) > 0
