"""Caps: what may be spent in a day (UTC), of all, of a workspace, of a kind.

Belongs here: which hold, and changing them. Does not: holding purchases to them (`llm.purchases`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.settings import Settings

ALL = ""
"""The name of all workspaces, and of all kinds."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What a workspace, or all, may spend on a kind, or on all, and what of today is gone.

    `usd` is None where nothing but the other caps holds; `chosen` tells if a person set it.
    """

    workspace: str
    kind: str
    usd: Decimal | None
    chosen: bool
    spent: Decimal
    reserved: Decimal


def defaults(settings: Settings) -> Mapping[str, Decimal]:
    """Return what holds unless a person says otherwise, in USD a day: `all`, `workspace`, `kind`."""
    return {
        "all": _usd(settings.llm_usd_a_day),
        "workspace": _usd(settings.llm_usd_a_day_of_workspace),
        "kind": _usd(settings.llm_usd_a_day_of_kind),
    }


def choose(conn: psycopg.Connection[Any], usd: Decimal | None, workspace: str = ALL, kind: str = ALL) -> None:
    """Set a cap, or with None let the setting hold again. It holds from the next purchase on."""
    if usd is None:
        conn.execute("delete from llm.caps where workspace = %s and kind = %s", (workspace, kind))
    else:
        conn.execute(_CHOOSE, (workspace, kind, usd))


def forget(conn: psycopg.Connection[Any], workspace: str) -> None:
    """Forget what was chosen for a workspace that is removed; what it spent stays, as its bills do."""
    conn.execute("delete from llm.caps where workspace = %s", (workspace,))


def caps(conn: psycopg.Connection[Any], usual: Mapping[str, Decimal], workspace: str | None = None) -> Sequence[Cap]:
    """Return the caps that hold today, all first; of one workspace, if named, also those of all that hold it."""
    values = {f"cap_of_{name}": usd for name, usd in usual.items()} | {"workspace": workspace}
    return conn.cursor(row_factory=class_row(Cap)).execute(_CAPS, values).fetchall()


def _usd(amount: float) -> Decimal:
    return Decimal(str(amount))


_CHOOSE = """
    insert into llm.caps (workspace, kind, usd) values (%s, %s, %s)
    on conflict (workspace, kind) do update set usd = excluded.usd, set_at = now()
"""
_CAPS = """
    with today as (
        select workspace, kind, spent, reserved from llm.spend
        where day = (clock_timestamp() at time zone 'UTC')::date
    ), keys as (
        select '' as workspace, '' as kind
        union select name, '' from workspaces.workspaces
        union select %(workspace)s::text, '' where %(workspace)s::text is not null
        union select workspace, kind from llm.caps
        union select workspace, kind from today
    )
    select workspace, kind, coalesce(own.usd, case
            when workspace = '' and kind = '' then %(cap_of_all)s::numeric
            when kind = '' then %(cap_of_workspace)s::numeric
            when workspace = '' then %(cap_of_kind)s::numeric
        end) as usd,
        own.usd is not null as chosen, coalesce(s.spent, 0) as spent, coalesce(s.reserved, 0) as reserved
    from keys left join llm.caps as own using (workspace, kind) left join today as s using (workspace, kind)
    where %(workspace)s::text is null or workspace in ('', %(workspace)s::text)
    order by workspace, kind
"""
