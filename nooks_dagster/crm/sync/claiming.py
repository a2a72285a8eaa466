"""Which work a sync takes next: most urgent first, suspects alone, the chunks of open windows in turn.

Belongs here: how many claims of which queue. Does not: what a claim is (`ledger`), doing the work (`crm.sync.doing`).

There is one bound, the number of workers; windows share them, so that one object with 40 million rows
and one with ten go side by side, and nothing multiplies (I5). Opening a window and waiting for the source to make
its rows ready takes no worker: it is a thread that sleeps.
"""

from collections.abc import Callable, Iterator, Sequence

from nooks_dagster.crm.sync.hands import Hands, Held
from nooks_dagster.crm.work import CHUNKS, REBUILDS, SWEEPS, WINDOWS
from nooks_dagster.ledger.items import Claim, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger

OPENED = (REBUILDS, WINDOWS, SWEEPS)  # what has chunks
WINDOWS_OF_A_WORKER = 4  # open at once, so that objects whose rows the source is still making ready hold up no other
MOST_URGENT = WorkClass.INCREMENTAL  # sweeps and histories take days; these find as much room again beside them

Lanes = Callable[[], Sequence[str] | None]


class Claimer:
    """Claims work for the idle hands of a sync.

    Args:
        ledger: The work.
        hands: What is in hand.
        workers: Chunks in flight at once.
        queues: What is drained, in the order of claiming.
        most: The last class that is drained.
    """

    def __init__(
        self,
        ledger: Ledger,
        hands: Hands,
        workers: int,
        queues: Sequence[Queue],
        most: WorkClass = WorkClass.HISTORY,
    ) -> None:
        self._ledger = ledger
        self._hands = hands
        self._workers = workers
        self._queues = queues
        self._most = most

    def ready(self, scope: str, lanes: Lanes) -> Iterator[tuple[Queue, Claim]]:
        """Yield claims, each to be started at once: a suspect alone, else what finds or opens work, then chunks."""
        if self._hands.tasks.have_suspect():
            return
        for suspects in (True, False):
            for queue in self._queues:
                limit = self._room(queue, suspects)
                if limit <= 0:
                    continue
                for claim in self._claims(queue, scope, lanes, limit, suspects):
                    yield queue, claim
                if self._hands.tasks.have_suspect():
                    return

    def _room(self, queue: Queue, suspects: bool) -> int:
        if suspects:  # a chunk that is alone needs no other chunk beside it; plans go on, for hours if need be
            others = self._hands.tasks.reading if queue is CHUNKS else len(self._hands.tasks)
            return 0 if others else 1
        if queue is CHUNKS:
            return self._workers - self._hands.tasks.reading
        room = WINDOWS_OF_A_WORKER * self._workers
        return (2 * room if self._full else room) - len(self._hands.windows)

    @property
    def _full(self) -> bool:
        return len(self._hands.windows) >= WINDOWS_OF_A_WORKER * self._workers

    def _claims(self, queue: Queue, scope: str, lanes: Lanes, limit: int, suspects: bool) -> list[Claim]:
        if queue is CHUNKS:
            return self._chunks_in_turn(limit, suspects)
        most = min(self._most, MOST_URGENT) if self._full else self._most
        chosen = lanes() if queue in OPENED else None
        return self._ledger.claim(queue, limit=limit, scope=scope, lanes=chosen, suspects=suspects, most=most)

    def _chunks_in_turn(self, limit: int, suspects: bool) -> list[Claim]:
        """Claim a chunk of each open window in turn, urgent ones first: ten users don't wait for a million contacts."""
        windows = self._hands.windows
        turn = sorted((held for held in windows.values() if held.opened), key=_urgency)
        claims: list[Claim] = []
        while turn and len(claims) < limit:
            held = turn.pop(0)
            parent = held.claim.item.id
            found = self._ledger.claim(CHUNKS, limit=1, parents=[parent], suspects=suspects)
            if found:
                claims += found
                windows[parent] = windows.pop(parent)  # to the end, for the next time too
                turn = sorted([*turn, held], key=_urgency)
        return claims


def _urgency(held: Held) -> int:
    return held.claim.item.work_class
