"""Which record a row was merged into, where the source tells."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = ("accounts", "contacts", "leads", "opportunities", "users", "activities", "custom_objects")


def upgrade() -> None:
    for table in TABLES:  # a column without a default is added to every partition without rewriting one
        op.execute(f"alter table crm.{table} add column merged_into text")
