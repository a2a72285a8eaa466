"""Places instead of token buckets: a bucket grants what it has saved up, and so more than the rate in some spans."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("drop function budgets.level")
    op.execute("drop table budgets.buckets")
    # Every call changes its row twice, and no index: half of the page is left to the next versions.
    op.execute("""
        create table budgets.places (
            key text not null,
            n integer not null check (n >= 0),
            busy_until timestamptz not null,
            primary key (key, n)
        )
        with (fillfactor = 50)
    """)
    op.execute("""
        create table budgets.rates (
            key text primary key,
            calls integer not null check (calls > 0),
            per interval not null check (per > interval '0')
        )
    """)
