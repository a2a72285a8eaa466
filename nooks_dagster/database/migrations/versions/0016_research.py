"""Schema `research`: the pages of company sites and the documents they held."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("create schema research")
