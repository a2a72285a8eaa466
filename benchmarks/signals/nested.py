"""The shape that batches replace, as a worker's process: one job for a whole book, parallel at every level.

Belongs here: pages of the book at once, accounts of a page, signals of an account, documents of a signal; a client as
it comes, with its own retries; a cache that is looked into before asking; a heartbeat that is a task of the same loop.
Each level is reasonable, and nothing is done badly on purpose: a failed answer fails nobody else's.
Does not: its orchestrator (`benchmarks.signals.orchestrator`). Run as `python -m benchmarks.signals.nested < job.json`.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openai import AsyncOpenAI
from psycopg_pool import AsyncConnectionPool

PAGE_ACCOUNTS = 100
PAGES_AT_ONCE = 10
ACCOUNTS_AT_ONCE = 25
SESSIONS = 20
"""Of a job's connection pool."""
NOTHING_TO_READ = '{"status": "insufficient_evidence", "findings": []}'

READ = "SELECT line FROM nested.documents WHERE id = %s"
KNOWN = "SELECT answer FROM nested.cache WHERE key = %s"
REMEMBER = "INSERT INTO nested.cache (key, answer) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"
STORE = """
    INSERT INTO nested.answers (job, account, signal, answer) VALUES (%s, %s, %s, %s)
    ON CONFLICT (job, account, signal) DO UPDATE SET answer = excluded.answer
"""
FAILED = "INSERT INTO nested.failures (job, account, signal, class) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Job:
    """What the orchestrator hands over: all that the job needs, by value.

    Attributes:
        number: Which of the jobs.
        accounts: Of each its `id`, and in `asks` by signal the `first` line of the prompt and the ids of `documents`.
        questions: Of each signal its `name` and the fixed arguments of the `request`.
        database: Where documents, cache and answers are.
        beat_seconds: Between two heartbeats.
    """

    number: int
    accounts: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, Any]]
    database: str
    beat_seconds: float


async def at_most(limit: int, work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of the work, so much of it at once; one that fails stops no other."""
    gate = asyncio.Semaphore(limit)

    async def one(part: Coroutine[Any, Any, None]) -> None:
        async with gate:
            await part

    await asyncio.gather(*map(one, work), return_exceptions=True)


class Worker:
    """Does one job.

    Args:
        job: Which.
        client: Asks the model.
        pool: Sessions of the database.
    """

    def __init__(self, job: Job, client: AsyncOpenAI, pool: AsyncConnectionPool[Any]) -> None:
        self._job = job
        self._client = client
        self._pool = pool

    async def run(self) -> None:
        """Answer every signal of every account."""
        beating = asyncio.create_task(self._beat())
        accounts = self._job.accounts
        pages = (accounts[at : at + PAGE_ACCOUNTS] for at in range(0, len(accounts), PAGE_ACCOUNTS))
        await at_most(PAGES_AT_ONCE, map(self._page, pages))
        beating.cancel()

    async def _beat(self) -> None:
        while True:
            sys.stdout.write("beat\n")
            sys.stdout.flush()
            await asyncio.sleep(self._job.beat_seconds)

    async def _page(self, accounts: Sequence[Mapping[str, Any]]) -> None:
        await at_most(ACCOUNTS_AT_ONCE, map(self._account, accounts))

    async def _account(self, account: Mapping[str, Any]) -> None:
        await asyncio.gather(*(self._signal(account, question) for question in self._job.questions))

    async def _signal(self, account: Mapping[str, Any], question: Mapping[str, Any]) -> None:
        about, wanted = (self._job.number, account["id"], question["name"]), account["asks"][question["name"]]
        try:
            documents = await asyncio.gather(*map(self._document, wanted["documents"]))
            answer = NOTHING_TO_READ
            if documents:
                answer = await self._answer(question, "\n".join([wanted["first"], *documents]))
            await self._write(STORE, *about, answer)
        except Exception as error:  # noqa: BLE001  whatever it was, the other accounts go on
            await self._write(FAILED, *about, type(error).__name__)

    async def _document(self, wanted: str) -> str:
        (line,) = await self._row(READ, wanted)
        return str(line)

    async def _answer(self, question: Mapping[str, Any], prompt: str) -> str:
        key = hashlib.sha256(f"{question['name']}\n{prompt}".encode()).hexdigest()
        if known := await self._row(KNOWN, key):
            return str(known[0])
        response = await self._client.responses.create(input=prompt, **question["request"])
        answer = json.dumps(json.loads(response.output_text))
        await self._write(REMEMBER, key, answer)
        return answer

    async def _row(self, query: str, *values: Any) -> Any:
        async with self._pool.connection() as conn:
            return await (await conn.execute(query.encode(), values)).fetchone()

    async def _write(self, query: str, *values: Any) -> None:
        async with self._pool.connection() as conn:
            await conn.execute(query.encode(), values)


async def main() -> None:
    """Do the job that stands on stdin."""
    job = Job(**json.load(sys.stdin))
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        job.database, min_size=4, max_size=SESSIONS, timeout=600, open=False
    )
    async with pool, AsyncOpenAI() as client:
        await Worker(job, client, pool).run()


if __name__ == "__main__":
    asyncio.run(main())
