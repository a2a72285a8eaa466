"""Looking: one blocking question to Postgres at a time, which nobody has to wait for longer than it wants to.

Belongs here: the thread of a question, and waiting for it. Does not: the questions.

A Postgres that hangs holds one thread for each kind of question, however often it is asked meanwhile.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Looking:
    """Asks in a thread of its own. Whoever asks while it does so gets the same answer.

    Args:
        name: Of the thread.
        look: Asks, and keeps the answer.
    """

    def __init__(self, name: str, look: Callable[[], None]) -> None:
        self._look = look
        self._thread = ThreadPoolExecutor(1, name)
        self._under_way: asyncio.Future[None] | None = None

    async def now(self, patience: float) -> None:
        """Return when the answer is there.

        Raises:
            TimeoutError: It is not there yet; it will be kept when it is.
        """
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.get_running_loop().run_in_executor(self._thread, self._look)
        async with asyncio.timeout(patience):
            await asyncio.shield(self._under_way)
