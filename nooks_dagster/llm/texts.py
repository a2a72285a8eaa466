"""Text as goods: a question, and an answer that has the asked shape.

Belongs here: what is sent, and the most it costs. Does not: what comes back (`llm.responses`).
"""

import hashlib
import json
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any

from openai import APIResponse, OpenAI
from pydantic import BaseModel

from nooks_dagster.llm import responses
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.bounds import tokens_at_most
from nooks_dagster.llm.client import Received
from nooks_dagster.llm.prices import STANDARD, price_of
from nooks_dagster.llm.replies import Advice, Outcome
from nooks_dagster.llm.schemas import strict_schema


class Texts:
    """See `nooks_dagster.llm.goods.Goods`."""

    advice = Advice(
        model="NOOKS_LLM_MODEL, or the signal's own",
        too_long="The prompt is too long.",
        shorten="Give it fewer or shorter documents.",
        wrong="It is the same for every account: correct the signal's answer shape or its instructions.",
    )

    def fingerprint(self, wanted: Ask) -> bytes:
        """Return the hash of all that is asked."""
        return hashlib.sha256(json.dumps(request(wanted), sort_keys=True).encode()).digest()

    def most(self, wanted: Ask, day: date) -> Decimal:
        """Return the most that it can cost, in USD."""
        return price_of(wanted.model, day).most(tokens_at_most(wanted), wanted.max_output_tokens)

    def send(self, openai: OpenAI, wanted: Ask) -> AbstractContextManager[APIResponse[Any]]:
        """Send the request."""
        asked = request(wanted)
        # The library goes through each typed parameter by its annotations: half a millisecond for an answer's schema.
        format_ = {"text": asked.pop("text")}
        return openai.responses.with_streaming_response.create(**asked, extra_body=format_)

    def read(self, wanted: Ask, received: Received) -> Outcome[BaseModel]:
        """Return what a reply of status 200 holds."""
        return responses.read(wanted, received)


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
