"""Schema `lake`: the catalog of parts."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("create schema lake")
    # No reference to work.items: finished items are dropped by retention, their parts outlive them.
    op.execute("""
        create table lake.parts (
            uri text primary key,
            dataset text not null,
            rows bigint not null check (rows >= 0),
            bytes bigint not null check (bytes >= 0),
            sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
            item_id bigint,
            created_at timestamptz not null default now()
        )
    """)
    op.execute("create index parts_dataset on lake.parts (dataset, created_at, uri)")
    op.execute("create index parts_item on lake.parts (item_id)")
