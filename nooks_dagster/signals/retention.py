"""Retention: answers that nobody is shown any more go with the purchases that paid for them.

So do the pairs of accounts that left their CRM, or have another site, so long ago.

Belongs here: what may go. Does not: when it is done (`assets.retention`), lists of batches (`signals.lists`).

An answer of 2 KB for each account and signal every week is 300 MB a year for a book of 10,000 and three signals.
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.database.batches import in_batches
from nooks_dagster.database.pool import Database

# What stands is kept, however old it is: by the accounts that show it, and the pairs that wait for the next one.
_FORGET_PAIRS = """
    delete from signals.asked where ctid = any(array(
        select q.ctid from signals.asked q
        where coalesce(q.due_at, q.planned_at) < now() - %(age)s
          and not exists (
            select from research.accounts a
            where a.workspace = q.workspace and a.site = q.subject and a.gone_at is null)
        limit %(batch)s for update skip locked))
"""
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
    """Remove the answers that ran out so long ago, and pairs that no account has; return how many."""
    return {"pairs": in_batches(db, _FORGET_PAIRS, {"age": age}), "answers": in_batches(db, _FORGET, {"age": age})}
