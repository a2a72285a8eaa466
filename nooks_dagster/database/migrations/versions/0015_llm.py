"""Schema `llm`: what was bought of models, what may be spent; and permits, the bound on requests in flight."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _permits()
    op.execute("create schema llm")
    _purchases()
    # What was spent and is reserved of a day, in all ('', ''), of a workspace, of a kind, of both. Hot rows.
    op.execute("""
        create table llm.spend (
            day date not null,
            workspace text not null,
            kind text not null,
            spent numeric not null default 0,
            reserved numeric not null default 0,
            primary key (day, workspace, kind)
        )
        with (fillfactor = 20)
    """)
    op.execute("""
        create table llm.caps (
            workspace text not null,
            kind text not null,
            usd numeric not null check (usd >= 0),
            set_at timestamptz not null default now(),
            primary key (workspace, kind)
        )
    """)


def _permits() -> None:
    op.execute("""
        create table budgets.permits (
            key text not null,
            n integer not null check (n >= 0),
            until timestamptz not null,
            sharer text not null default '',
            primary key (key, n)
        )
        with (fillfactor = 50)
    """)
    # How many are allowed after the last refusal; from there on the number grows by itself, so that it is read only.
    op.execute("""
        create table budgets.bounds (
            key text primary key,
            allowed double precision not null check (allowed >= 1),
            shrunk_at timestamptz not null,
            paused_until timestamptz not null default '-infinity'
        )
    """)
    # Who waits, told every time it looks in vain: unlogged, so that looking writes nothing to the log.
    op.execute("""
        create unlogged table budgets.waiting (
            key text not null,
            sharer text not null,
            until timestamptz not null,
            primary key (key, sharer)
        )
        with (fillfactor = 50)
    """)


def _purchases() -> None:
    # `asked_for` is the hash of all that was asked: the same thing bought twice is found by it.
    op.execute("""
        create table llm.purchases (
            id bigint generated always as identity primary key,
            kind text not null,
            workspace text not null,
            purpose text not null,
            subject text not null,
            model text not null,
            asked_for bytea not null,
            state text not null check (state in ('reserved', 'settled', 'released', 'unknown')),
            day date not null,
            bound numeric not null check (bound >= 0),
            cost numeric not null default 0 check (cost >= 0),
            usage jsonb,
            answered_by text,
            request_id text,
            worker text not null,
            asked_at timestamptz not null,
            deadline timestamptz not null,
            ended_at timestamptz,
            reason text not null default ''
        )
    """)
    op.execute("create index purchases_reserved on llm.purchases (deadline) where state = 'reserved'")
    op.execute("create index purchases_by_day on llm.purchases (day, workspace, purpose)")
    op.execute("create index purchases_of_subject on llm.purchases (subject, purpose)")
