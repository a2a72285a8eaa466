"""A request for a response, checked.

Belongs here: which parameters there are, and what OpenAI says of one that cannot be.
Does not: schemas of answers (`strict`), what is asked (`sandbox.openai.reader`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.openai.http.errors import Refused, invalid, unknown_model
from sandbox.openai.http.strict import check_schema
from sandbox.openai.models import MODELS, Model

_TEXTS = {"prompt_cache_key": 64, "safety_identifier": 128, "user": 512}
"""Parameters that are texts, and how long they may be."""
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_TIERS = ("auto", "default", "flex", "priority", "fast")
_KNOWN = frozenset(
    [
        "background",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    ]
)
_UNPLAYED = ("background", "include", "max_tool_calls", "previous_response_id", "stream", "tools")
"""Parameters that change what comes back, which the sandbox does not play."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be answered.

    Args:
        model: Whom it asks.
        instructions: Of the developer: the parameter, then messages of the roles system and developer.
        input: Of the user.
        format: Of the text, as it was given; `{"type": "text"}` if it was not.
        effort: Of reasoning.
        limit: Of tokens of output, or None.
        tier: That it is served with.
        document: The body.
    """

    model: Model
    instructions: str
    input: str
    format: Mapping[str, Any]
    effort: str
    limit: int | None
    tier: str
    document: Mapping[str, Any]

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The schema of the answer, if there is one."""
        return self.format["schema"] if self.format["type"] == "json_schema" else None


def read_request(body: bytes) -> Asked:
    """Read and check a body.

    Raises:
        Refused: It is no request that can be answered.
    """
    document = _object(body)
    _check_parameters(document)
    model = _model(document)
    _check_texts(document)
    instructions, given = _messages(document)
    return Asked(
        model=model,
        instructions=instructions,
        input=given,
        format=_format(document),
        effort=_effort(document, model),
        limit=_limit(document),
        tier=_tier(document),
        document=document,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise invalid(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
            None,
        )
    return document


def _check_parameters(document: Mapping[str, Any]) -> None:
    for name in document:
        if name not in _KNOWN:
            raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    for name in _UNPLAYED:
        if document.get(name):
            raise invalid(f"The sandbox does not play '{name}'.", name, "unsupported_parameter")


def _model(document: Mapping[str, Any]) -> Model:
    name = document.get("model")
    if not name:
        raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if name not in MODELS:
        raise unknown_model(str(name))
    return MODELS[name]


def _check_texts(document: Mapping[str, Any]) -> None:
    for name, longest in _TEXTS.items():
        text = document.get(name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise _wrong_type(name, "a string", text)
        if len(text) > longest:
            message = f"Invalid '{name}': string too long. Expected a string with maximum length {longest}, but got a "
            raise invalid(f"{message}string with length {len(text)} instead.", name, "string_above_max_length")
    metadata = document.get("metadata") or {}
    if not isinstance(metadata, dict) or len(metadata) > 16:
        raise invalid("Invalid 'metadata': too many properties.", "metadata", "object_above_max_properties")
    for key, value in metadata.items():
        if len(key) > 64 or not isinstance(value, str) or len(value) > 512:
            raise invalid(f"Invalid 'metadata.{key}': string too long.", f"metadata.{key}", "string_above_max_length")


def _messages(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the developer says and what the user does."""
    instructions, given = document.get("instructions") or "", document.get("input")
    if not isinstance(instructions, str):
        raise _wrong_type("instructions", "a string", instructions)
    if isinstance(given, str) and given:
        return instructions, given
    if not isinstance(given, list) or not given:
        raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    of_developer: list[str] = [instructions] if instructions else []
    of_user: list[str] = []
    for number, message in enumerate(given):
        text = _text(message, f"input[{number}]")
        (of_developer if message.get("role") in {"system", "developer"} else of_user).append(text)
    return "\n".join(of_developer), "\n".join(of_user)


def _text(message: Any, where: str) -> str:
    if not isinstance(message, dict):
        raise _wrong_type(where, "an input item", message)
    content = message.get("content")
    if message.get("role") not in {"system", "developer", "user", "assistant"} or content is None:
        raise invalid(f"Invalid value: '{where}' is no message with a role and content.", where, "invalid_value")
    if isinstance(content, str):
        return content
    parts: Sequence[Any] = content if isinstance(content, list) else [content]
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or part.get("type") not in {"input_text", "output_text"}:
            param = f"{where}.content[{number}]"
            raise invalid(f"The sandbox reads only parts of type 'input_text', not '{param}'.", param, "invalid_value")
    return "\n".join(str(part.get("text", "")) for part in parts)


def _format(document: Mapping[str, Any]) -> Mapping[str, Any]:
    given = (document.get("text") or {}).get("format") or {"type": "text"}
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "json_schema":
        check_schema(given)
    elif kind not in {"text", "json_object"}:
        supported = "Supported values are: 'json_object', 'json_schema', and 'text'."
        raise invalid(f"Invalid value: '{kind}'. {supported}", "text.format.type", "invalid_value")
    return given


def _effort(document: Mapping[str, Any], model: Model) -> str:
    reasoning = document.get("reasoning") or {}
    effort = reasoning.get("effort") or model.effort
    if reasoning.get("effort") and not model.effort:
        message = f"Unsupported parameter: 'reasoning.effort' is not supported with the model '{model.name}'."
        raise invalid(message, "reasoning.effort", "unsupported_parameter")
    if effort and effort not in _EFFORTS:
        supported = ", ".join(f"'{name}'" for name in _EFFORTS)
        raise invalid(
            f"Invalid value: '{effort}'. Supported values are: {supported}.", "reasoning.effort", "invalid_value"
        )
    return str(effort)


def _limit(document: Mapping[str, Any]) -> int | None:
    limit = document.get("max_output_tokens")
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise _wrong_type("max_output_tokens", "an integer", limit)
    if limit < 16:
        message = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {limit}"
        raise invalid(f"{message} instead.", "max_output_tokens", "integer_below_min_value")
    return limit


def _tier(document: Mapping[str, Any]) -> str:
    tier = document.get("service_tier") or "auto"
    if tier not in _TIERS:
        raise invalid(f"Invalid value: '{tier}'.", "service_tier", "invalid_value")
    return {"auto": "default", "fast": "priority"}.get(tier, tier)


def _wrong_type(name: str, wanted: str, got: Any) -> Refused:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    shown = names.get(type(got), "an object")
    return invalid(f"Invalid type for '{name}': expected {wanted}, but got {shown} instead.", name, "invalid_type")
