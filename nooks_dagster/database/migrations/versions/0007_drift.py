"""Which fields every row of an object has been read with, beside the moment up to which it was read."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Null for objects that an older release read: what comes after the upgrade counts.
    op.execute("alter table crm.watermarks add column fields text[]")
