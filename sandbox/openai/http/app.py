"""OpenAI over HTTP, under its host name.

Belongs here: the host names, putting the parts together. Does not: the parts.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from starlette.types import ASGIApp

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.layer import Faulty, Hangup
from sandbox.openai.http.audio.transcriptions import Transcriptions
from sandbox.openai.http.door import Door
from sandbox.openai.http.faulty.vendor import OpenAI
from sandbox.openai.http.limits import Limits
from sandbox.openai.http.responses import Responses
from sandbox.openai.http.watch import Watched
from sandbox.openai.prompt_cache import PromptCache
from sandbox.openai.reader.reader import Reader
from sandbox.openai.sales import Ledgers
from sandbox.openai.terms import Terms

HOSTS = ("api.openai.com",)
_CACHE_SECONDS = 1800
"""For which OpenAI keeps a prefix at least (`prompt_cache_options.ttl`)."""


def openai(
    sales: Ledgers,
    counters: Counters,
    terms: Terms,
    faults: Faults,
    hang_up: Hangup,
    clock: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """Return the application; only the ledgers of sales outlive it."""
    of_audio = replace(terms, requests_per_minute=terms.audio_requests_per_minute)
    transcriptions = Transcriptions(terms, Limits(of_audio, counters, clock), sales.audio, sales.spent)
    limits, cache = Limits(terms, counters, clock), PromptCache(_CACHE_SECONDS, clock)
    responses = Responses(terms, limits, cache, sales.answers, Reader(), sales.spent)
    door = Door(responses, transcriptions, counters, hang_up)
    return Watched(Faulty(door, OpenAI(sales.answers), faults, counters, hang_up), sales)
