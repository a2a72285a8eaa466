"""One by one: a run does what is due of a queue, an item after the other; one that fails holds up no other.

Belongs here: claiming, and giving back. Does not: planning the work, or doing it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from nooks_dagster.failures import Failure
from nooks_dagster.ledger.items import Claim, Item, Queue
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.verdicts import Verdict

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Missed:
    """Work that could not be done, as it is called, and why; the ledger says when it is tried again."""

    name: str
    reason: str


def _lane(item: Item) -> str:
    return item.lane


def one_by_one(
    ledger: Ledger,
    keeper: LeaseKeeper,
    queue: Queue,
    scope: str,
    work: Callable[[Claim], Done],
    *,
    called: Callable[[Item], str] = _lane,
) -> Iterator[Done | Missed]:
    """Do what is due, those first whose worker died; yield what became of each.

    Args:
        ledger: The items.
        keeper: Renews the lease of the one in hand.
        queue: Whose items.
        scope: They are below it.
        work: Brings an item to its end, and completes it.
        called: Returns what people call an item.
    """
    while claim := _claim(ledger, queue, scope):
        with keeper.holding(claim):
            done = _done(ledger, queue, claim, work)
        yield Missed(called(claim.item), done.reason or "") if isinstance(done, Verdict) else done


def _claim(ledger: Ledger, queue: Queue, scope: str) -> Claim | None:
    for suspects in (True, False):
        if claims := ledger.claim(queue, limit=1, scope=scope, suspects=suspects):
            return claims[0]
    return None


def _done(ledger: Ledger, queue: Queue, claim: Claim, work: Callable[[Claim], Done]) -> Done | Verdict:
    try:
        return work(claim)
    except Exception as error:  # noqa: BLE001  the others go on; the verdict says what may be told
        return ledger.fail(queue, claim, error)
    except BaseException:
        with suppress(Failure):  # without Postgres the lease ends by itself
            ledger.release_claim(claim, timedelta(), "its run was stopped")
        raise
