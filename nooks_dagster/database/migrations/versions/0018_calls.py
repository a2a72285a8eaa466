"""Schema `calls`: who may send calls, the calls, what each stage made of them, what goes to whom."""

from alembic import op

revision = "0018"
down_revision = "0017"

# The secret of a key is in the secret store; a key that was replaced still counts until `retires_at`.
KEYS = """
    create table calls.keys (
        id text primary key,
        workspace text not null,
        secret_ref text not null,
        created_at timestamptz not null default now(),
        retires_at timestamptz
    )
"""
OPTIONS = """
    create table calls.options (
        workspace text primary key,
        language text,
        region text
    )
"""
# `hour` is that of `accepted_at`: the database's clock alone says to which partition a call belongs. `submission` is
# what was sent, personal data and all; the hash is of the raw body, so that the same call twice is told from another.
CALLS = """
    create table calls.calls (
        id bigint generated always as identity primary key,
        workspace text not null,
        call_id text collate "C" not null,
        body_sha256 bytea not null,
        submission jsonb not null check (octet_length(submission::text) <= 16384),
        accepted_at timestamptz not null default clock_timestamp(),
        hour timestamptz not null
            generated always as (date_bin('1 hour', accepted_at, timestamptz '2000-01-01Z')) stored,
        state text not null default 'accepted' check (state in ('accepted', 'recorded', 'refused', 'dead')),
        reason text check (octet_length(reason) <= 2048),
        ended_at timestamptz,
        changed_at timestamptz not null default now(),
        unique (workspace, call_id)
    )
"""
CALLS_BY_HOUR = "create index calls_hour on calls.calls (hour, workspace, id)"
CALLS_OPEN = "create index calls_open on calls.calls (hour) where state = 'accepted'"
# The same bytes are one recording, whichever call names them first.
RECORDINGS = """
    create table calls.recordings (
        workspace text not null,
        sha256 text not null,
        call bigint not null references calls.calls on delete cascade,
        primary key (workspace, sha256)
    )
"""
# `tries` holds what went wrong before: [{at, failure, reason}], the last ten.
STAGES = """
    create table calls.stages (
        call bigint not null references calls.calls on delete cascade,
        stage text not null,
        status text not null check (status in ('done', 'skipped', 'refused', 'deferred', 'failing', 'dead')),
        version text not null default '',
        release text not null,
        input jsonb,
        output jsonb,
        facts jsonb not null default '{}' check (octet_length(facts::text) <= 4096),
        failure text,
        reason text check (octet_length(reason) <= 2048),
        tries jsonb not null default '[]' check (octet_length(tries::text) <= 16384),
        started_at timestamptz not null,
        ended_at timestamptz not null,
        fence bigint not null,
        primary key (call, stage)
    )
"""
STAGES_WANTING = "create index stages_wanting on calls.stages (stage, call) where status in ('dead', 'deferred')"
RECORDS = """
    create table calls.records (
        call bigint primary key references calls.calls on delete cascade,
        workspace text not null,
        call_id text collate "C" not null,
        hour timestamptz not null,
        direction text not null,
        disposition text not null,
        started_at timestamptz not null,
        duration_ms bigint not null,
        contact_outcome text not null check (contact_outcome in ('matched', 'ambiguous', 'unknown')),
        connection_id text collate "C",
        contact_object text,
        contact_id text collate "C",
        account_id text collate "C",
        opportunity_id text collate "C",
        owner_id text collate "C",
        language text,
        languages jsonb not null default '{}',
        transcript jsonb,
        translation jsonb,
        redacted_text text,
        redactions jsonb not null default '{}',
        talk_ms_rep bigint,
        talk_ms_prospect bigint,
        silence_ms bigint,
        longest_monologue_ms bigint,
        interruptions integer,
        questions integer,
        words integer,
        recorded_at timestamptz not null default clock_timestamp(),
        version text not null
    )
"""
RECORDS_BY_WORKSPACE = "create index records_workspace on calls.records (workspace, hour)"
RECORDS_BY_CONTACT = """
    create index records_contact on calls.records (connection_id, contact_id) where contact_id is not null
"""
RECORDS_BY_ACCOUNT = """
    create index records_account on calls.records (connection_id, account_id) where account_id is not null
"""
WEBHOOKS = """
    create table calls.webhooks (
        id text primary key,
        workspace text not null,
        url text not null,
        secret_ref text not null,
        state text not null default 'active' check (state in ('active', 'paused')),
        created_at timestamptz not null default now()
    )
"""
# The outbox: written with the record, in one transaction. `integration` is a connection or a webhook. `key` is what the
# other side knows our call by: an upsert by it can be repeated. `external_id` is what it called the activity.
DELIVERIES = """
    create table calls.deliveries (
        call bigint not null references calls.calls on delete cascade,
        integration text collate "C" not null,
        kind text not null,
        workspace text not null,
        key text not null,
        state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead', 'withdrawn')),
        external_id text collate "C",
        failure text,
        reason text check (octet_length(reason) <= 2048),
        created_at timestamptz not null default clock_timestamp(),
        delivered_at timestamptz,
        primary key (call, integration)
    )
"""
DELIVERIES_OPEN = "create index deliveries_open on calls.deliveries (integration, call) where state = 'waiting'"
DELIVERIES_BY_ACTIVITY = """
    create index deliveries_activity on calls.deliveries (integration, external_id) where external_id is not null
"""
# What an hour had when it was closed, of one workspace.
HOURS = """
    create table calls.hours (
        hour timestamptz not null,
        workspace text not null,
        accepted integer not null,
        recorded integer not null,
        refused integer not null,
        dead integer not null,
        open integer not null,
        p50_ms integer,
        p95_ms integer,
        closed_at timestamptz not null default now(),
        datasets jsonb not null default '{}',
        primary key (hour, workspace)
    )
"""
# Who sent what again, and why: every replay, dry ones too.
REPLAYS = """
    create table calls.replays (
        id bigint generated always as identity primary key,
        asked_at timestamptz not null default now(),
        asked_by text not null,
        asked jsonb not null check (octet_length(asked::text) <= 8192),
        dry_run boolean not null,
        found integer not null,
        replayed integer not null
    )
"""


def upgrade() -> None:
    for statement in (
        "create schema calls",
        KEYS,
        OPTIONS,
        CALLS,
        CALLS_BY_HOUR,
        CALLS_OPEN,
        RECORDINGS,
        STAGES,
        STAGES_WANTING,
        RECORDS,
        RECORDS_BY_WORKSPACE,
        RECORDS_BY_CONTACT,
        RECORDS_BY_ACCOUNT,
        WEBHOOKS,
        DELIVERIES,
        DELIVERIES_OPEN,
        DELIVERIES_BY_ACTIVITY,
        HOURS,
        REPLAYS,
    ):
        op.execute(statement)
