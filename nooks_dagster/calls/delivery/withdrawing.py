"""Integrations that are gone, or want no calls any more: what was owed to them is withdrawn.

Belongs here: finding them. Does not: removing a webhook (`calls.delivery.webhook_registry`) or a connection
(`crm.lifecycle.removing`), which knows nothing of calls.
"""

from typing import Any

import psycopg

from nooks_dagster.calls.delivery.webhook_registry import withdraw

# One look into an index for each lane, however much waits in it.
GONE = """
    with recursive lanes as (
        (select lane from work.items where queue = 'calls.deliveries' and state = 'waiting' order by lane limit 1)
        union all
        select (
            select i.lane from work.items i
            where i.queue = 'calls.deliveries' and i.state = 'waiting' and i.lane > lanes.lane
            order by i.lane limit 1)
        from lanes where lanes.lane is not null
    ), owed as (
        select substr(lane, length('deliveries/') + 1) as id from lanes where lane is not null
    )
    select id from owed
    where not exists (
            select from workspaces.connections c
            where c.id = owed.id and c.options -> 'calls' is distinct from 'false')
        and not exists (select from calls.webhooks w where w.id = owed.id)
"""
FORGET_LANES = """
    delete from calls.lanes l
    where not exists (select from workspaces.connections c where c.id = l.integration)
        and not exists (select from calls.webhooks w where w.id = l.integration)
"""


def withdraw_gone(conn: psycopg.Connection[Any]) -> int:
    """Withdraw what waits for integrations that are gone, in the caller's transaction; return how many."""
    gone = [identity for (identity,) in conn.execute(GONE)]
    for identity in gone:
        withdraw(conn, identity)
    conn.execute(FORGET_LANES)
    return len(gone)
