"""One measurement of calls: dial, look, wait until nothing is open or owed any more, and read what came of it.

Belongs here: the order of a measurement. Does not: its parts.
"""

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks import machine
from benchmarks.calls import dialing, provider
from benchmarks.calls.beside.done import Done, done
from benchmarks.calls.beside.going_on import going_on
from benchmarks.calls.beside.outside import outside
from benchmarks.calls.beside.ready import make_ready
from benchmarks.calls.beside.wish import Beside
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import House, Size, house
from benchmarks.calls.looks import Look, looks
from benchmarks.calls.outcome import cut, outcome
from benchmarks.calls.provider import Provider
from benchmarks.calls.report import CallsReport
from benchmarks.calls.troubles import FAULTS, befallen

EVERY = 2.0
QUIET_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is measured; with `turn` it begins so that the hour changes in its middle."""

    load: Load
    size: Size = field(default_factory=Size)
    provider: Provider = field(default_factory=Provider)
    troubled: bool = False
    turn: bool = False
    every: float = EVERY
    beside: Beside = field(default_factory=Beside)


def measure(wish: Wish) -> CallsReport:
    """Measure on services of its own.

    Raises:
        Failure: It could not be measured; says why.
    """
    load = os.getloadavg()[0]
    with (
        house(wish.size, wish.provider, settings=wish.beside.settings()) as made,
        outside(made, wish.beside, wish.provider) as where,
    ):
        make_ready(made, where, wish.beside)
        if wish.turn:
            time.sleep(max(0.0, _until_the_hour() - wish.load.seconds / 2))
        made.where.control("counters/reset", {})
        with befallen(made.where, FAULTS if wish.troubled else []), going_on(made, where, wish.beside):
            seen, quiet = _watched(made, wish)
            came = done(made, wish.beside, seen[-1].seconds)
        return _report(made, wish, load, seen, quiet, came)


def _watched(made: House, wish: Wish) -> tuple[list[Look], float]:
    """Dial, and look until all is quiet; return the looks, and how long after the last call that was."""
    began = time.monotonic()
    seen: list[Look] = []
    with dialing.dialing(made, wish.load) as dialer:
        for one in looks(made, began, wish.every):
            seen.append(one)
            if dialer.poll() is not None:
                break
        ended = time.monotonic()
    for one in looks(made, began, min(0.5, wish.every)):
        if not one.backlog and not one.owed:
            return [*seen, one], round(time.monotonic() - ended, 1)
        if time.monotonic() - ended > QUIET_SECONDS:
            return [*seen, one], -1.0
    raise AssertionError("looks never end")


def _report(made: House, wish: Wish, load: float, seen: list[Look], quiet: float, came: Done) -> CallsReport:
    alone = provider.alone(made.ask(provider.BOUGHT), provider.means(made.where))
    return CallsReport(
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        release=machine.release(),
        machine=machine.facts(made.where.url),
        load_before=round(load, 2),
        size=wish.size,
        load=wish.load,
        troubled=wish.troubled,
        beside=wish.beside,
        done=came,
        provider_scale=wish.provider.scale,
        dialed=dialing.told(made),
        until_quiet=quiet,
        provider_seconds=cut(alone),
        outcome=outcome(made),
        looks=seen,
    )


def _until_the_hour() -> float:
    now = datetime.now(UTC)
    return 3600.0 - now.minute * 60 - now.second
