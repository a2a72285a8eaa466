"""Schema `signals`: answers about accounts, who asks now, what applications read."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("create schema signals")
