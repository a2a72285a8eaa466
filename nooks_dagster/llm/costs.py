"""What was spent, for whoever pays: by day, workspace, purpose or model, and what of it bought nothing.

Belongs here: reading the ledger of purchases. Does not: writing it (`llm.purchases`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.llm.purchases import COUNTED


class By(StrEnum):
    """What sums are for."""

    DAY = "day"
    SIGNAL = "signal"
    WORKSPACE = "workspace"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Sum:
    """What was spent on one thing, in USD.

    Attributes:
        name: The day, purpose, workspace or model.
        usd: All of it, what is unknown at the most it can have cost.
        unknown_usd: Of this, what is unknown: the provider's bill may be lower by it.
        in_vain_usd: Of `usd`, what bought no answer that was kept, the unknown included.
        reserved_usd: What is under way, at the most it can cost; no part of `usd`.
        purchases: How many were paid for.
        subjects: About how many accounts.
        input_tokens: Tokens read.
        cached_tokens: Of these, what the provider had in its cache.
        output_tokens: Tokens written.
    """

    name: str
    usd: Decimal
    unknown_usd: Decimal
    in_vain_usd: Decimal
    reserved_usd: Decimal
    purchases: int
    subjects: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int

    @property
    def usd_per_subject(self) -> Decimal | None:
        """Return what one account cost, where any did."""
        return self.usd / self.subjects if self.subjects else None


@dataclass(frozen=True, slots=True)
class Vain:
    """What was paid for and not kept, for one reason; `again` of these asked what had been answered or was again."""

    why: str
    purchases: int
    again: int
    usd: Decimal


def sums(conn: psycopg.Connection[Any], by: By, since: date, workspace: str | None = None) -> Sequence[Sum]:
    """Return what was spent since a day (UTC), by day the latest first, else the dearest first."""
    query = f"select {_NAMES[by]} as name, {_SUMS} order by {'1 desc' if by is By.DAY else 'usd desc, 1'}"
    values = {"since": since, "workspace": workspace, "counted": COUNTED}
    return conn.cursor(row_factory=class_row(Sum)).execute(query.encode(), values).fetchall()


def in_vain(conn: psycopg.Connection[Any], since: date, workspace: str | None = None) -> Sequence[Vain]:
    """Return what bought nothing since a day (UTC), by reason; duplicate spend is among it, and nowhere else."""
    values = {"since": since, "workspace": workspace, "counted": COUNTED}
    return conn.cursor(row_factory=class_row(Vain)).execute(_IN_VAIN, values).fetchall()


_NAMES = {
    By.DAY: "day::text",
    By.SIGNAL: "purpose",
    By.WORKSPACE: "workspace",
    By.MODEL: "coalesce(answered_by, model)",
}
_OF = "day >= %(since)s and (%(workspace)s::text is null or workspace = %(workspace)s::text)"
_NO_FAULT = "(reason = '' or starts_with(reason, %(counted)s))"
_SUMS = f"""
    sum(cost) as usd,
        coalesce(sum(cost) filter (where state = 'unknown'), 0) as unknown_usd,
        coalesce(sum(cost) filter (where state = 'unknown' or not {_NO_FAULT}), 0) as in_vain_usd,
        coalesce(sum(bound) filter (where state = 'reserved'), 0) as reserved_usd,
        count(*) filter (where cost > 0) as purchases,
        count(distinct subject) filter (where cost > 0) as subjects,
        coalesce(sum((usage->>'input')::bigint), 0)::bigint as input_tokens,
        coalesce(sum((usage->>'cached')::bigint), 0)::bigint as cached_tokens,
        coalesce(sum((usage->>'output')::bigint), 0)::bigint as output_tokens
    from llm.purchases where {_OF} and state <> 'released'
    group by 1
"""
# Of what was paid more than once for one question, the answer that was kept is the one that counts.
_IN_VAIN = f"""
    with paid as (
        select *, state = 'settled' and {_NO_FAULT} as kept, row_number() over (
            partition by purpose, subject, asked_for
            order by (state = 'settled' and {_NO_FAULT}) desc, asked_at desc) as nth
        from llm.purchases where {_OF} and cost > 0
    )
    select case when kept then 'asked again although it was answered' when state = 'unknown' and reason = 'Unanswered'
            then 'no reply came, so it may not have been billed' else reason end as why,
        count(*) as purchases, count(*) filter (where nth > 1) as again, sum(cost) as usd
    from paid where not kept or nth > 1 group by 1 order by usd desc, 1
"""  # noqa: S608 - likewise
