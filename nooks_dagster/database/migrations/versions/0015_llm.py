"""Schema `llm`: what was bought of models, what may be spent."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("create schema llm")
