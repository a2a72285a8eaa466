"""Connections that rest or leave: lanes that are held, what was removed; and the breaker of each kind of CRM."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("alter table workspaces.connections drop constraint connections_state_check")
    op.execute("""
        alter table workspaces.connections add constraint connections_state_check
            check (state in ('active', 'unauthorized', 'paused', 'disconnected', 'removed'))
    """)
    # What is removed is told by a row without data of the customer: the sensor and the janitor go by it.
    op.execute("""
        create table workspaces.removals (
            workspace text not null,
            connection_id text not null default '',
            begun_at timestamptz not null default now(),
            ended_at timestamptz,
            primary key (workspace, connection_id)
        )
    """)
    op.execute("""
        create table work.holds (
            scope text not null,
            lane text not null,
            reason text not null check (octet_length(reason) <= 2048),
            held_at timestamptz not null default now(),
            primary key (scope, lane)
        )
    """)
    op.execute("""
        create table budgets.breakers (
            key text primary key,
            answered_at timestamptz,
            opened_at timestamptz,
            probes integer not null default 0,
            next_probe_at timestamptz
        )
        with (fillfactor = 50)
    """)
    op.execute("""
        create table budgets.failing (
            key text not null,
            caller text not null,
            in_a_row integer not null,
            failed_at timestamptz not null,
            primary key (key, caller)
        )
        with (fillfactor = 50)
    """)
