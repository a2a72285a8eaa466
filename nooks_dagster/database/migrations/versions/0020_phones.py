"""Who is it: people of a CRM by telephone number and e-mail address, the open opportunities of an account.

`crm.phone_key` is the last ten digits of a number as it was typed, its extension cut off: what a search begins with,
and libphonenumber then decides. Ten, for a shorter key is shared by too many (seven: by 2,000 of ten million people
whose numbers are made up like 555-0123), a longer one by too few (the country is often left out).
"""

from alembic import op

revision = "0020"
down_revision = "0019"

# Translate, not a second regular expression: half the time. What neither knows makes no digit, so the pattern takes
# only what is a digit or stands between digits.
PHONE_KEY = r"""
    create function crm.phone_key(phone text) returns bigint language sql immutable strict parallel safe
    return nullif(right(translate(substring(phone from '[0-9][-0-9 ().+/]*'), ' -().+/', ''), 10), '')::bigint
"""
# Each costs a merge 4 microseconds of the server's CPU a row, of 80 that a history takes in all. Nothing cheaper is up
# to date: to follow the changes of each sync costs as much, and a call may be of a contact made a minute ago.
PEOPLE = ("contacts", "leads", "users")
KEYS = (
    ("phone", "phone", "crm.phone_key(phone)"),
    ("mobile", "mobile_phone", "crm.phone_key(mobile_phone)"),
    ("email", "email", "lower(email)"),
)
USERS = "create index users_id on crm.users (id)"
# An account has few open opportunities and many closed ones.
OPEN_OPPORTUNITIES = """
    create index opportunities_open on crm.opportunities (account_id)
    where is_closed = false and deleted_reason is null
"""
PARTICIPANTS = "alter table calls.records add column participants jsonb not null default '{}'"


def upgrade() -> None:
    op.execute(PHONE_KEY)
    for table in PEOPLE:
        for name, column, key in KEYS:
            op.execute(f"create index {table}_{name} on crm.{table} ({key}) where {column} is not null")
    op.execute(USERS)
    op.execute(OPEN_OPPORTUNITIES)
    op.execute(PARTICIPANTS)
