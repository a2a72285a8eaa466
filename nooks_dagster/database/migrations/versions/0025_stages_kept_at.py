"""When a stage was last written: what an earlier one made after that, it has not read."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("alter table calls.stages add column kept_at timestamptz not null default '-infinity'")


def downgrade() -> None:
    op.execute("alter table calls.stages drop column kept_at")
