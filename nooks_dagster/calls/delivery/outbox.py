"""The outbox: what is owed to whom for a call, written in the transaction that records it.

Belongs here: planning deliveries. Does not: sending them (`calls.delivery.loop`).

A record that is made again makes no second delivery. If it says nothing new, what was delivered stays so; else it is
delivered again under the same key, which the other side takes as an update of the same activity: a rep must not read in
the CRM what the platform no longer holds true.
"""

from typing import Any

import psycopg

from nooks_dagster.calls.model import Call
from nooks_dagster.calls.work import DELIVERIES, lane_of_integration, scope_of_calls
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger

# The other side's key is a hash: it has one length, and tells `a1` from `A1` where unique fields ignore the case. It is
# of the dialer's id: ours begin at 1 again in a new database, whose calls would take the places of others.
POST = """
    insert into calls.deliveries as d (call, integration, kind, workspace, key, digest)
    select r.call, i.id, i.kind, r.workspace,
        'nooks-' || left(encode(sha256(convert_to(r.workspace || '/' || r.call_id, 'UTF8')), 'hex'), 32),
        sha256(convert_to(jsonb_build_array(
            r.direction, r.disposition, r.started_at, r.duration_ms, r.language, r.redacted_text, r.talk_ms_rep,
            r.talk_ms_prospect, r.questions, case i.kind when 'webhook' then jsonb_build_array(
                r.connection_id, r.contact_object, r.contact_id, r.account_id, r.opportunity_id, r.owner_id)
            else r.participants -> i.id end)::text, 'UTF8'))
    from calls.records r join calls.integrations i on i.workspace = r.workspace where r.call = %s
    on conflict (call, integration) do update set digest = excluded.digest, state = 'waiting',
        revision = d.revision + 1, owed_at = now(), failure = null, reason = null
    where d.digest <> excluded.digest or d.state in ('dead', 'withdrawn')
    returning integration, revision
"""
# What is tried again is no dead letter any more. What somebody replays meanwhile is none already, and waits for the
# delivery that is locked here.
SUPERSEDE = """
    delete from work.items where id in (
        select id from work.items where queue = %s and lane = %s and key = any(%s) and state = 'dead'
        for update skip locked)
"""


def post(conn: psycopg.Connection[Any], ledger: Ledger, call: Call, *, work_class: WorkClass = WorkClass.LIVE) -> int:
    """Owe a recorded call to each integration of its workspace, in the caller's transaction; return to how many.

    Args:
        conn: In whose transaction the row of `calls.records` was written.
        ledger: Plans.
        call: The call.
        work_class: Of a backfill it is not live.
    """
    posted = conn.execute(POST, (call.id,)).fetchall()
    ledger.plan(conn, [_item(call, integration, revision, work_class) for integration, revision in posted])
    for integration, revision in posted:
        if revision > 1:
            earlier = [_key(call, number) for number in range(1, revision)]
            conn.execute(SUPERSEDE, (DELIVERIES.name, lane_of_integration(integration), earlier))
    return len(posted)


def _key(call: Call, revision: int) -> str:
    return str(call.id) if revision == 1 else f"{call.id}.{revision}"


def _item(call: Call, integration: str, revision: int, work_class: WorkClass) -> NewItem:
    scope, lane = scope_of_calls(call.workspace), lane_of_integration(integration)
    return NewItem(DELIVERIES, scope, lane, _key(call, revision), {"call": call.id}, work_class)
