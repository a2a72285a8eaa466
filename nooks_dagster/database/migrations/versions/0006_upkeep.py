"""Upkeep of the lake: what is known of a part outlives the work that landed it, and since when it is superfluous."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # `observed_at` is of parts of older releases only: the rows of newer ones say it themselves.
    op.execute("""
        alter table lake.parts
            add column shape text, add column observed_at timestamptz, add column unnamed_at timestamptz
    """)
    op.execute("""
        update lake.parts p
        set shape = i.progress ->> 'shape', observed_at = (i.progress ->> 'observed_at')::timestamptz
        from work.items i where i.id = p.item_id
    """)
