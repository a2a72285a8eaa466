"""Replies that take their time.

Belongs here: delay and trickle, both bounded. Does not: what is sent.
"""

import asyncio

from starlette.types import Message, Send

from sandbox.faults.kinds import Slow

_PIECES_PER_SECOND = 10


def slowed(send: Send, slow: Slow) -> Send:
    """Return a `send` that is as slow as the fault says."""
    left = slow.most_seconds

    async def wait(seconds: float) -> None:
        nonlocal left
        seconds = min(seconds, left)
        left -= seconds
        await asyncio.sleep(seconds)

    async def send_slowly(message: Message) -> None:
        if message["type"] == "http.response.start":
            await wait(slow.first_byte_seconds)
            await send(message)
            return
        body, rate = message.get("body", b""), slow.bytes_per_second
        while rate and body and left > 0:
            size = max(rate // _PIECES_PER_SECOND, 1)
            piece, body = body[:size], body[size:]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await wait(len(piece) / rate)
        await send({**message, "body": body})

    return send_slowly
