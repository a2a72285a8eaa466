"""The group commit: calls that wait at the same time become durable in one transaction.

Belongs here: gathering, committing, and giving each its own answer. Does not: what is written
(`calls.ingest.accepting`).

One transaction is under way at a time; what comes meanwhile is the next group. So a lone call waits for nobody, and at
a high rate a transaction's cost is shared: it sheds round trips and commits, not calls.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg

from nooks_dagster.calls.ingest.accepting import Answer, Offer, Refused, accept_all
from nooks_dagster.database.pool import address, connect, translated
from nooks_dagster.failures import Transient, Unavailable

log = logging.getLogger(__name__)

MOST_IN_GROUP = 100
MOST_WAITING = 1_000
"""16 KB each; who comes later is told to come again."""
PATIENCE_SECONDS = 10.0
Result = Answer | Exception


class GroupCommit:
    """Accepts calls for all requests of a process, over one connection of its own.

    Args:
        url: Of the platform's Postgres.
        release: The release that plans the work.
    """

    def __init__(self, url: str, release: str) -> None:
        self._url = url
        self._where = address(url)
        self._release = release
        self._conn: psycopg.Connection | None = None
        self._waiting: deque[tuple[Offer, asyncio.Future[Answer]]] = deque()
        self._thread = ThreadPoolExecutor(1, "ingest-commit")
        self._draining: asyncio.Task[None] | None = None

    async def accept(self, offer: Offer) -> Answer:
        """Return the answer to a call once it is committed.

        Raises:
            Unavailable: Postgres does not answer; the call is not accepted, or will be accepted again as the same.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("Too many calls wait for Postgres.", subject="ingest")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((offer, future))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await future
        except TimeoutError:
            raise Unavailable("Postgres did not answer in time.", subject="ingest") from None

    async def close(self) -> None:
        """Commit what waits, then part with Postgres."""
        if self._draining:
            await self._draining
        self._thread.shutdown()
        self._part()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while group := self._next():
                results = await loop.run_in_executor(self._thread, self._commit, [offer for offer, _ in group])
                for (_, future), result in zip(group, results, strict=True):
                    _tell(future, result)
        finally:
            self._draining = None

    def _next(self) -> list[tuple[Offer, asyncio.Future[Answer]]]:
        """Return who waits, without those who have given up."""
        group: list[tuple[Offer, asyncio.Future[Answer]]] = []
        while self._waiting and len(group) < MOST_IN_GROUP:
            offer, future = self._waiting.popleft()
            if not future.done():
                group.append((offer, future))
        return group

    def _commit(self, offers: Sequence[Offer]) -> Sequence[Result]:
        """Commit a group; if Postgres refuses something in it, each call alone, so that none harms its neighbours."""
        try:
            return self._tried_twice(offers)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            if isinstance(error, Transient) or len(offers) == 1:
                return [error] * len(offers)
            return [result for offer in offers for result in self._commit([offer])]

    def _tried_twice(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        """Commit, and once more over a new connection: after a restart of Postgres the old one is dead.

        That a first try was committed and nobody heard of it does no harm: the same call is accepted once.
        """
        try:
            return self._committed(offers)
        except Transient:
            self._part()
            return self._committed(offers)

    def _committed(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        with translated(self._where):
            if self._conn is None:
                self._conn = connect(self._url)
            with self._conn.transaction():
                return accept_all(self._conn, offers, self._release)

    def _part(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()


def _tell(future: asyncio.Future[Answer], result: Result) -> None:
    if future.done():
        return
    if isinstance(result, Exception) and not isinstance(result, Refused):
        future.set_exception(result)
    else:
        future.set_result(result)
