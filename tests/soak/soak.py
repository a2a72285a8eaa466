"""A soak: two CRMs live through a history and many windows, while processes are killed and the provider stumbles.

Belongs here: the order of kills and work, and the verdict. Does not: whom to kill (`victims`), the world (`living`),
the count of pages (`pages`), what a test or the command line wants of it.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests

from nooks_dagster.crm.sync.asking import ask, connected
from nooks_dagster.crm.work import DEPTHS, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from nooks_dagster.workspaces.registry import Registry
from tests.acceptance.house import SAMPLE, House
from tests.soak.living import LivingWorld
from tests.soak.pages import Deliveries, deliveries
from tests.soak.rest import Rest
from tests.soak.states import missed, never_were
from tests.soak.victims import SUPERVISOR, kill, living

UPTIME = {"kind": "outage", "uptime": 0.985, "period_seconds": 60}
WINDOWS = "SELECT payload ->> 'kind', count(*) FROM work.items WHERE payload ? 'kind' AND state = 'done' GROUP BY 1"
QUIET_SECONDS = 900
HOURS = 5
JOURNAL = "pages.jsonl"
SPEED = 20.0
"""Seconds that pass in the world with each look, beside the machine's: a window reads up to five minutes ago."""

INCREMENTAL = Request()
REFRESH = Request(WindowKind.REFRESH)
SWEEP = Request(WindowKind.SWEEP, sweep=DEPTHS)
REBUILD = Request(WindowKind.REBUILD)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a soak has shown.

    Args:
        kills: By kind of process.
        seconds: How long it took.
        changes: That the org has seen, and so the portal.
        windows: That were done, by kind.
        blocked: The lanes that ever stood blocked, with the reason.
        never: Rows that, in the middle, were no state that their CRM ever had.
        missed: Rows of the org whose last change moved their stamp, and which no window had read before the sweep.
        differences: From the truth, once the world stood still and was swept.
        rebuilt: From the truth, once all was merged again from the lake.
        deliveries: Pages that were sent.
    """

    kills: Counter[str]
    seconds: float
    changes: int
    windows: dict[str, int]
    blocked: set[tuple[str, str]]
    never: list[str]
    missed: list[str]
    differences: list[str]
    rebuilt: list[str]
    deliveries: Deliveries


class Soak:
    """One soak of a running house.

    Args:
        house: The platform; its sandbox keeps a journal of pages.
        seed: Of all that is left to chance.
        gap: The seconds between two kills are drawn between these.
        rate: Changes a second in the org and in the portal.
        say: Told each kill.
    """

    def __init__(
        self, house: House, seed: int, gap: tuple[float, float], rate: float, say: Callable[[str], None] = print
    ) -> None:
        self._house = house
        self._world = LivingWorld(house, seed, rate)
        self._rest = Rest(house.ask, SAMPLE)
        self._chance = random.Random(seed)
        self._seed = seed
        self._gap = gap
        self._say = say
        self._kills: Counter[str] = Counter()
        self._blocked: set[tuple[str, str]] = set()
        self._never: list[str] = []
        self._asked = 0
        self._up = house.begin("up")

    def run(self, victims: Iterable[str], kills: int, *, rebuild: bool = True) -> Verdict:
        """Kill so many processes, of these kinds, from the first chunk in flight on, let everything end, and judge.

        Args:
            victims: Kinds of processes.
            kills: How many; fewer if the kinds end before.
            rebuild: Whether all is merged once more from the lake in the end.
        """
        self._world.keep_alive()
        try:
            return self._run(victims, kills, rebuild=rebuild)
        finally:
            self._world.stop()

    def _run(self, victims: Iterable[str], kills: int, *, rebuild: bool) -> Verdict:
        self._house.worker_in_flight(SAMPLE)
        began = time.monotonic()
        for kind in victims:
            self._live(self._chance.uniform(*self._gap))
            if kill(self._house, self._world, kind, self._chance):
                self._kills[kind] += 1
                self._say(f"{time.monotonic() - began:6.1f} s  kill {self._kills.total()}: {kind}")
            if self._kills.total() == kills:
                break
        self._until_quiet()
        self._never += self._checked_states()
        self._world.stand_still()
        self._do(INCREMENTAL)
        self._up.communicate()
        left = self._compared(lambda db: missed(db, self._house.worlds, SAMPLE))
        sent = deliveries(self._house, self._house.root / JOURNAL)
        self._do(SWEEP)
        found = self._house.differences(SAMPLE)
        if rebuild:
            self._do(REBUILD)
        return Verdict(
            self._kills,
            time.monotonic() - began,
            self._world.steps(),
            dict(self._house.ask(WINDOWS)),
            self._blocked,
            self._never,
            left,
            found,
            self._house.differences(SAMPLE) if rebuild else found,
            sent,
        )

    def _live(self, seconds: float) -> None:
        for _ in deadline.polls(seconds, every=0.3):
            self._look_after()
            self._keep_busy()

    def _look_after(self) -> None:
        """Do what life does: the world goes on, the provider is down now and then, a person looks after the house."""
        self._world.keep_alive()
        self._world.pass_time(SPEED)
        self._tend()
        with suppress(requests.RequestException):
            address = self._house.values["HTTPS_PROXY"] + "/control/faults"
            if not requests.get(address, timeout=3).json():  # a sandbox that was killed has forgotten
                requests.post(address, json={**UPTIME, "seed": self._seed}, timeout=3)

    def _tend(self) -> None:
        """Do what a person does, say `nooks up`, and what time does: it lets runs rest."""
        if self._up.poll() is not None and not living(self._house, self._world, SUPERVISOR):
            self._up = self._house.begin("up")
        self._house.let_rest(SAMPLE)
        self._blocked |= self._rest.blocked()

    def _keep_busy(self) -> None:
        if self._rest.reached():
            self._never += self._checked_states()
            self._ask(self._chance.choice((*8 * (INCREMENTAL,), REFRESH)))

    def _checked_states(self) -> list[str]:
        seed = self._chance.randrange(10**6)
        with suppress(Failure):  # Postgres may be the one that is dead
            return self._compared(lambda db: never_were(db, self._house.worlds, SAMPLE, most=40, seed=seed))
        return []

    def _compared(self, compare: Callable[[Database], list[str]]) -> list[str]:
        db = Database(self._house.values["NOOKS_POSTGRES_URL"], size=1)
        try:
            return compare(db)
        finally:
            db.close()

    def _do(self, request: Request) -> None:
        """Have something done, and wait for its end, for a few hours if an outage has blocked a lane."""
        self._ask(request)
        self._until_quiet()
        for _ in range(HOURS):
            if not self._rest.blocked():
                return
            self._rest.let_an_hour_pass()
            self._until_quiet()

    def _until_quiet(self) -> None:
        def quiet() -> bool:
            self._tend()
            return self._rest.reached()

        self._house.until(quiet, "everything done", QUIET_SECONDS)

    def _ask(self, request: Request) -> None:
        """Ask for something, an hour after what was blocked."""
        self._asked += 1
        self._rest.let_an_hour_pass()
        db = Database(self._house.values["NOOKS_POSTGRES_URL"], size=1)
        try:
            ledger = Ledger(db, "soak", timedelta(seconds=1))
            with suppress(Failure):  # Postgres may be the one that is dead
                ask(ledger, connected(Registry(db), SAMPLE), f"soak-{self._asked}", request)
        finally:
            db.close()


def soakable(root: Path, org: int = 11_000, portal: int = 300) -> House:
    """Return a house to be soaked: its sandbox keeps a journal, its dead are noticed soon.

    Usually, 154,000 rows come from its org, 55,000 contacts among them by Bulk API in 28 pages, 4,200 from its portal.
    """
    settings = {
        "NOOKS_SANDBOX_BULK": "page_rows=2000 seconds=0.5",
        "NOOKS_SANDBOX_JOURNAL": root / JOURNAL,
        "NOOKS_LEASE_SECONDS": 5,
        "NOOKS_SILENCE_SECONDS": 15,
        "NOOKS_LAUNCH_GRACE_SECONDS": 25,
        "NOOKS_CALLS_LIVE_WORKERS": 1,  # nobody calls, and each is a run to start, to bury and to start again
    }
    return House(root, settings, org=org, portal=portal)
