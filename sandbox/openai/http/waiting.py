"""The time that an answer takes, and buyers who do not wait for it.

Belongs here: waiting. Does not: for how long (`sandbox.openai.chance`).
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Message

from sandbox.openai.sales import Sale

Sold = Callable[[Sale], None]
Receive = Callable[[], Awaitable[Message]]


class Hangup(Exception):
    """The buyer is gone, or is left without a reply."""


async def until(moment: float, receive: Receive) -> None:
    """Wait for a moment of the loop's clock.

    Raises:
        Hangup: The buyer is gone before.
    """
    left = moment - asyncio.get_running_loop().time()
    if left <= 0:
        return
    try:
        async with asyncio.timeout(left):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
    raise Hangup
