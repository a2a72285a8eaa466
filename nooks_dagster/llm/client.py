"""OpenAI over the wire: one client of a process, one request at a time, no tries of its own.

Belongs here: what is sent, and that its answer comes in time or not at all. Does not: what an answer means
(`llm.replies`).
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import httpx2
from openai import OpenAI

from nooks_dagster.failures import Permanent, Unauthorized
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.prices import STANDARD
from nooks_dagster.llm.schemas import strict_schema

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

    def send(self, ask: Ask) -> Received:
        """Send one request and return its reply, if its status is 200.

        Raises:
            openai.OpenAIError: Any other status, or no reply.
            httpx2.HTTPError: The connection broke in the middle of the reply.
            TooLong: It took too long, or is too large.
            Unauthorized: There is no key.
            Permanent: The key is of another world.
        """
        end = time.monotonic() + self._timeout
        asked = request(ask)
        # The library goes through each typed parameter by its annotations: half a millisecond for an answer's schema.
        format_ = {"text": asked.pop("text")}
        with self._openai.responses.with_streaming_response.create(**asked, extra_body=format_) as reply:
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


def request(ask: Ask) -> dict[str, Any]:
    """Return what is sent for a question. Nothing of it is stored at the provider."""
    reasoning = {} if ask.effort is None else {"reasoning": {"effort": ask.effort}}
    return reasoning | {
        "model": ask.model,
        "instructions": ask.instructions,
        "input": ask.input,
        "text": {
            "format": {
                "type": "json_schema",
                "name": ask.answer.__name__,
                "schema": strict_schema(ask.answer),
                "strict": True,
            }
        },
        "max_output_tokens": ask.max_output_tokens,
        "prompt_cache_key": ask.cache_key,
        "safety_identifier": hashlib.sha256(f"nooks/{ask.workspace}".encode()).hexdigest(),
        "service_tier": STANDARD,
        "store": False,
    }
