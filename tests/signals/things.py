"""What the tests of signals share: a signal, accounts with pages, and a seller that follows a script."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from pydantic import BaseModel, Field

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred
from nooks_dagster.llm.asking import Ask, Bought, Opening, Usage, never, nothing
from nooks_dagster.llm.outcomes import Preempted
from nooks_dagster.research.beside import Reading
from nooks_dagster.research.documents import Document, Dossier, Kind, Outcome, Tried
from nooks_dagster.research.library import Library
from nooks_dagster.research.planning import Wish
from nooks_dagster.research.researcher import Researcher
from nooks_dagster.research.runs import Platform as Pages
from nooks_dagster.research.runs import ResearchRun, WorkspaceResearch
from nooks_dagster.signals.declaration import Scope, Signal
from nooks_dagster.signals.work import Platform, SignalsRun

SEEN = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Technology(BaseModel):
    vendor: str
    product: str | None = Field(description="Its name.")
    users: int | None
    tags: list[str]


TECH = Signal(
    name="tech_stack",
    about="Products that an account works with.",
    question="Which products does the company use?",
    finding=Technology,
    stated=("vendor",),
    documents=(Kind.HOME, Kind.CAREERS),
    time_to_live=timedelta(days=30),
    not_found_time_to_live=timedelta(days=7),
)


class SharedInvestor(BaseModel):
    investor: str


SHARED = replace(
    TECH,
    name="shared_investors",
    finding=SharedInvestor,
    stated=("investor",),
    scope=Scope.WORKSPACE,
    own={"investor": "investors"},
)


def document(site: str, text: str, kind: Kind = Kind.HOME, sha256: str = "") -> Document:
    name = sha256 or f"sha-{site}-{kind}-{hash_of(text)}"
    return Document(name, site, f"https://{site}/{kind}", kind, f"{site} {kind}", "en", SEEN, text)


def hash_of(text: str) -> str:
    return str(sum(ord(c) * (n + 1) for n, c in enumerate(text)))


def dossier(*documents: Document, tried: Sequence[Tried] = ()) -> Dossier:
    pages = [Tried(one.url, one.kind, Outcome.OK, SEEN) for one in documents]
    return Dossier(documents, [*pages, *tried], Outcome.OK, SEEN, SEEN)


class Shelf(Library):
    """Documents by site; each has a home page that says what it uses unless told otherwise."""

    def __init__(self) -> None:
        self.dossiers: dict[str, Dossier] = {}
        self.read: Counter[str] = Counter()

    def shas(self, conn: Any, sites: Sequence[str], kinds: Any) -> Mapping[str, Sequence[str]]:
        documents = {site: (self.dossiers.get(site) or self.usual(site)).documents for site in sites}
        return {site: sorted({one.sha256 for one in held}) for site, held in documents.items()}

    def of(self, sites: Sequence[str], kinds: Any) -> Mapping[str, Dossier]:
        self.read.update(sites)
        return {site: self.dossiers.get(site) or self.usual(site) for site in sites}

    def usual(self, site: str) -> Dossier:
        return dossier(document(site, f"Welcome.\nOur team at {site} runs on Snowflake every day.\nCall us."))


def found(site: str, vendor: str = "Snowflake", quote: str | None = None) -> dict[str, Any]:
    evidence = [{"document": "d1", "quote": quote or f"Our team at {site} runs on Snowflake every day."}]
    fields = {"vendor": vendor, "product": None, "users": None, "tags": []}
    return {
        "status": "found",
        "findings": [{**fields, "evidence": evidence, "event_date": None, "confidence": 0.9}],
    }


def capped(_site: str, _number: int) -> dict[str, Any]:
    """A script of which a cap lets nothing through."""
    raise Deferred("The cap is reached.", retry_in=timedelta(hours=3))


NOT_FOUND: dict[str, Any] = {"status": "not_found", "findings": []}
Script = Callable[[str, int], dict[str, Any]]
"""Of a site and the number of the try: an answer, or it raises."""


@dataclass
class Seller:
    """Sells what the script says; keeps purchases in a table, so that tests can ask what became of each."""

    db: Database
    script: Script = lambda site, _: found(site)
    asks: list[Ask] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "create table if not exists public.sold (id bigint generated always as identity primary key, "
                "subject text, purpose text, workspace text, state text default 'reserved', reason text)"
            )

    def buy(self, ask: Ask, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Bought:
        if stopped():
            raise Preempted("stopped")
        with self.db.transaction() as conn:
            opening(conn)
            values = (ask.subject, ask.purpose, ask.workspace)
            row = conn.execute(
                "insert into sold (subject, purpose, workspace) values (%s, %s, %s) returning id", values
            )
            ((purchase,),) = row.fetchall()
        with self.lock:
            self.asks.append(ask)
            self.tries[ask.subject] += 1
            number = self.tries[ask.subject]
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        try:
            answer = self.script(ask.subject, number)
        except Exception:
            with self.db.transaction() as conn:
                conn.execute("update sold set state = 'failed' where id = %s", (purchase,))
            raise
        finally:
            with self.lock:
                self.in_flight -= 1
        shaped = ask.answer.model_validate_json(json.dumps(answer))
        return Bought(purchase, shaped, Usage(1000, 100), Decimal("0.001"), ask.model, f"req_{purchase}")

    def settle(self, conn: psycopg.Connection[Any], bought: Bought, reason: str = "") -> None:
        conn.execute("update sold set state = 'settled', reason = %s where id = %s", (reason, bought.purchase))

    def upper_bound(self, ask: Ask) -> Decimal:
        return Decimal("0.01")


def reading(on: Platform, run: SignalsRun, pages: Researcher) -> Reading:
    """Return what reads pages beside a run; chosen accounts are looked at again."""
    wish = Wish(run.request.accounts, again=run.request.again)
    asked = ResearchRun(run.workspace, run.run_id, run.launch, run.work_class, wish)
    return Reading(WorkspaceResearch(Pages(on.db, on.lake, on.settings, pages), asked).looks, lambda _: None)


def add_accounts(db: Database, workspace: str, sites: Sequence[str | None], connection: str = "") -> None:
    """Add accounts whose sites were looked at; their ids are numbers."""
    connection = connection or f"{workspace}-salesforce"
    with db.transaction() as conn:
        conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", (workspace,))
        conn.execute(
            "insert into workspaces.connections (id, workspace, kind, config, secret_ref, sandbox) "
            "values (%s, %s, 'salesforce', '{}', 'env:NONE', true) on conflict do nothing",
            (connection, workspace),
        )
        (first,) = conn.execute("select count(*) from research.accounts where workspace = %s", (workspace,)).fetchall()
        conn.execute(
            "insert into research.accounts (workspace, connection_id, account_id, name, site) "
            "select %s, %s, lpad((n + %s)::text, 6, '0'), 'n', site "
            "from unnest(%s::text[]) with ordinality as x (site, n)",
            (workspace, connection, first[0], list(sites)),
        )
        conn.execute(
            "insert into research.sites (site, looked_at, changed_at, outcome) "
            "select distinct site, now(), %s::timestamptz, 'ok' from unnest(%s::text[]) as site where site is not null "
            "on conflict do nothing",
            (SEEN, list(sites)),
        )


def sites(count: int, start: int = 0) -> list[str]:
    return [f"company-{n:06d}.example" for n in range(start, start + count)]
