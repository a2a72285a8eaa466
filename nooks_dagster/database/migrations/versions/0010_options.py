"""What a customer chose for a connection: its cadence, what is read and what is not."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("alter table workspaces.connections add column options jsonb not null default '{}'")
