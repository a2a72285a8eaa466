"""OpenAI over the wire: one client of a process, one request at a time, no tries of its own.

Belongs here: that an answer comes in time or not at all. Does not: what is sent, what an answer means (`llm.goods`).
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import httpx2
from openai import APIResponse, OpenAI

from nooks_dagster.failures import Permanent, Unauthorized

CONNECT_SECONDS = 5.0
SEND_SECONDS = 10.0
LARGEST_REPLY = 10 << 20  # bytes; 128,000 tokens are half a megabyte
SANDBOX_KEY = "sk-sandbox"


class TooLong(Exception):
    """A reply that came too slowly, or was too large."""


@dataclass(frozen=True, slots=True)
class Received:
    """A reply of status 200, whatever it holds."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Client:
    """The way to OpenAI. Safe to share between threads; costs nothing until the first request.

    Args:
        key: The platform's key.
        timeout: Of a whole request; one that has not ended by then is given up.
        sandbox: Whether the outside world is the sandbox: a key goes to the world that it is of.
        base_url: Another address than OpenAI's, or OPENAI_BASE_URL's.
    """

    def __init__(self, key: str, timeout: timedelta, *, sandbox: bool, base_url: str | None = None) -> None:
        self._key = key
        self._timeout = timeout.total_seconds()
        self._sandbox = sandbox
        self._base_url = base_url

    @property
    def longest(self) -> timedelta:
        """Return how long a request can last at most: connecting, sending, and twice the longest silence."""
        return timedelta(seconds=2 * CONNECT_SECONDS + SEND_SECONDS + 2 * self._timeout)

    def send(self, request: Callable[[OpenAI], AbstractContextManager[APIResponse[Any]]]) -> Received:
        """Send one request and return its reply, if its status is 200.

        Raises:
            openai.OpenAIError: Any other status, or no reply.
            httpx2.HTTPError: The connection broke in the middle of the reply.
            TooLong: It took too long, or is too large.
            Unauthorized: There is no key.
            Permanent: The key is of another world.
        """
        end = time.monotonic() + self._timeout
        with request(self._openai) as reply:
            body = bytearray()
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > LARGEST_REPLY or time.monotonic() > end:
                    raise TooLong
            return Received(dict(reply.headers), bytes(body))

    def check(self) -> None:
        """Return if there is a key that may be used.

        Raises:
            Unauthorized: There is no key.
            Permanent: The key is of another world.
        """
        if not self._key:
            raise Unauthorized(
                "No key is configured.", subject="OpenAI", next_step="Set OPENAI_API_KEY in .env and start again."
            )
        if self._key.startswith(SANDBOX_KEY) is not self._sandbox:
            key = (
                "real, and the outside world is the sandbox"
                if self._sandbox
                else "the sandbox's, and the world is real"
            )
            raise Permanent(
                f"The key is {key}.",
                subject="OpenAI",
                next_step="Set OPENAI_API_KEY and NOOKS_SANDBOX in .env so that they fit.",
            )

    @cached_property
    def _openai(self) -> OpenAI:
        # At DEBUG the library logs whole requests, prompts included.
        logging.getLogger("openai").setLevel(logging.WARNING)
        timeout = httpx2.Timeout(self._timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS, write=SEND_SECONDS)
        return OpenAI(api_key=self._key, max_retries=0, timeout=timeout, base_url=self._base_url)
