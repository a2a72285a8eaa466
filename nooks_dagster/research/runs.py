"""One run's research of a workspace: take over its accounts, plan what is due or wished for, look at it all.

Belongs here: putting the parts together for one run. Does not: Dagster; the asset only relays.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper, keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.runs import WorkspaceRun
from nooks_dagster.ledger.turns import Turn
from nooks_dagster.research.accounts import refresh_accounts
from nooks_dagster.research.ages import Ages
from nooks_dagster.research.draining import Drain
from nooks_dagster.research.leases import SLACK
from nooks_dagster.research.looking import Looker
from nooks_dagster.research.planning import Wish, plan_sites
from nooks_dagster.research.researcher import Researcher
from nooks_dagster.research.shelf import Kept, Shelf
from nooks_dagster.research.web.addresses import SystemResolver
from nooks_dagster.research.web.crawl import WebResearcher
from nooks_dagster.research.web.limits import Limits
from nooks_dagster.research.web.pools import Network
from nooks_dagster.research.web.robots import NAME
from nooks_dagster.research.web.streams import dial
from nooks_dagster.research.work import SITES, scope_of
from nooks_dagster.settings import Settings


@dataclass(frozen=True, slots=True)
class Platform:
    """What research stands on."""

    db: Database
    lake: Lake
    settings: Settings
    researcher: Researcher


@dataclass(frozen=True, slots=True)
class ResearchRun(WorkspaceRun):
    """A run that looks at the sites of a workspace, and which it looks at though they are not due."""

    wish: Wish = field(default_factory=Wish)

    @property
    def scope(self) -> str:
        """Return the scope that it drains."""
        return scope_of(self.workspace)


class WorkspaceResearch:
    """Looks at the sites of one workspace, once; `problems` tells afterwards what could not be done.

    Args:
        platform: What it stands on.
        run: Who looks, and at what.
    """

    def __init__(self, platform: Platform, run: ResearchRun) -> None:
        self._platform = platform
        self._run = run
        self._ledger = Ledger.of(platform.db, platform.settings, run.run_id)
        self.planned = 0
        self.problems: list[str] = []

    def beats(self) -> Generator[Kept | None, None, None]:
        """Yield what each look came to, and None now and then, as a run that does nothing else.

        Raises:
            Transient: Postgres or the lake does not answer.
        """
        run, settings = self._run, self._platform.settings
        launches = Launches.of(self._platform.db, settings)
        with (
            launches.joined(run.scope, run.run_id, run.work_class, run.launch) as n,
            keeping(settings, (run.scope, n)) as keeper,
        ):
            yield from self.looks(keeper)

    def looks(self, keeper: LeaseKeeper) -> Generator[Kept | None, None, None]:
        """Do what `beats` does, as a part of a run; the first beat comes when all is planned.

        Args:
            keeper: Renews what is claimed.

        Raises:
            Transient: Postgres or the lake does not answer.
        """
        self._plan()
        yield None
        drain = self._drain(keeper)
        with closing(drain.run()) as looks:
            yield from looks
        self.problems = drain.problems

    def _plan(self) -> None:
        run, lake = self._run, self._platform.lake
        with self._platform.db.transaction() as conn:
            refresh_accounts(conn, run.workspace)
        self.planned = plan_sites(self._ledger, lake, run.workspace, run.run_id, run.work_class, run.wish)

    def _drain(self, keeper: LeaseKeeper) -> Drain:
        platform, run, settings = self._platform, self._run, self._platform.settings
        turn = Turn.of(run, settings.signals_turn_minutes)

        def claim(suspects: bool) -> Claim | None:
            return turn.claimed(
                lambda: self._ledger.claim(SITES, limit=1, scope=run.scope, suspects=suspects, most=run.most)
            )

        begin = partial(give_way, run.work_class, settings.background_nice)
        workers = settings.research_workers
        return Drain(self._ledger, platform.lake, keeper, self._looker(), claim, workers=workers, begin=begin)

    def _looker(self) -> Looker:
        platform, settings = self._platform, self._platform.settings
        lease = timedelta(seconds=settings.research_site_seconds) + SLACK
        shelf = Shelf(platform.lake, Ages(settings))
        rest = timedelta(days=settings.research_days)
        return Looker(platform.db, shelf, platform.researcher, self._ledger.worker, lease, rest)


def web_researcher(settings: Settings) -> WebResearcher:
    """Return what reads public web sites from this machine, within the bounds of the settings."""
    contact = f" (+{settings.research_contact})" if settings.research_contact else ""
    network = Network(SystemResolver(), dial, f"{NAME}/1.0{contact}")
    return WebResearcher(network, Limits.of(settings))
