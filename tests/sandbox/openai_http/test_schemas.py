"""Strict mode refuses what OpenAI refuses, in its words."""

import copy
from typing import Any

import pytest

from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import SNOWFLAKE, Answer, format_of, pages, request, said

GOOD: dict[str, Any] = format_of(Answer)["format"]["schema"]
LEAF = {"type": "string"}


def asked(api: Api, schema: Any, *, strict: bool = True, name: Any = "answer") -> Any:
    wanted = {"type": "json_schema", "name": name, "strict": strict, "schema": schema}
    return api.respond(request(pages(said(SNOWFLAKE)), text={"format": wanted}))


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def nested(depth: int) -> dict[str, Any]:
    return closed(a=nested(depth - 1)) if depth else LEAF


def test_a_schema_of_the_official_client_is_accepted(api: Api) -> None:
    assert asked(api, GOOD).status == 200


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (
            {"type": "array", "items": LEAF},
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        ),
        ({"anyOf": [closed(a=LEAF)]}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: None'."),
        (
            {"type": "object", "properties": {}, "required": []},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            {**closed(a=LEAF), "additionalProperties": True},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        ({**closed(a=LEAF), "required": []}, "including every key in properties. Missing 'a'."),
        ({**closed(a=LEAF), "required": ["a", "b"]}, "Extra required key 'b' supplied."),
        (closed(a={**LEAF, "minLength": 1}), "In context=('properties', 'a'), 'minLength' is not permitted."),
        (closed(a={**LEAF, "default": "x"}), "In context=('properties', 'a'), 'default' is not permitted."),
        (closed(a={"allOf": [LEAF]}), "In context=('properties', 'a'), 'allOf' is not permitted."),
        (closed(a={"oneOf": [LEAF]}), "In context=('properties', 'a'), 'oneOf' is not permitted."),
        (closed(a={"description": "?"}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (closed(a={"type": "date"}), "In context=('properties', 'a'), 'date' is not a valid type."),
        (closed(a={**LEAF, "format": "uri"}), "In context=('properties', 'a'), 'uri' is not a valid format."),
        (closed(a={"type": "array"}), "In context=('properties', 'a'), array schema missing items."),
        (
            closed(a={"type": "array", "items": {"type": "object", "properties": {"b": LEAF}}}),
            "In context=('properties', 'a', 'items'), 'additionalProperties' is required",
        ),
        (closed(a={"$ref": "#/$defs/B"}), "reference can only point to definitions"),
        (
            {**closed(a={"$ref": "#/$defs/B", "description": "?"}), "$defs": {"B": LEAF}},
            "$ref cannot have keywords {'description'}.",
        ),
        (nested(11), "nesting depth"),
        (closed(a={"type": "string", "enum": [str(each) for each in range(1001)]}), "1001 enum values"),
    ],
)
def test_what_strict_mode_does_not_know_is_refused_with_its_place(api: Api, schema: Any, sentence: str) -> None:
    refused = asked(api, schema)
    assert refused.status == 400
    assert (refused.error["type"], refused.error["code"]) == ("invalid_request_error", "invalid_json_schema")
    assert refused.error["param"] == "text.format.schema"
    assert refused.error["message"].startswith("Invalid schema for response_format 'answer': ")
    assert sentence in refused.error["message"]
    assert api.told()["sold"] == 0


@pytest.mark.parametrize(
    "part",
    [
        {"type": ["string", "null"]},
        {"anyOf": [LEAF, {"type": "null"}]},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": "^a", "format": "date"},
        {"type": "array", "items": LEAF, "minItems": 0, "maxItems": 3},
        {"enum": ["a", "b"]},
        {"const": "a"},
    ],
)
def test_what_strict_mode_knows_is_accepted(api: Api, part: Any) -> None:
    assert asked(api, closed(a=part)).status == 200


def test_recursion_by_reference_is_accepted(api: Api) -> None:
    tree = {"$ref": "#/$defs/Tree"}
    schema = {**closed(tree=tree), "$defs": {"Tree": closed(name=LEAF, parts={"type": "array", "items": tree})}}
    assert asked(api, schema).status == 200


def test_without_strict_anything_goes(api: Api) -> None:
    loose = copy.deepcopy(GOOD)
    loose["properties"]["status"]["default"] = "x"
    assert asked(api, loose, strict=False).status == 200


@pytest.mark.parametrize("name", [None, "", "an answer", "a" * 65])
def test_a_schema_needs_a_plain_name(api: Api, name: Any) -> None:
    assert asked(api, GOOD, name=name).error["param"] == "text.format.name"
