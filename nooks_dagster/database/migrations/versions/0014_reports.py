"""What is reported of the CRM rows: derived days of changes, counts beside those of the source, drifted fields."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("""
        create table crm.change_days (
            day date not null,
            connection_id text not null,
            derived_at timestamptz not null,
            rows bigint not null,
            primary key (day, connection_id)
        )
    """)
    # A range of ids of one object, [low, high) in the order of (length, id); `missing` and `surplus` are the first
    # ids that differed, for a look whether they still do.
    op.execute("""
        create table crm.counts (
            connection_id text collate "C" not null,
            source_object text collate "C" not null,
            canonical text not null,
            low text collate "C" not null,
            high text collate "C",
            here bigint,
            there bigint,
            counted_at timestamptz,
            mismatches integer not null default 0,
            missing text[] not null default '{}',
            surplus text[] not null default '{}',
            listed_at timestamptz,
            listed_uri text,
            primary key (connection_id, source_object, low)
        )
    """)
    # Null for shapes that only rows were read with: what an administrator changed is told by descriptions alone.
    op.execute("alter table crm.schemas add column described_at timestamptz")
    op.execute("update crm.schemas set described_at = seen_at")
    op.execute("""
        create table crm.schema_changes (
            id bigint generated always as identity primary key,
            connection_id text not null,
            source_object text not null,
            canonical text not null,
            field text not null,
            was text,
            became text,
            noticed_at timestamptz not null default now()
        )
    """)
    op.execute("create index schema_changes_noticed on crm.schema_changes (noticed_at)")
