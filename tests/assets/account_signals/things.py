"""What the tests of signals' assets share: a model that follows a script, and books of accounts.

Belongs here: standing in for the model and the CRM. Does not: any test, the documents (`tests.signals.things`).
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg

from nooks_dagster.database.pool import Database
from nooks_dagster.llm.asking import Ask, Bought, Opening, Usage, never, nothing
from nooks_dagster.research import runs as research
from nooks_dagster.signals.work import Platform
from tests.research.things import connect, put_accounts
from tests.signals.things import SEEN

NOT_FOUND: Mapping[str, Any] = {"status": "not_found", "findings": []}
Script = Callable[[Ask], Mapping[str, Any]]

LOOKED_AT = """
    insert into research.sites (site, looked_at, changed_at, outcome)
    select site, now(), %s, 'ok' from unnest(%s::text[]) as site on conflict do nothing
"""


def snowflake(ask: Ask) -> Mapping[str, Any]:
    """Answer that every account works with Snowflake, and that nothing else is known."""
    if ask.purpose != "signals/tech_stack":
        return NOT_FOUND
    evidence = [{"document": "d1", "quote": f"Our team at {ask.subject} runs on Snowflake every day."}]
    fields = {"vendor": None, "product": "Snowflake", "category": None}
    finding = {**fields, "evidence": evidence, "event_date": None, "confidence": 0.9}
    return {"status": "found", "findings": [finding]}


@dataclass
class Model:
    """Sells what its script says, a tenth of a cent each."""

    db: Database
    script: Script = snowflake
    asks: list[Ask] = field(default_factory=list)
    sold: Iterator[int] = field(default_factory=lambda: count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def buy(self, ask: Ask, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Bought:
        with self.db.transaction() as conn:
            opening(conn)
        with self.lock:
            self.asks.append(ask)
            number = next(self.sold)
        answer = ask.answer.model_validate_json(json.dumps(self.script(ask)))
        return Bought(number, answer, Usage(1000, 100), Decimal("0.001"), ask.model, f"req_{number}")

    def settle(self, conn: psycopg.Connection[Any], bought: Bought, reason: str = "") -> None:
        """Accept that nothing is counted."""

    def upper_bound(self, ask: Ask) -> Decimal:
        return Decimal("0.01")


@dataclass
class SignalsStandIn:
    """Stands in for `SignalsResource`: the real database and lake, the scripted model, documents on a shelf."""

    stands_on: Platform

    def platform(self) -> Platform:
        return self.stands_on


@dataclass
class ResearchStandIn:
    """Stands in for `ResearchResource`: the real database and lake, a scripted researcher."""

    stands_on: research.Platform

    def platform(self) -> research.Platform:
        return self.stands_on


def site(number: int) -> str:
    return f"company-{number:06d}.example"


def add_book(db: Database, workspace: str, accounts: int, start: int = 0) -> None:
    """Connect a workspace whose CRM has accounts; their sites were looked at."""
    sync(db, connect(db, workspace), accounts, start)


def sync(db: Database, connection: str, accounts: int, start: int = 0) -> None:
    """Bring accounts into a CRM's table as a sync does; their ids are numbers."""
    sites = {f"{n:06d}": site(n) for n in range(start, start + accounts)}
    put_accounts(db, connection, dict(sites))
    with db.transaction() as conn:
        conn.execute(LOOKED_AT, (SEEN, list(sites.values())))


def reword(db: Database) -> None:
    """Have asked with other words whatever was asked so far."""
    with db.transaction() as conn:
        conn.execute("update signals.versions set version = 'older'")
        conn.execute("update signals.asked set version = 'older'")
        conn.execute("update signals.answers set version = 'older', cache_key = cache_key || '-older'")
