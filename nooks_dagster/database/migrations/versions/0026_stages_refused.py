"""An index of the calls that were refused: they are looked for when somebody sends them again."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("create index stages_refused on calls.stages (stage, call) where status = 'refused'")


def downgrade() -> None:
    op.execute("drop index calls.stages_refused")
