"""The ledger of purchases: reserved at the most they can cost, then settled, released, or unknown.

Belongs here: the rows, and what of each day's caps they take. Does not: asking (`llm.door`), reading it (`llm.costs`).

No row is removed, and none holds a prompt, an answer or anything about a person: they stay when a workspace goes,
because its bills do.

Locks go purchase first, then the day's rows of `llm.spend` in the order of their keys, and those are the last that a
transaction takes: so nobody waits in a circle. Who buys lets Postgres change them with the commit (`database.last`):
the hot row of all is held for that alone, and never while a thread waits for a core.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from nooks_dagster.database.last import with_commit
from nooks_dagster.failures import Deferred, RateLimited, Transient
from nooks_dagster.llm.asking import Usage

REAPED_AT_ONCE = 200
COUNTED = "Counted at its bound: "
"""How the reason begins of what was kept, and has no price: it was not bought in vain."""


class State(StrEnum):
    """How a purchase stands. `unknown` counts with the most it can have cost."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is about to be bought. `asked_for` is the hash of all that is asked."""

    kind: str
    workspace: str
    purpose: str
    subject: str
    model: str
    asked_for: bytes
    bound: Decimal
    worker: str


@dataclass(frozen=True, slots=True)
class End:
    """How a purchase ended; the cost of what is unknown is its bound."""

    state: State
    cost: Decimal = Decimal(0)
    usage: Usage | None = None
    model: str | None = None
    request_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A purchase that was reserved, on a day (UTC) by Postgres' clock."""

    id: int
    day: date
    bound: Decimal


@dataclass(frozen=True, slots=True)
class _Booked:
    """What one try to reserve has found: an id, or the cap in its way, or that the day has no rows yet."""

    id: int | None
    day: date
    rows: int
    next_day_in: timedelta
    over_workspace: str | None
    over_kind: str | None
    spent: Decimal | None
    taken: Decimal | None
    usd: Decimal | None


def reserve(
    conn: psycopg.Connection[Any], purchase: Purchase, caps: Mapping[str, Decimal], hold: timedelta
) -> Reserved:
    """Reserve the most that a purchase can cost, in the caller's transaction.

    Args:
        conn: The transaction; what it locks from here on is `llm.spend`.
        purchase: What is about to be bought.
        caps: USD a day where `llm.caps` says nothing: `all`, `workspace`, `kind`.
        hold: After so long the worker is dead, and what it cost unknown.

    Raises:
        Deferred: A cap is in the way.
        RateLimited: It may be, once what is under way is paid for.
    """
    values = _values(purchase, caps, hold)
    with conn.cursor(row_factory=class_row(_Booked)) as cursor:
        while True:
            booked = cursor.execute(_RESERVE.encode(), values).fetchone()
            if booked is None:
                raise AssertionError("the statement always has a row")
            if booked.id is not None:
                return Reserved(booked.id, booked.day, purchase.bound)
            if booked.rows == KEYS:
                raise _deferred(purchase, booked)
            conn.execute(_NEW_DAY.encode(), values)


def begin_day(conn: psycopg.Connection[Any], purchase: Purchase) -> None:
    """Make the day's rows of a purchase, in a transaction of its own.

    Beside locked ones it would hold up whoever waits for those while it waits for rows that they make: a circle.
    """
    conn.execute(_NEW_DAY.encode(), asdict(purchase))


class Reserving:
    """A purchase that is reserved when a transaction of `Database.transaction` ends, and known after that.

    Where `reserve` would begin a new day or say which cap is in the way, that end raises `Unreserved`, and nothing is
    committed.
    """

    def __init__(
        self, conn: psycopg.Connection[Any], purchase: Purchase, caps: Mapping[str, Decimal], hold: timedelta
    ) -> None:
        """Take the arguments of `reserve`."""
        self._bound = purchase.bound
        self._found: list[Reserved] = []
        with_commit(conn, _RESERVE_OR_FAIL, _values(purchase, caps, hold), self._told)

    @property
    def reserved(self) -> Reserved:
        """Return it."""
        return self._found[0]

    def _told(self, cursor: psycopg.Cursor[Any]) -> None:
        identity, day, *_ = cursor.fetchall()[0]
        self._found.append(Reserved(identity, day, self._bound))


def end(conn: psycopg.Connection[Any], purchase: int, outcome: End) -> bool:
    """End a purchase in the caller's transaction; say if it had not been ended.

    What was `unknown` may be settled after all: a worker that was slow, not dead.
    """
    return end_all(conn, {purchase: outcome})


def end_all(conn: psycopg.Connection[Any], outcomes: Mapping[int, End]) -> bool:
    """End purchases in the caller's transaction, their sums in one go; say if any had not been ended."""
    return conn.execute(_END, {"ends": _ends(outcomes)}).rowcount > 0


def end_with_commit(conn: psycopg.Connection[Any], outcomes: Mapping[int, End]) -> None:
    """End purchases when a transaction of `Database.transaction` ends: the sums of the day are held for that alone."""
    with_commit(conn, _END, {"ends": _ends(outcomes)})


def reap(conn: psycopg.Connection[Any]) -> int:
    """Let purchases whose worker died before it ended them be unknown, some at once; return how many."""
    return conn.execute(_REAP, {"most": REAPED_AT_ONCE}).rowcount


def _values(purchase: Purchase, caps: Mapping[str, Decimal], hold: timedelta) -> Mapping[str, Any]:
    return asdict(purchase) | {f"cap_of_{name}": usd for name, usd in caps.items()} | {"hold": hold}


def _ends(outcomes: Mapping[int, End]) -> Jsonb:
    return Jsonb(
        [asdict(outcome) | {"id": purchase, "cost": str(outcome.cost)} for purchase, outcome in outcomes.items()]
    )


def _deferred(purchase: Purchase, booked: _Booked) -> Transient:
    whose = " of ".join(part for part in (booked.over_kind, booked.over_workspace) if part) or "all workspaces"
    subject = f"{purchase.workspace}, {purchase.purpose}"
    if (booked.spent or 0) + purchase.bound <= (booked.usd or 0):  # what is under way costs less than was reserved
        return RateLimited(f"What is under way may reach the cap of {whose}.", subject=subject)
    name = f" {booked.over_workspace}" if booked.over_workspace else ""
    kind = f" --kind {booked.over_kind}" if booked.over_kind else ""
    return Deferred(
        f"The cap of {whose} for a day is reached: {booked.taken:,.2f} of {booked.usd:,.2f} USD are spent or reserved.",
        subject=subject,
        next_step=f"It goes on tomorrow (UTC), or at once when you raise it: `nooks signals caps{name}{kind} --usd …`.",
        retry_in=booked.next_day_in,
    )


Unreserved = errors.DivisionByZero
KEYS = 4  # of a purchase in `llm.spend`
_OF_KEYS = "(('', ''), (%(workspace)s, ''), ('', %(kind)s), (%(workspace)s, %(kind)s))"
_DAY = "(clock_timestamp() at time zone 'UTC')::date"
_RESERVE = f"""
    with now as materialized (
        select {_DAY} as day, clock_timestamp() as moment
    ), booked as materialized (
        select s.day, s.workspace, s.kind, s.spent, s.spent + s.reserved as taken from llm.spend as s, now
        where s.day = now.day and (s.workspace, s.kind) in {_OF_KEYS}
        order by s.workspace, s.kind for update of s
    ), over as materialized (
        select booked.*, cap.usd from booked left join llm.caps as own using (workspace, kind), lateral (
            select coalesce(own.usd, case
                when booked.workspace = '' and booked.kind = '' then %(cap_of_all)s::numeric
                when booked.kind = '' then %(cap_of_workspace)s::numeric
                when booked.workspace = '' then %(cap_of_kind)s::numeric
            end) as usd) as cap
        where booked.taken + %(bound)s > cap.usd
        order by cap.usd - booked.taken limit 1
    ), taken as (
        update llm.spend as s set reserved = s.reserved + %(bound)s from booked
        where (s.day, s.workspace, s.kind) = (booked.day, booked.workspace, booked.kind)
            and not exists (select from over) and (select count(*) from booked) = {KEYS}
        returning s.kind
    ), bought as (
        insert into llm.purchases (kind, workspace, purpose, subject, model, asked_for, state, day, bound, worker,
            asked_at, deadline)
        select %(kind)s, %(workspace)s, %(purpose)s, %(subject)s, %(model)s, %(asked_for)s, 'reserved', now.day,
            %(bound)s, %(worker)s, now.moment, now.moment + %(hold)s
        from now where (select count(*) from taken) = {KEYS}
        returning id
    )
    select bought.id, now.day, (select count(*) from booked) as rows,
        ((now.day + 1)::timestamp at time zone 'UTC') - now.moment as next_day_in,
        over.workspace as over_workspace, over.kind as over_kind, over.spent, over.taken, over.usd
    from now left join bought on true left join over on true
"""  # noqa: S608 - constants of this module
# Divides by zero where nothing was bought: a commit that stands in the same message is not executed then.
_RESERVE_OR_FAIL = _RESERVE.replace(
    "select bought.id,", "select coalesce(bought.id, 1 / (bought.id is not null)::int),"
)
_NEW_DAY = f"""
    insert into llm.spend (day, workspace, kind)
    select {_DAY}, * from (values ('', ''), (%(workspace)s, ''), ('', %(kind)s), (%(workspace)s, %(kind)s)) as keys
    order by 2, 3 on conflict do nothing
"""  # noqa: S608 - likewise
_END = """
    with ends as materialized (
        select * from jsonb_to_recordset(%(ends)s) as e (id bigint, state text, cost numeric, usage jsonb, model text,
            request_id text, reason text)
    ), bought as materialized (
        select p.id, p.workspace, p.kind, p.day, ends.state, ends.usage, ends.model, ends.request_id, ends.reason,
            case when ends.state = 'unknown' then p.bound else ends.cost end as cost,
            case when p.state = 'reserved' then p.bound else 0 end as freed,
            case when p.state = 'unknown' then p.cost else 0 end as counted
        from llm.purchases as p join ends using (id)
        where p.state = 'reserved' or (p.state = 'unknown' and ends.state = 'settled')
        order by p.id for update of p
    ), ended as (
        update llm.purchases as p set state = bought.state, usage = bought.usage, answered_by = bought.model,
            cost = bought.cost, request_id = bought.request_id, ended_at = clock_timestamp(), reason = bought.reason
        from bought where p.id = bought.id
    ), sums as materialized (
        select bought.day, keys.workspace, keys.kind, sum(freed) as freed, sum(cost - counted) as spent
        from bought, lateral (values ('', ''), (bought.workspace, ''), ('', bought.kind),
            (bought.workspace, bought.kind)) as keys (workspace, kind)
        group by bought.day, keys.workspace, keys.kind
    ), booked as materialized (
        select s.day, s.workspace, s.kind, sums.freed, sums.spent
        from llm.spend as s join sums using (day, workspace, kind)
        order by s.day, s.workspace, s.kind for update of s
    )
    update llm.spend as s set reserved = s.reserved - booked.freed, spent = s.spent + booked.spent from booked
    where (s.day, s.workspace, s.kind) = (booked.day, booked.workspace, booked.kind)
"""
_REAP = """
    with dead as materialized (
        select id, workspace, kind, day, bound from llm.purchases
        where state = 'reserved' and deadline < clock_timestamp()
        order by deadline limit %(most)s for update skip locked
    ), ended as (
        update llm.purchases as p set state = 'unknown', cost = p.bound, ended_at = clock_timestamp(),
            reason = 'its worker died before it was settled'
        from dead where p.id = dead.id
    ), sums as materialized (
        select dead.day, keys.workspace, keys.kind, sum(dead.bound) as bound
        from dead, lateral (values ('', ''), (dead.workspace, ''), ('', dead.kind), (dead.workspace, dead.kind))
            as keys (workspace, kind)
        group by dead.day, keys.workspace, keys.kind
    ), booked as materialized (
        select s.day, s.workspace, s.kind, sums.bound from llm.spend as s join sums using (day, workspace, kind)
        order by s.day, s.workspace, s.kind for update of s
    )
    update llm.spend as s set reserved = s.reserved - booked.bound, spent = s.spent + booked.bound from booked
    where (s.day, s.workspace, s.kind) = (booked.day, booked.workspace, booked.kind)
"""
