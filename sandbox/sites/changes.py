"""How sites change: the day it is, facts that were told to single ones; durable, and the sites as they are now.

Belongs here: keeping both. Does not: which sites change on a day by themselves (`knowledge`).
"""

import json
from functools import lru_cache
from pathlib import Path

from sandbox.sites.facts import Fact
from sandbox.sites.hosts import Company
from sandbox.sites.site import Site, Told
from sandbox.store import Store

_KEPT = 400
"""Sites that are kept laid out, 60 KB each; making one takes 0.8 ms."""

_TABLES = """
    CREATE TABLE IF NOT EXISTS days (day INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS facts (host TEXT NOT NULL, day INTEGER NOT NULL, fact TEXT NOT NULL);
"""


class SiteShelf:
    """The sites of a state folder. One process changes them; what it changed others see when they open the folder."""

    def __init__(self, state: Path) -> None:
        self._store = Store(state / "sites.sqlite", _TABLES)
        rows = self._store.run("SELECT max(day) FROM days")
        self._day = int(rows[0][0] or 0)
        self._facts: dict[str, tuple[tuple[int, Fact], ...]] = {}
        for host, day, text in self._store.run("SELECT host, day, fact FROM facts ORDER BY rowid"):
            self._facts[host] = (*self._facts.get(host, ()), (day, Fact(**json.loads(text))))
        self._laid_out = lru_cache(_KEPT)(Site)

    @property
    def day(self) -> int:
        """How many days have passed since the sites were made."""
        return self._day

    def site(self, company: Company) -> Site:
        """Return a company's site as it is now."""
        return self._laid_out(company, self._told(company.host))

    def pass_days(self, day: int) -> None:
        """Let it become a later day: one site in twenty has changed for each.

        Raises:
            ValueError: It is later already.
        """
        if day < self._day:
            raise ValueError(f"it is day {self._day} already; days pass only forwards")
        self._store.run("INSERT INTO days VALUES (?)", day)
        self._day = day

    def tell(self, company: Company, fact: Fact) -> Site:
        """Let a site state one more fact, as from the day after its last change; return it as it is then."""
        told = self._told(company.host)
        day = 1 + max([told.day, *(known for known, _ in told.facts)])
        text = json.dumps(
            {"kind": fact.kind, "values": dict(fact.values), "subject": fact.subject, "past": fact.past},
            ensure_ascii=False,
        )
        self._store.run("INSERT INTO facts VALUES (?, ?, ?)", company.host, day, text)
        self._facts[company.host] = (*told.facts, (day, fact))
        return self.site(company)

    def _told(self, host: str) -> Told:
        return Told(self._day, self._facts.get(host, ()))
