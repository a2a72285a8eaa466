"""Schema `budgets`: token buckets, and what sources say about their allowances."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("create schema budgets")
    # One hot row for each key: half of the page is left to its next versions.
    op.execute("""
        create table budgets.buckets (
            key text primary key,
            capacity double precision not null check (capacity > 0),
            refill_per_second double precision not null check (refill_per_second > 0),
            tokens double precision not null check (tokens between 0 and capacity),
            refilled_at timestamptz not null
        )
        with (fillfactor = 50)
    """)
    op.execute("""
        create function budgets.level(bucket budgets.buckets, at timestamptz) returns double precision
        language sql immutable
        return least(
            bucket.capacity,
            bucket.tokens + bucket.refill_per_second
                * greatest(0, extract(epoch from at - bucket.refilled_at)::double precision)
        )
    """)
    op.execute("""
        create table budgets.quotas (
            key text primary key,
            used bigint not null check (used >= 0),
            allowed bigint not null check (allowed > 0),
            reported_at timestamptz not null,
            next_probe_at timestamptz not null
        )
        with (fillfactor = 50)
    """)
