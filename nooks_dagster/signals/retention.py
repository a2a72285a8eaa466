"""Retention: answers that nobody is shown any more go with the purchases that paid for them.

Belongs here: what may go. Does not: when it is done (`assets.retention`), lists of batches (`signals.lists`).

An answer of 2 KB for each account and signal every week is 300 MB a year for a book of 10,000 and three signals.
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.database.batches import in_batches
from nooks_dagster.database.pool import Database

# What stands is kept, however old it is: by the accounts that show it, and the pairs that wait for the next one.
_FORGET = """
    delete from signals.answers where id in (
        select x.id from signals.answers x
        where x.expires_at < now() - %(age)s
          and not exists (select from signals.current c where c.answer = x.id)
          and not exists (select from signals.current c where c.latest = x.id)
          and not exists (
            select from signals.asked q where q.signal = x.signal and q.subject = x.subject and q.answer = x.id)
        limit %(batch)s for update skip locked)
"""


def forget(db: Database, age: timedelta) -> Mapping[str, int]:
    """Remove the answers that ran out so long ago; return how many."""
    return {"answers": in_batches(db, _FORGET, {"age": age})}
