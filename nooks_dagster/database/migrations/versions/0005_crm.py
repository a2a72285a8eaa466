"""Schema `crm`: one table per canonical object, partitioned by connection; watermarks; shapes of objects.

A tombstone is a row with a reason and no values. Ids compare as bytes: faster, and the same on every server.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


ACCOUNTS = """
    name text,
    website text,
    domain text,
    phone text,
    industry text,
    type text,
    employees bigint,
    annual_revenue numeric,
    owner_id text,
    parent_id text,
    billing_street text,
    billing_city text,
    billing_state text,
    billing_postal_code text,
    billing_country text,
    description text,
"""

CONTACTS = """
    name text,
    first_name text,
    last_name text,
    email text,
    phone text,
    mobile_phone text,
    title text,
    department text,
    account_id text,
    owner_id text,
    reports_to_id text,
    lead_source text,
    email_opt_out boolean,
    do_not_call boolean,
    mailing_street text,
    mailing_city text,
    mailing_state text,
    mailing_postal_code text,
    mailing_country text,
    description text,
"""

LEADS = """
    name text,
    first_name text,
    last_name text,
    email text,
    phone text,
    mobile_phone text,
    title text,
    company text,
    website text,
    industry text,
    employees bigint,
    annual_revenue numeric,
    status text,
    source text,
    rating text,
    owner_id text,
    email_opt_out boolean,
    do_not_call boolean,
    street text,
    city text,
    state text,
    postal_code text,
    country text,
    is_converted boolean,
    converted_date date,
    converted_account_id text,
    converted_contact_id text,
    converted_opportunity_id text,
    description text,
"""

OPPORTUNITIES = """
    name text,
    account_id text,
    owner_id text,
    stage text,
    amount numeric,
    expected_revenue numeric,
    probability numeric,
    close_date date,
    is_closed boolean,
    is_won boolean,
    type text,
    lead_source text,
    forecast_category text,
    next_step text,
    description text,
"""

USERS = """
    name text,
    first_name text,
    last_name text,
    email text,
    username text,
    phone text,
    mobile_phone text,
    title text,
    department text,
    division text,
    is_active boolean,
    manager_id text,
    time_zone text,
"""

ACTIVITIES = """
    kind text,
    subject text,
    status text,
    priority text,
    is_closed boolean,
    who_id text,
    what_id text,
    account_id text,
    owner_id text,
    due_date date,
    completed_at timestamptz,
    call_type text,
    call_result text,
    call_duration_seconds bigint,
    call_reference text,
    description text,
"""

CUSTOM_OBJECTS = """
    name text,
    owner_id text,
"""


def upgrade() -> None:
    op.execute("create schema crm")
    _create_table("accounts", ACCOUNTS)
    _create_table("contacts", CONTACTS)
    _create_table("leads", LEADS)
    _create_table("opportunities", OPPORTUNITIES)
    _create_table("users", USERS)
    _create_table("activities", ACTIVITIES)
    _create_table("custom_objects", CUSTOM_OBJECTS)
    op.execute("""
        create table crm.watermarks (
            connection_id text not null,
            source_object text not null,
            watermark timestamptz not null,
            established_at timestamptz not null default now(),
            primary key (connection_id, source_object)
        )
    """)
    op.execute("""
        create table crm.schemas (
            connection_id text not null,
            source_object text not null,
            hash text not null,
            fields jsonb not null,
            seen_at timestamptz not null default now(),
            primary key (connection_id, source_object, hash)
        )
    """)


def _create_table(name: str, columns: str) -> None:
    op.execute(f"""
        create table crm.{name} (
            connection_id text collate "C" not null,
            source_object text collate "C" not null,
            id text collate "C" not null,
            {columns.strip()}
            source_created_at timestamptz,
            source_modified_at timestamptz,
            properties jsonb not null default '{{}}',
            source_stamp timestamptz not null,
            observed_at timestamptz not null,
            present_at timestamptz not null,
            deleted_reason text,
            synced_at timestamptz not null default now(),
            primary key (connection_id, source_object, id)
        ) partition by list (connection_id)
    """)
