"""A researcher that finds what a test says, and the program that dies of a site; see `tests.programs`.

Belongs here: a `Researcher` without a network. Does not: any test.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local import deadline
from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.researcher import KnownPage, Look, PageSeen, Readable, Stopped
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch
from nooks_dagster.settings import Settings


@dataclass
class Scripted:
    """Finds one page on each site, unless that site kills, breaks, or hangs until it is released.

    Attributes:
        looks: Each site, in the order in which looks began.
    """

    kills: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset()
    hangs: frozenset[str] = frozenset()
    name: str = "scripted"
    released: threading.Event = field(default_factory=threading.Event)
    looks: list[str] = field(default_factory=list)
    at_once: int = 0
    beside: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, site: str, known: Sequence[KnownPage], stopped: Callable[[], bool]) -> Look:
        with self.lock:
            self.looks.append(site)
            self.at_once += 1
            self.beside[site] = self.at_once - 1
        try:
            return self._look(site, stopped)
        finally:
            with self.lock:
                self.at_once -= 1

    def _look(self, site: str, stopped: Callable[[], bool]) -> Look:
        if site in self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        if site in self.breaks:
            raise RuntimeError("a bug that this page wakes")
        for _ in deadline.polls(60 if site in self.hangs else 0, every=0.01):
            if stopped():
                raise Stopped
            if self.released.is_set():
                break
        page = PageSeen(Kind.HOME, f"https://{site}/", Outcome.OK, Readable(site, "en", f"Welcome to {site}"), bytes=10)
        return Look(Outcome.OK, [page], requests=1)


def main(url: str, bucket: str, home: str, killer: str) -> None:
    """Look at what is due of acme, once; die of one site."""
    settings = Settings(postgres_url=url, home=Path(home), lease_seconds=2, research_workers=4)
    db = Database(url, size=4)
    on = Platform(db, Lake(bucket, scratch=Path(home) / "scratch"), settings, Scripted(kills=frozenset([killer])))
    for _ in WorkspaceResearch(on, ResearchRun("acme", "dying")).beats():
        pass
