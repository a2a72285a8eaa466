"""Schema `workspaces`: customers, and their connections to the outside."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("create schema workspaces")
    op.execute("""
        create table workspaces.workspaces (
            name text primary key check (name ~ '^[A-Za-z0-9_.-]{1,63}$'),
            created_at timestamptz not null default now()
        )
    """)
    op.execute("""
        create table workspaces.connections (
            id text primary key check (length(id) between 1 and 127),
            workspace text not null references workspaces.workspaces,
            kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,62}$'),
            config jsonb not null,
            secret_ref text not null,
            state text not null default 'active'
                check (state in ('active', 'unauthorized', 'paused', 'removed')),
            state_reason text not null default '',
            state_since timestamptz not null default now(),
            sandbox boolean not null,
            revision int not null default 1,
            created_at timestamptz not null default now()
        )
    """)
    op.execute("create index connections_workspace on workspaces.connections (workspace)")
