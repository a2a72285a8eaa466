"""An index of the calls without consent whose recording must not stay: they are looked through each night."""

from alembic import op

revision = "0024"
down_revision = "0023"

UNAGREED = """
    create index calls_unagreed on calls.calls (hour, id)
    where submission ->> 'recording_consent' = 'false' and submission -> 'recording' ->> 'uri' is not null
"""


def upgrade() -> None:
    op.execute(UNAGREED)


def downgrade() -> None:
    op.execute("drop index calls.calls_unagreed")
