"""Requests that cannot be are refused, and replies are formed, as OpenAI has it."""

import re
from typing import Any

import pytest

from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import SNOWFLAKE, pages, request, said

GIVEN = pages(said(SNOWFLAKE))


@pytest.mark.parametrize(
    ("change", "status", "param", "code"),
    [
        ({"model": "gpt-9"}, 404, "model", "model_not_found"),
        ({"model": None}, 400, "model", "missing_required_parameter"),
        ({"input": None}, 400, "input", "missing_required_parameter"),
        ({"input": [{"content": "x"}]}, 400, "input[0]", "invalid_value"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            400,
            "input[0].content[0]",
            "invalid_value",
        ),
        ({"temprature": 1}, 400, "temprature", "unknown_parameter"),
        ({"max_output_tokens": 5}, 400, "max_output_tokens", "integer_below_min_value"),
        ({"max_output_tokens": "5"}, 400, "max_output_tokens", "invalid_type"),
        ({"max_output_tokens": 2_000_000}, 400, "input", "context_length_exceeded"),
        ({"prompt_cache_key": "k" * 65}, 400, "prompt_cache_key", "string_above_max_length"),
        ({"safety_identifier": "k" * 129}, 400, "safety_identifier", "string_above_max_length"),
        ({"metadata": {"k": "v" * 513}}, 400, "metadata.k", "string_above_max_length"),
        ({"text": {"format": {"type": "xml"}}}, 400, "text.format.type", "invalid_value"),
        ({"reasoning": {"effort": "huge"}}, 400, "reasoning.effort", "invalid_value"),
        ({"model": "gpt-4o-mini", "reasoning": {"effort": "low"}}, 400, "reasoning.effort", "unsupported_parameter"),
        ({"service_tier": "gold"}, 400, "service_tier", "invalid_value"),
        ({"stream": True}, 400, "stream", "unsupported_parameter"),
    ],
)
def test_a_request_that_cannot_be_is_refused_by_name(
    api: Api, change: dict[str, Any], status: int, param: str, code: str
) -> None:
    refused = api.respond(request(GIVEN, **change))
    assert refused.status == status
    assert set(refused.error) == {"message", "type", "param", "code"}
    assert (refused.error["param"], refused.error["code"]) == (param, code)


def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    assert "could not parse the JSON body" in api.respond(b"{").error["message"]


@pytest.mark.parametrize("key", ["", "sk-proj-real", "sk-sandbox-"])
def test_a_key_that_is_not_the_sandboxs_is_refused_and_counted(api: Api, key: str) -> None:
    refused = api.respond(request(GIVEN), key=key)
    assert refused.status == 401
    assert refused.error["code"] == ("invalid_api_key" if key else None)
    assert "real" not in refused.error["message"].replace("*", "") or not key
    assert api.counters.snapshot()["violations"] == {"openai": {"invalid_api_key": 1}}
    assert api.told()["sold"] == 0


def test_a_key_is_not_repeated_whole(api: Api) -> None:
    assert "sk-proj-secret-key" not in api.respond(request(GIVEN), key="sk-proj-secret-key").error["message"]


def test_other_addresses_lead_nowhere(api: Api) -> None:
    assert api("GET", "/v1/responses").status == 404
    assert api("POST", "/v1/audio/speech", {}).error["message"] == "Invalid URL (POST /v1/audio/speech)"


def test_models_are_listed_and_shown(api: Api) -> None:
    names = [model["id"] for model in api("GET", "/v1/models").json["data"]]
    assert {"gpt-6-luna", "gpt-5-mini", "gpt-5-mini-2025-08-07"} <= set(names)
    assert api("GET", "/v1/models/gpt-6-luna").json["object"] == "model"
    assert api("GET", "/v1/models/gpt-9").status == 404


def test_headers_name_the_request_and_tell_what_is_left(serve: Any) -> None:
    api = serve(requests_per_minute=60, tokens_per_minute=60_000)
    first, second = (api.respond(request(GIVEN, max_output_tokens=500)).headers for _ in range(2))
    assert re.fullmatch(r"req_[0-9a-f]{32}", first["x-request-id"])
    assert first["x-request-id"] != second["x-request-id"]
    assert int(first["openai-processing-ms"]) >= 0
    assert (first["x-ratelimit-limit-requests"], first["x-ratelimit-limit-tokens"]) == ("60", "60000")
    assert (first["x-ratelimit-remaining-requests"], second["x-ratelimit-remaining-requests"]) == ("59", "58")
    assert (first["x-ratelimit-reset-requests"], second["x-ratelimit-reset-requests"]) == ("1s", "2s")
    taken = 60_000 - int(first["x-ratelimit-remaining-tokens"])
    assert 500 < taken < 2000
    assert int(second["x-ratelimit-remaining-tokens"]) == 60_000 - 2 * taken


def test_what_was_asked_is_told_again(api: Api) -> None:
    more = {"metadata": {"a": "b"}, "prompt_cache_key": "k", "safety_identifier": "s", "max_output_tokens": 999}
    told = api.respond(request(GIVEN, **more, service_tier="fast")).json
    assert {name: told[name] for name in more} == more
    assert (told["store"], told["service_tier"], told["status"]) == (False, "priority", "completed")
    assert told["text"]["format"]["schema"]["required"] == ["status", "findings"]


def test_the_snapshot_that_answered_is_named(api: Api) -> None:
    assert api.respond(request(GIVEN, model="gpt-5-mini")).json["model"] == "gpt-5-mini-2025-08-07"


def test_an_answer_that_is_longer_than_allowed_is_incomplete(api: Api) -> None:
    told = api.respond(request(GIVEN, max_output_tokens=20)).json
    assert (told["status"], told["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert told["usage"]["output_tokens"] <= 20
    assert told["output"][-1]["status"] == "incomplete"


def test_reasoning_takes_tokens_that_the_answer_then_lacks(api: Api) -> None:
    low, high = (request(GIVEN, reasoning={"effort": effort}, max_output_tokens=400) for effort in ("low", "high"))
    told = api.respond(low).json
    assert told["usage"]["output_tokens_details"] == {"reasoning_tokens": 64}
    cut = api.respond(high).json
    assert (cut["status"], [item["type"] for item in cut["output"]]) == ("incomplete", ["reasoning"])
    assert cut["usage"]["output_tokens"] == 408


def test_usage_adds_up(api: Api) -> None:
    usage = api.respond(request(GIVEN)).json["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert 200 < usage["input_tokens"] < 800
