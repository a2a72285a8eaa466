"""Telephone numbers are found whatever script, spaces and hyphens they were typed with; `0020_phones` ended at those.

CRMs hold what was pasted into them: no-break spaces of a French page, U+2011 of a text processor, an address book's
marks of direction. `crm.phones` reads the same of them, which a test compares.
"""

import unicodedata

from alembic import op

revision = "0028"
down_revision = "0027"

# Of the first plane: what a later Unicode adds lies behind it, so that the function is the same whoever makes it.
DIGITS = "".join(letter for letter in map(chr, range(0x80, 0x10000)) if letter.isdecimal())
ASCII = "".join(str(unicodedata.decimal(letter)) for letter in DIGITS)
BETWEEN = "".join(map(chr, [*range(0x80, 0xC0), *range(0x2000, 0x2070), 0x2212, 0x223C, 0x3000, 0x30FC, 0xFEFF])) + (
    "\uff08\uff09\uff0b\uff0d\uff0e\uff0f\uff3b\uff3d"
)
# In PL/pgSQL, whose bodies a planner does not read: one in SQL it reads for each statement, with these letters in 80
# microseconds. A number costs 2.6 (in SQL 2.9), one that is not ASCII 3.8, one without ASCII digits 9. Strict, for only
# then does Postgres see that what has a key is not null, and look it up in indexes of what is not null.
PHONE_KEY = rf"""
    create or replace function crm.phone_key(phone text) returns bigint
    language plpgsql immutable strict parallel safe as $$
    begin
        if octet_length(phone) > length(phone) then
            if phone ~ '[{DIGITS}]' then
                phone := translate(phone, '{DIGITS}', '{ASCII}');
            end if;
            phone := regexp_replace(phone, '[{BETWEEN}]', ' ', 'g');
        end if;
        phone := translate(substring(phone from '[0-9][-0-9 ().+/*\t\[\]]*'), E' -().+/*\t[]', '');
        return nullif(right(phone, 10), '')::bigint;
    end $$
"""
# Made anew, for an index keeps the keys that it was made with: 3 s a million rows and number, in which nobody writes.
INDEXES = [
    (table, name, column)
    for table in ("contacts", "leads", "users")
    for name, column in (("phone", "phone"), ("mobile", "mobile_phone"))
]


def upgrade() -> None:
    op.execute(f"drop index {', '.join(f'crm.{table}_{name}' for table, name, _ in INDEXES)}")
    op.execute(PHONE_KEY)
    for table, name, column in INDEXES:
        op.execute(f"create index {table}_{name} on crm.{table} (crm.phone_key({column})) where {column} is not null")
