"""Schema `work`: items of work, every attempt at them, and the runs launched to do them."""

from alembic import op

revision = "0002"
down_revision = "0001"

# 8 KB is the bound of everything in the control plane: what is larger goes to the lake and leaves a handle here.
ITEMS = """
CREATE TABLE work.items (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue       text NOT NULL,
    scope       text NOT NULL,
    lane        text NOT NULL,
    key         text NOT NULL,
    parent      bigint REFERENCES work.items ON DELETE CASCADE,
    serial      boolean NOT NULL,
    class       smallint NOT NULL,
    payload     jsonb NOT NULL CHECK (octet_length(payload::text) <= 8192),
    progress    jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(progress::text) <= 8192),
    outcome     jsonb CHECK (octet_length(outcome::text) <= 8192),
    release     text NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'leased', 'blocked', 'done', 'dead')),
    due_at      timestamptz NOT NULL DEFAULT now(),
    fence       bigint NOT NULL DEFAULT 0,
    holder      text,
    lease_until timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    deaths      integer NOT NULL DEFAULT 0,
    failure     text,
    reason      text CHECK (octet_length(reason) <= 2048),
    planned_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    UNIQUE (queue, lane, key)
)
"""
OPEN_ITEMS = "CREATE INDEX items_open ON work.items (queue, lane, id) WHERE state IN ('waiting', 'leased', 'blocked')"
OPEN_ROOTS = """
CREATE INDEX items_open_roots ON work.items (scope, due_at)
    WHERE parent IS NULL AND state IN ('waiting', 'leased', 'blocked')
"""
# The scopes, their lanes and the last window of each, without a look at the finished ones (crm.reporting.status).
ROOTS = "CREATE INDEX items_roots ON work.items (queue, scope, lane, id) WHERE parent IS NULL"
CHILDREN = "CREATE INDEX items_children ON work.items (parent, state) WHERE parent IS NOT NULL"

ATTEMPTS = """
CREATE TABLE work.attempts (
    item_id    bigint NOT NULL REFERENCES work.items ON DELETE CASCADE,
    fence      bigint NOT NULL,
    worker     text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    outcome    text,
    reason     text,
    PRIMARY KEY (item_id, fence)
)
"""

LAUNCHES = """
CREATE TABLE work.launches (
    scope        text NOT NULL,
    n            bigint NOT NULL,
    class        smallint NOT NULL,
    run_id       text,
    failures     integer NOT NULL DEFAULT 0,
    requested_at timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    heartbeat_at timestamptz,
    ended_at     timestamptz,
    outcome      text CHECK (outcome IN ('done', 'failed', 'lost')),
    PRIMARY KEY (scope, n)
)
"""
LIVE_LAUNCHES = "CREATE INDEX launches_live ON work.launches (scope) WHERE ended_at IS NULL"


def upgrade() -> None:
    for statement in (
        "CREATE SCHEMA work",
        ITEMS,
        OPEN_ITEMS,
        OPEN_ROOTS,
        ROOTS,
        CHILDREN,
        ATTEMPTS,
        LAUNCHES,
        LIVE_LAUNCHES,
    ):
        op.execute(statement)
