"""Delivery: what an activity says and which of it the other side has, which integrations want calls, when each is next.

Belongs here: `crm.writing` (whether calls can be logged in a CRM), `calls.lanes`, and the views over them.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

# `digest` is of what the activity is to say, `written` of what the other side has taken: where both are equal and the
# delivery still waits, only its links to contact and account are missing.
DELIVERIES = """
    alter table calls.deliveries
        add column revision integer not null default 1,
        add column digest bytea not null,
        add column written bytea,
        add column external_object text collate "C"
"""
# Whether calls can be logged in a CRM, as it was last looked at, and what to do if not.
WRITING = """
    create table crm.writing (
        connection_id text collate "C" primary key,
        ready boolean not null,
        advice text not null default '',
        looked_at timestamptz not null default now()
    )
"""
# Nothing is sent to an integration before `next_at`: its last batch is too near, it is down, or its quota is spent.
LANES = """
    create table calls.lanes (
        integration text collate "C" primary key,
        next_at timestamptz not null,
        strikes integer not null default 0,
        failure text,
        reason text check (octet_length(reason) <= 2048),
        since timestamptz
    )
"""
# What nobody chose otherwise is delivered where the CRM has the field that tells calls apart. A choice that makes no
# sense is as if there was none.
INTEGRATIONS = """
    create view calls.integrations as
    select c.id collate "C" as id, c.workspace, c.kind, c.state = 'active' as active
    from workspaces.connections c left join crm.writing w on w.connection_id = c.id
    where c.state in ('active', 'paused', 'unauthorized') and case c.options -> 'calls'
        when 'true' then true when 'false' then false else coalesce(w.ready, false) end
    union all
    select id collate "C", workspace, 'webhook', state = 'active' from calls.webhooks
"""
# An activity of ours comes back by the next sync of its CRM: each is shown once, whether it has come back or not.
ACTIVITIES = """
    create view calls.activities as
    select d.call, d.workspace, d.integration, d.kind, d.key, d.state, d.external_id, d.external_object, d.delivered_at,
        a.id is not null as came_back, a.subject, a.who_id, a.what_id, a.account_id, a.owner_id, a.call_result,
        a.source_modified_at, a.deleted_reason, a.synced_at
    from calls.deliveries d
    left join crm.activities a on a.connection_id = d.integration and a.source_object = d.external_object
        and a.id = d.external_id
"""


def upgrade() -> None:
    for statement in (DELIVERIES, WRITING, LANES, INTEGRATIONS, ACTIVITIES):
        op.execute(statement)
