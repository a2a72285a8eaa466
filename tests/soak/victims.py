"""Whom a soak kills: any process of the stack, and the world around it.

Belongs here: which kinds there are, and finding the living ones. Does not: when (`soak`).
"""

import random
import signal
from collections.abc import Iterator
from contextlib import suppress

import psutil

from nooks_dagster.local import record
from tests.acceptance.house import IN_FLIGHT, SAMPLE, House
from tests.soak.living import LivingWorld

RUN, SUPERVISOR, WORLD, EVERYTHING = "run", "supervisor", "world", "everything"
# What reads and writes rows is killed more often than what starts it: without it, nothing would be in mid-work.
KINDS = (*4 * (RUN,), *2 * ("postgres",), "lake", "sandbox", "code-server", "daemon", "webserver", SUPERVISOR, WORLD)


def by_lot(chance: random.Random) -> Iterator[str]:
    """Yield kinds without end."""
    while True:
        yield chance.choice(KINDS)


def kill(house: House, world: LivingWorld, kind: str, chance: random.Random) -> bool:
    """Kill a process of a kind, or all there are; return whether there was one."""
    candidates = living(house, world, kind)
    victims = candidates if kind == EVERYTHING else candidates and [chance.choice(candidates)]
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=10)
    return bool(victims)


def living(house: House, world: LivingWorld, kind: str) -> list[psutil.Process]:
    """Return the processes of a kind."""
    if kind == WORLD:
        return world.living()
    if kind == EVERYTHING:
        return house.everything()
    if kind == SUPERVISOR:
        supervisor = record.read(house.root / ".nooks" / "stack.json").supervisor
        return supervisor.family()[:1] if supervisor else []
    if kind == RUN:
        holders = {int(holder.split(":")[1]) for (holder,) in house.ask(IN_FLIGHT, (SAMPLE,))}
        return [one for one in house.family("code-server") if one.pid in holders]
    return house.family(kind)
