"""What analysts read of calls: views over what the stages made, a row for each call, or for each delivery.

Nothing of them names a person or quotes one: what was sent by the dialer stays in `calls.calls`.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

VALIDATED = """
    create view calls.validated as
    select c.id as call, c.workspace, c.hour, c.accepted_at, s.ended_at as validated_at, s.status, s.reason,
        c.submission ->> 'direction' as direction, c.submission ->> 'disposition' as disposition,
        (c.submission -> 'recording' ->> 'uri') is not null as has_recording, s.version
    from calls.calls c join calls.stages s on s.call = c.id and s.stage = 'validate'
"""
CONTACTS = """
    create view calls.contacts as
    select c.id as call, c.workspace, c.hour, s.status, s.facts ->> 'outcome' as outcome,
        s.facts ->> 'connection' as connection_id, s.facts ->> 'object' as contact_object,
        s.facts ->> 'contact' as contact_id, s.facts ->> 'account' as account_id,
        s.facts ->> 'opportunity' as opportunity_id, s.ended_at as matched_at, s.version
    from calls.calls c join calls.stages s on s.call = c.id and s.stage = 'contact'
"""
ACTIVITIES = """
    create view calls.crm_activities as
    select d.call, d.workspace, c.hour, d.integration, d.kind, d.state, d.external_id, d.failure, d.reason,
        d.created_at, d.delivered_at
    from calls.deliveries d join calls.calls c on c.id = d.call
"""
# What was given up is looked for every few minutes, among all that was ever delivered.
DEAD = "create index deliveries_dead on calls.deliveries (integration, call) where state = 'dead'"


def upgrade() -> None:
    for statement in (VALIDATED, CONTACTS, ACTIVITIES, DEAD):
        op.execute(statement)
