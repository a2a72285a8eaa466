"""Schema `sweeps`, where each sweep has a table of its own for as long as it lives; an index of what is deleted."""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = ("accounts", "contacts", "leads", "opportunities", "users", "activities", "custom_objects")


def upgrade() -> None:
    op.execute("create schema sweeps")
    for table in TABLES:  # of deleted rows alone, so that one which lives costs nothing
        op.execute(f"""
            create index {table}_deleted on crm.{table} (connection_id, source_object, observed_at)
            where deleted_reason = 'deleted'
        """)
