"""Schema `research`: the pages of company sites and the documents they held."""

from alembic import op

revision = "0016"
down_revision = "0015"


STATEMENTS = (
    "create schema research",
    # Which site an account has: null if its CRM tells none, or none that may be called. `planned_at` is when the
    # workspace last planned a look at it; a batch that comes to nothing leaves it due again a day later.
    """
        create table research.accounts (
            workspace text not null,
            connection_id text collate "C" not null,
            account_id text collate "C" not null,
            name text,
            site text collate "C",
            changed_at timestamptz not null default now(),
            gone_at timestamptz,
            planned_at timestamptz,
            primary key (workspace, connection_id, account_id)
        )
    """,
    "create index accounts_site on research.accounts (workspace, site) where gone_at is null",
    "create index accounts_of_site on research.accounts (site) where gone_at is null",
    "create index accounts_changed on research.accounts (workspace, changed_at)",
    # Every change that was committed when its query began, and none that came later, lies before `read_until`.
    """
        create table research.marks (
            workspace text not null,
            connection_id text collate "C" not null,
            read_until timestamptz not null,
            primary key (workspace, connection_id)
        )
    """,
    # One for all workspaces: a look is leased, and what it found commits under its fence.
    """
        create table research.sites (
            site text collate "C" primary key,
            looked_at timestamptz,
            changed_at timestamptz,
            outcome text,
            next_look_at timestamptz not null default now(),
            failures integer not null default 0,
            deaths integer not null default 0,
            requests bigint not null default 0,
            fence bigint not null default 0,
            holder text,
            lease_until timestamptz
        )
    """,
    # `sha256` is the page's newest document, which outlives a passing failure, and `stored_in` names the object of the
    # lake that holds it, with the others that were new at that look; `fetched_at` is when it was last seen,
    # `remembered` what tells a new document from the same one (research.reading.fingerprint).
    """
        create table research.pages (
            site text collate "C" not null references research.sites on delete cascade,
            kind text not null,
            url text collate "C" not null check (octet_length(url) <= 2048),
            outcome text not null,
            etag text,
            last_modified text,
            body_sha256 text,
            sha256 text,
            stored_in text check ((stored_in is null) = (sha256 is null)),
            title text,
            language text,
            fetched_at timestamptz,
            checked_at timestamptz not null default now(),
            remembered bytea,
            bytes bigint not null default 0,
            primary key (site, url)
        )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
