"""Since when an activity is owed: one whose record is made anew has not waited since the first time."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("alter table calls.deliveries add column owed_at timestamptz not null default now()")
    op.execute("update calls.deliveries set owed_at = created_at where state in ('waiting', 'dead')")


def downgrade() -> None:
    op.execute("alter table calls.deliveries drop column owed_at")
