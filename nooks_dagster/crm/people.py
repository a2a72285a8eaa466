"""Who is it: people of a connection by telephone number or e-mail address, and what is open with their account.

Belongs here: looking up, by indexes (`0020_phones`). Does not: who of several is meant (`calls.stages.matching`).

A planner without statistics, which a table has none of during its first history, takes one row in two hundred for a
match, and would rather read ten million rows, by four processes, than look up a dozen. So it is told to use indexes
(`BY_INDEX`), and which: partitions are named, for by their parent's (connection, object, id) all rows are a match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql

from nooks_dagster.crm.rows.tables import partition_name

MOST = 200
"""People of one kind that are looked at: more of them share only the number of a switchboard."""
BY_INDEX = "set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
"""To be selected in a transaction before anybody is looked up; within another statement it costs nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, lead or user, as a CRM knows it; `object` is its canonical name, `email` in lower case."""

    object: str
    id: str
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    mobile: str | None = field(repr=False)
    email: str | None = field(repr=False)
    account: str | None
    changed_at: datetime


class People:
    """The people of one connection, in the caller's transaction. None, while it has no partitions.

    Args:
        conn: A connection in a transaction that has selected `BY_INDEX` and writes nothing: it is rolled back when a
            partition is missing.
        connection_id: Whose.
    """

    def __init__(self, conn: psycopg.Connection[Any], connection_id: str) -> None:
        self._conn = conn
        self._connection = connection_id

    def prospects(self, keys: Sequence[int], email: str | None) -> list[Person]:
        """Return living contacts and leads that may have a number, or have an e-mail address.

        A lead that was converted is the contact that it became, whatever that was merged into since, with the numbers
        of the lead.

        Args:
            keys: Of the number (`crm.phones`).
            email: In lower case.
        """
        found = self._people(_PROSPECTS, keys=list(keys), email=email)
        leads = [person for person in found if person.object == _CONVERTED]
        people = {(p.object, p.id): p for p in found if p.object != _CONVERTED}
        became = dict(self._became([lead.id for lead in leads])) if leads else {}
        for lead in leads:
            if contact := became.get(lead.id):
                people.setdefault((contact.object, contact.id), _with_numbers(contact, lead))
        return list(people.values())

    def users(self, ids: Sequence[str], keys: Sequence[int], email: str | None) -> list[Person]:
        """Return living users by any of their ids, a number that may be theirs, or an e-mail address."""
        return self._people(_USERS, ids=list(ids), keys=list(keys), email=email)

    def open_opportunity(self, account: str, owner: str | None) -> str | None:
        """Return the open opportunity of an account: of several one of that owner, then the one that changed last."""
        found = self._rows(_OPPORTUNITY, account=account, owner=owner)
        return found[0][0] if found else None

    def _became(self, ids: Sequence[str]) -> Iterator[tuple[str, Person]]:
        """Yield the living contact that each contact is by now."""
        for asked, *row in self._rows(_BECAME, ids=list(ids)):
            yield asked, Person(*row)

    def _people(self, query: LiteralString, **values: Any) -> list[Person]:
        return [Person(*row) for row in self._rows(query, **values)]

    def _rows(self, query: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        everywhere = {"connection": self._connection, "most": MOST}
        try:
            return self._conn.execute(_statement(query, self._connection), {**values, **everywhere}).fetchall()
        except errors.UndefinedTable:
            self._conn.rollback()
            return []


@lru_cache(maxsize=1024)  # four for each connection; to put one together takes as long as to ask it
def _statement(query: LiteralString, connection_id: str) -> bytes:
    names = ("contacts", "leads", "users", "opportunities")
    words = {"theirs": sql.SQL(_THEIRS), "best_first": sql.SQL(_BEST_FIRST)}
    tables = {name: sql.Identifier("crm", partition_name(name, connection_id)) for name in names}
    return sql.SQL(query).format(**words, **tables).as_bytes(None)


def _with_numbers(contact: Person, lead: Person) -> Person:
    return replace(contact, phone=lead.phone, mobile=lead.mobile, email=contact.email or lead.email)


_CONVERTED = "converted"
_THEIRS: LiteralString = """
    (crm.phone_key(phone) = any(%(keys)s::bigint[]) or crm.phone_key(mobile_phone) = any(%(keys)s::bigint[])
        or lower(email) = %(email)s) and deleted_reason is null
"""
_BEST_FIRST: LiteralString = "order by (lower(email) = %(email)s) is true desc"
_PROSPECTS: LiteralString = """
    (select 'contacts', id, name, phone, mobile_phone, lower(email), account_id, source_stamp
    from {contacts} where {theirs} {best_first} limit %(most)s)
    union all
    (select case when is_converted then 'converted' else 'leads' end,
        case when is_converted then converted_contact_id else id end,
        name, phone, mobile_phone, lower(email), null, source_stamp
    from {leads} where {theirs} and (is_converted is not true or converted_contact_id is not null)
    {best_first} limit %(most)s)
"""
# Only Salesforce converts leads, so what they become is called as it is there.
_BECAME: LiteralString = """
    with recursive became (asked, id, hops) as (
        select asked, asked, 0 from unnest(%(ids)s::text[]) as asked
        union
        select b.asked, c.merged_into, b.hops + 1 from became b join {contacts} c on c.id = b.id
        where c.connection_id = %(connection)s and c.source_object = 'Contact'
            and c.merged_into is not null and b.hops < 5
    )
    select b.asked, 'contacts', c.id, name, phone, mobile_phone, lower(email), account_id, source_stamp
    from became b join {contacts} c on c.id = b.id
    where c.connection_id = %(connection)s and c.source_object = 'Contact' and c.deleted_reason is null
"""
_USERS: LiteralString = """
    select 'users', id, name, phone, mobile_phone, lower(email), null, source_stamp
    from {users} where deleted_reason is null and is_active is not false and id = any(%(ids)s)
    union
    select 'users', id, name, phone, mobile_phone, lower(email), null, source_stamp
    from {users} where {theirs} and is_active is not false
    limit %(most)s
"""
_OPPORTUNITY: LiteralString = """
    select id from {opportunities} where account_id = %(account)s and is_closed = false and deleted_reason is null
    order by (owner_id = %(owner)s) is true desc, source_stamp desc, id limit 1
"""
