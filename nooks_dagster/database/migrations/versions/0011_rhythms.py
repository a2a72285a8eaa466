"""What recurs for a connection, up to where it is planned; when an asset was last shown; what is finished, by age."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""
        create table crm.rhythms (
            connection_id text not null,
            rhythm text not null,
            planned_until timestamptz not null,
            coalesced bigint not null default 0,
            primary key (connection_id, rhythm)
        )
    """)
    op.execute("""
        create table crm.shown (
            workspace text not null,
            asset text not null,
            shown_at timestamptz not null default now(),
            primary key (workspace, asset)
        )
    """)
    # Retention finds the oldest without a look at the others (ledger.retention).
    op.execute("create index items_finished on work.items (finished_at) where parent is null and state = 'done'")
