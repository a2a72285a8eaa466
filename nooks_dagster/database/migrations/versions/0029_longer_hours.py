"""An hour's times fit a call that is replayed after weeks: 24.8 days are more milliseconds than an integer holds."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("alter table calls.hours alter p50_ms type bigint, alter p95_ms type bigint")


def downgrade() -> None:
    op.execute("alter table calls.hours alter p50_ms type integer, alter p95_ms type integer")
