"""Schema `signals`: answers about accounts, who asks now, what applications read."""

from alembic import op

revision = "0017"
down_revision = "0016"

# A lease holds while the ledger item of its batch is leased under `item_fence`: renewing that one row keeps a hundred
# leases. `begun_at` is set in the transaction that reserves the money, and taken back by every known end, so that who
# finds it knows what its last worker died of. `*` is the scope of what all workspaces share.
LEASES = """
    create table signals.leases (
        scope text not null,
        subject text collate "C" not null,
        signal text not null,
        fence bigint not null default 0,
        item bigint,
        item_fence bigint,
        begun_at timestamptz,
        failures integer not null default 0,
        deaths integer not null default 0,
        retry_at timestamptz,
        reason text check (octet_length(reason) <= 2048),
        primary key (scope, subject, signal)
    )
"""
LEASES_OF_ITEM = "create index leases_item on signals.leases (item) where item is not null"
ANSWERS = """
    create table signals.answers (
        id bigint generated always as identity primary key,
        scope text not null,
        subject text collate "C" not null,
        signal text not null,
        status text not null
            check (status in ('found', 'not_found', 'insufficient_evidence', 'degraded', 'error')),
        reason text not null default '' check (octet_length(reason) <= 2048),
        value jsonb not null default '[]' check (octet_length(value::text) <= 65536),
        evidence jsonb not null default '[]' check (octet_length(evidence::text) <= 262144),
        confidence real,
        observed_at timestamptz not null default now(),
        event_date date,
        expires_at timestamptz not null,
        sources_tried jsonb not null default '[]',
        cache_key text,
        purchase bigint unique,
        model text not null default '',
        version text not null,
        prompt_version text not null,
        schema_version text not null,
        cost numeric not null default 0,
        workspace text not null,
        run_id text not null,
        fence bigint not null
    )
"""
ANSWERS_BY_KEY = "create index answers_cached on signals.answers (cache_key, id) where cache_key is not null"
ANSWERS_BY_SUBJECT = "create index answers_subject on signals.answers (scope, subject, signal, id)"
# A pair is open while its batch is; `batch` is the key of the item. `seen_at` is the site's changed_at that was known
# when it was planned, `own` the digest of the workspace's own facts. `fresh`: a person wants none out of the cache.
ASKED = """
    create table signals.asked (
        signal text not null,
        subject text collate "C" not null,
        workspace text not null,
        version text not null,
        own text not null default '',
        seen_at timestamptz,
        planned_at timestamptz not null default now(),
        batch text,
        open boolean not null default false,
        fresh boolean not null default false,
        answer bigint references signals.answers,
        due_at timestamptz,
        primary key (signal, subject, workspace)
    )
"""
ASKED_BY_WORKSPACE = "create index asked_workspace on signals.asked (workspace, signal, subject)"
# `answer` is the one that stands, `latest` how the last look ended: a failure takes no finding away. `change` ascends
# in the order of the commits.
CURRENT = """
    create table signals.current (
        workspace text not null,
        connection_id text collate "C" not null,
        account_id text collate "C" not null,
        signal text not null,
        subject text collate "C" not null,
        answer bigint not null references signals.answers,
        latest bigint not null references signals.answers,
        gone_at timestamptz,
        changed_at timestamptz not null default now(),
        change bigint not null,
        primary key (signal, workspace, connection_id, account_id)
    )
"""
CHANGES = "create sequence signals.changes"
CURRENT_BY_CHANGE = "create unique index current_change on signals.current (workspace, change)"
OWN = """
    create table signals.own (
        workspace text not null,
        name text not null,
        values text[] not null,
        changed_at timestamptz not null default now(),
        primary key (workspace, name)
    )
"""
# What was paid for and not used, because another had the account by then.
DUPLICATES = """
    create table signals.duplicates (
        purchase bigint primary key,
        workspace text not null,
        signal text not null,
        scope text not null,
        subject text collate "C" not null,
        cost numeric not null,
        reason text not null,
        noticed_at timestamptz not null default now()
    )
"""
# A new prompt, schema or model is tried on some accounts before all are asked.
VERSIONS = """
    create table signals.versions (
        signal text not null,
        version text not null,
        state text not null check (state in ('trial', 'held', 'spread')),
        planned integer not null default 0,
        reason text not null default '',
        first_at timestamptz not null default now(),
        decided_at timestamptz,
        primary key (signal, version)
    )
"""

# Which accounts a sync has brought since the last look is asked every 30 s, of all workspaces at once. A BRIN index
# costs an update nothing: it stays one that touches no other index.
SYNCED = "create index accounts_synced on crm.accounts using brin (synced_at) with (autosummarize = on)"


def upgrade() -> None:
    for statement in (
        "create schema signals",
        LEASES,
        LEASES_OF_ITEM,
        ANSWERS,
        ANSWERS_BY_KEY,
        ANSWERS_BY_SUBJECT,
        ASKED,
        ASKED_BY_WORKSPACE,
        CURRENT,
        CHANGES,
        CURRENT_BY_CHANGE,
        OWN,
        DUPLICATES,
        VERSIONS,
        "create sequence signals.plans",
        SYNCED,
    ):
        op.execute(statement)
