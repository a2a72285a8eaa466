"""The soak of calls: calls come while processes are killed and the CRM stumbles; then all is compared with the truth.

Belongs here: killing, bringing back what a supervisor would, the verdict; `python -m tests.soak.calls --kills 30`.
Does not: the house (`benchmarks.calls`), the soak of the CRMs (`tests.soak.soak`).
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks.calls import dialing
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import House, Size, answers, house
from benchmarks.calls.outcome import Outcome, outcome
from benchmarks.calls.provider import Provider
from benchmarks.calls.troubles import FAULTS
from benchmarks.services import PROJECT, START_SECONDS
from nooks_dagster.local import processes
from nooks_dagster.local.postgres import Postgres

WORKER = "live worker"
KINDS = ("ingest", WORKER, "postgres", "lake", "sandbox")
GAP = (0.5, 1.5)
STANDS = """
    SELECT (SELECT count(*) FROM calls.calls WHERE state = 'accepted'),
        (SELECT count(*) FROM calls.deliveries WHERE state = 'waiting')
"""
TWICE = "SELECT count(*) - count(DISTINCT (workspace, call_id)) FROM calls.records"
OWED = "SELECT count(*) FROM calls.deliveries"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a soak has shown: kills by kind, what came of the calls, records twice, activities that should be there."""

    kills: Counter[str]
    quiet: bool
    outcome: Outcome
    twice: int
    owed: int

    def wrong(self) -> dict[str, int]:
        """Return what should be nothing and is not, by name."""
        came = self.outcome
        found = {
            "calls in another state than they should be": came.wrong,
            "calls that are dead": came.states.get("dead", 0),
            "calls that are still open": came.states.get("accepted", 0),
            "records twice": self.twice,
            "activities that are not there, or too many": abs(self.owed - came.activities),
            "activities twice": came.doubled,
            "undelivered": came.undelivered,
        }
        return {name: count for name, count in found.items() if count}


class Soak:
    """One soak.

    Args:
        where: A house with live workers.
        seed: Of all that is left to chance.
    """

    def __init__(self, where: House, seed: int) -> None:
        self._house = where
        self._chance = random.Random(seed)
        self._kills: Counter[str] = Counter()

    def run(self, load: Load, kinds: Iterator[str], patience: float) -> Verdict:
        """Let calls come and kill one process after the other meanwhile; wait so long until all is quiet; compare."""
        self._stumble()
        with dialing.dialing(self._house, load) as dialer:
            for kind in kinds:
                time.sleep(self._chance.uniform(*GAP))
                self._kill(kind)
            dialer.wait(patience + load.seconds)
        quiet = self._house.until(self._is_quiet, patience, 0.5)
        ((twice,),), ((owed,),) = self._house.ask(TWICE), self._house.ask(OWED)
        return Verdict(self._kills, quiet, outcome(self._house), int(str(twice)), int(str(owed)))

    def _is_quiet(self) -> bool:
        with suppress(psycopg.OperationalError):
            return self._house.ask(STANDS) == [(0, 0)]
        return False

    def _stumble(self) -> None:
        for fault in FAULTS:
            self._house.where.control("faults", fault)

    def _kill(self, kind: str) -> None:
        """Kill a process of a kind, and bring it back as the supervisor would; the staff does so for workers."""
        house = self._house
        if kind == WORKER:
            _shoot([one.pid for one in house.staff.processes().values()][: 1 + self._chance.randrange(2)])
        else:
            command = psutil.Process(house.parts[kind].pid).cmdline()
            _shoot([house.parts[kind].pid])
            self._bring_back(kind, command)
        self._kills[kind] += 1

    def _bring_back(self, kind: str, command: Sequence[str]) -> None:
        house = self._house
        log = house.where.folder / f"{kind}.log"
        if kind == "ingest":
            house.serve()
        elif kind == "postgres":
            house.parts[kind] = Postgres(house.where.folder / kind, urlsplit(house.where.url).port or 0).start(log)
        else:
            house.parts[kind] = processes.start(command, log, cwd=PROJECT)
        if kind == "sandbox":
            house.until(lambda: answers(f"http://127.0.0.1:{house.where.sandbox_port}/health"), START_SECONDS)
            self._stumble()


def _shoot(pids: Sequence[int]) -> None:
    victims = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    psutil.wait_procs(victims, timeout=10)


def main() -> int:
    """Soak a new house, tell what came of it, and remove it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.calls")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--rate", type=float, default=12.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long they come")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    kinds = (chance.choice(KINDS) for _ in range(options.kills))
    with house(Size(), Provider()) as where:
        verdict = Soak(where, options.seed).run(Load(options.rate, options.seconds), kinds, 300)
    sys.stdout.write(f"{verdict.kills.total()} kills: {dict(verdict.kills)}; {verdict.outcome}\n")
    sys.stdout.write(f"wrong: {verdict.wrong() or 'nothing'}\n")
    return int(bool(verdict.wrong()))


if __name__ == "__main__":
    sys.exit(main())
