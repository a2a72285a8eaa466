"""The answer as a response object, whole or cut.

Belongs here: its form; what is left of a text when the tokens run out. Does not: the text (`sandbox.openai.reader`).
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from sandbox.openai import tokens
from sandbox.openai.http.request import Asked
from sandbox.openai.models import Usage

_REASONING = {"minimal": 0, "low": 64, "medium": 192, "high": 640, "xhigh": 1280, "max": 2560}
"""Tokens of reasoning by effort: the sandbox's own numbers, in OpenAI's steps of 64."""
_OVERHEAD = 8
"""Tokens that frame a prompt, and an answer."""


@dataclass(frozen=True, slots=True)
class Output:
    """What the model says.

    Args:
        text: The answer, or the refusal.
        refused: Whether it is a refusal.
        whole: Whether the text was not cut.
        reasoning: Tokens that went before it.
    """

    text: str
    refused: bool = False
    whole: bool = True
    reasoning: int = 0

    @property
    def tokens(self) -> int:
        """The tokens of output that are billed."""
        return self.reasoning + tokens.count(self.text) + _OVERHEAD


def within(text: str, asked: Asked, *, refused: bool, share: float | None) -> Output:
    """Return a text as far as the tokens reach.

    Args:
        text: The whole.
        asked: Tells how many there may be, and how much of them reasoning takes.
        refused: Whether the text is a refusal.
        share: Of the text, that is left in any case; None for all.
    """
    reasoning = _REASONING.get(asked.effort, 0)
    if share is not None:
        return Output(text[: int(len(text) * share)], whole=False, reasoning=reasoning)
    whole = Output(text, refused, reasoning=reasoning)
    if asked.limit is None or whole.tokens <= asked.limit:
        return whole
    left = max(0, asked.limit - reasoning - _OVERHEAD)
    return Output(tokens.first(text, left), refused, whole=False, reasoning=min(reasoning, asked.limit))


def input_tokens(prompt: bytes) -> int:
    """Return the tokens of a prompt as it was rendered."""
    return -(-len(prompt) // tokens.BYTES) + _OVERHEAD


def response(asked: Asked, output: Output, usage: Usage) -> dict[str, Any]:
    """Return the response object."""
    given, now = asked.document, int(time.time())
    return {
        "id": f"resp_{secrets.token_hex(24)}",
        "object": "response",
        "created_at": now,
        "status": "completed" if output.whole else "incomplete",
        "background": False,
        "completed_at": now if output.whole else None,
        "error": None,
        "incomplete_details": None if output.whole else {"reason": "max_output_tokens"},
        "instructions": given.get("instructions"),
        "max_output_tokens": asked.limit,
        "max_tool_calls": None,
        "model": asked.model.snapshot,
        "output": _items(asked, output),
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "prompt_cache_key": given.get("prompt_cache_key"),
        "prompt_cache_retention": given.get("prompt_cache_retention"),
        "reasoning": {"effort": asked.effort or None, "summary": None},
        "safety_identifier": given.get("safety_identifier"),
        "service_tier": asked.tier,
        "store": given.get("store", True),
        "temperature": given.get("temperature", 1.0),
        "text": {"format": _format(asked), "verbosity": (given.get("text") or {}).get("verbosity", "medium")},
        "tool_choice": given.get("tool_choice", "auto"),
        "tools": [],
        "top_logprobs": 0,
        "top_p": given.get("top_p", 1.0),
        "truncation": given.get("truncation", "disabled"),
        "usage": _usage(usage),
        "user": given.get("user"),
        "metadata": given.get("metadata") or {},
    }


def _items(asked: Asked, output: Output) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if asked.model.effort:
        items.append({"id": f"rs_{secrets.token_hex(24)}", "type": "reasoning", "summary": []})
    if not output.text:  # The tokens ran out while it reasoned.
        return items
    said: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": output.text}
    if output.refused:
        said = {"type": "refusal", "refusal": output.text}
    status = "completed" if output.whole else "incomplete"
    message = {"id": f"msg_{secrets.token_hex(24)}", "type": "message", "status": status, "role": "assistant"}
    return [*items, {**message, "content": [said]}]


def _format(asked: Asked) -> dict[str, Any]:
    if asked.format["type"] != "json_schema":
        return {"type": asked.format["type"]}
    return {"description": None, "strict": False, **asked.format}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.written},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
