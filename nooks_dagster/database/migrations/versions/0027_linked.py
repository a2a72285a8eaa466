"""Whom the other side was last told that a call belongs to: a record made again takes back what it no longer says."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("alter table calls.deliveries add column links jsonb")


def downgrade() -> None:
    op.execute("alter table calls.deliveries drop column links")
