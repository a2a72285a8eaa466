"""What goes on while calls come: a process for each kind of work, and a world that changes.

Belongs here: starting and ending them; the house tells what each takes. Does not: how far they came (`beside.done`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.calls import runs
from benchmarks.calls.beside.outside import NICE, PART, STATE
from benchmarks.calls.beside.ready import RUNNING
from benchmarks.calls.beside.wish import BOOK, HISTORY, Beside
from benchmarks.calls.house import House
from benchmarks.services import START_SECONDS, Services
from nooks_dagster.failures import Transient
from nooks_dagster.local import processes
from nooks_dagster.local.processes import Process

CHANGES_A_SECOND = 0.2
"""In each org that is synced: 12 in a cadence of a minute."""
BEGUN = f"""
    SELECT count(DISTINCT scope) FROM work.items
    WHERE fence > 0
      AND (queue, scope) IN (('crm.chunks', 'crm/{HISTORY}'), ('signals.batches', 'signals/{BOOK}'))
"""
PARTS = ("history", "syncs", "signals", "world", PART)


@contextmanager
def going_on(house: House, where: Services, beside: Beside) -> Iterator[None]:
    """Let it go on while the block runs; what is not done by then stays undone."""
    started = _started(where, beside)
    house.parts.update(started)
    try:
        _under_way(house, beside)
        yield
    finally:
        processes.stop(*started.values(), grace=0)


def _under_way(house: House, beside: Beside) -> None:
    """Wait until the long ones are at work: imports take seconds.

    Raises:
        Transient: They do not begin.
    """
    scopes = bool(beside.history) + bool(beside.accounts)
    if not house.until(lambda: house.ask(BEGUN) == [(scopes,)], START_SECONDS):
        raise Transient("What goes on beside the calls did not begin.", next_step="Free the machine; try again.")


def _started(where: Services, beside: Beside) -> Mapping[str, Process]:
    wanted = {
        "history": ["crm", "once", HISTORY] if beside.history else [],
        "syncs": ["crm", "clock", *beside.customers] if beside.syncs else [],
        "signals": ["signals", "once", BOOK] if beside.accounts else [],
    }
    started = {
        name: runs.start(where, RUNNING, arguments, where.folder / f"{name}.log")
        for name, arguments in wanted.items()
        if arguments
    }
    return {**started, "world": _living(where, beside)} if beside.syncs else started


def _living(where: Services, beside: Beside) -> Process:
    """Let the orgs live. Nothing is late or long, for the lag that is measured is the platform's, not the source's."""
    pace = [f"--rate={CHANGES_A_SECOND}", "--late-seconds=1", "--long-seconds=1", "--alter-every=0", "--no-settle"]
    state = ["--state", str(where.folder / STATE)]
    orgs = [word for name in beside.customers for word in ("--org", name)]
    return runs.start(where, "sandbox", ["world", *state, *pace, *orgs], where.folder / "world.log", nice=NICE)
