"""The OpenAPI document: what the server takes and gives, true to what it does.

Belongs here: the document. Does not: the forms of bodies, which are those that validate (`calls.ingest.forms`).
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from nooks_dagster.calls.ingest.forms import Upload, folder
from nooks_dagster.calls.ingest.signatures import KEY, SIGNATURE, TIMESTAMP
from nooks_dagster.calls.submission import Submission
from nooks_dagster.settings import Settings

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/"
SIGNING = f"""\
Sign each request with a key of your workspace (`nooks calls keys add WORKSPACE`), in three headers:

- `{KEY}`: the id of the key, `nk_…`.
- `{TIMESTAMP}`: the time of signing, in Unix seconds.
- `{SIGNATURE}`: `v1=` and the lower-case hexadecimal HMAC-SHA256, under the secret `nks_…` as text, of the bytes
  of the timestamp, a full stop, and the body as it is sent.

A signature counts for {{window}} seconds around its time. To try again, sign again: a call under the same `call_id`
with the same bytes is kept once, however often it is sent.
"""
WHY = {
    400: "The body is no strict JSON: UTF-8, each key once in an object, no NaN.",
    401: "Not signed, or not by a key that counts, or not about now.",
    408: "The body did not arrive in time.",
    409: "Another body was accepted under this `call_id`.",
    413: "The body is too long.",
    415: "The body is not `application/json` in UTF-8, or is compressed.",
    422: "Fields are missing, unknown, or not as they must be; `fields` names them.",
    500: "Something is wrong with the server; send it again.",
    503: "It was not stored in time, and may be stored yet; send the same bytes again after `Retry-After` seconds.",
}
ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "next_step", "fields"],
            "properties": {
                "code": {"type": "string", "description": "For programs; stays as it is."},
                "message": {"type": "string", "description": "What happened; never a value of a field."},
                "next_step": {"type": "string", "description": "What to do."},
                "fields": {"type": "array", "items": {"type": "string"}, "description": "Which fields it is about."},
            },
        }
    },
}
ACCEPTED: Json = {
    "type": "object",
    "required": ["id", "call_id", "state"],
    "properties": {
        "id": {"type": "integer", "description": "Ours; `nooks calls show ID` tells what becomes of the call."},
        "call_id": {"type": "string"},
        "state": {"const": "accepted"},
    },
}
OPENED: Json = {
    "type": "object",
    "required": ["uri", "upload_url", "expires_at"],
    "properties": {
        "uri": {"type": "string", "description": "For `recording.uri` of the call, once the bytes are there."},
        "upload_url": {
            "type": "string",
            "description": "A resumable session of Google Cloud Storage: PUT the bytes to it, whole or in pieces. "
            "Whoever has it can upload, so keep it to yourself.",
        },
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
HEALTH: Json = {
    "type": "object",
    "required": ["live", "ready"],
    "properties": {"live": {"const": True}, "ready": {"type": "boolean"}},
}


def document(chosen: Settings) -> Json:
    """Return the document of a server with these settings."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "nooks ingest",
            "version": "1",
            "description": "Takes calls from dialers. " + SIGNING.format(window=chosen.ingest_window_seconds),
        },
        "paths": {
            "/v1/calls": {"post": _calls(chosen)},
            "/v1/recordings": {"post": _recordings(chosen)},
            "/healthz": {"get": _health()},
            "/metrics": {"get": _page("Metrics in the format of Prometheus", "text/plain", {"type": "string"})},
            "/openapi.json": {"get": _page("This document", "application/json", {"type": "object"})},
        },
        "components": {"schemas": _schemas(chosen), "securitySchemes": _schemes()},
    }


def _calls(chosen: Settings) -> Json:
    prefix = f"gs://{chosen.lake_bucket}/{folder('WORKSPACE')}"
    about = (
        "Takes a call after it was hung up, in at most "
        f"{chosen.ingest_body_kilobytes} KB. It is answered once the call is durable. `ended_at` lies within 24 hours "
        "after `started_at`, both in the years 2000 to 2199. `rep` tells at least one thing that is not blank; of a "
        f"prospect nothing may be known. `recording.uri` lies below `{prefix}` of the key's own workspace, each part "
        "of its name made of letters, digits and `._=-`, and not of dots alone. Beyond "
        f"{chosen.ingest_live_calls:g} calls a second of one key a call is accepted all the same, and worked on after "
        "those of others."
    )
    return _signed("Log a call", about, "Submission", {202: _answer("The call is durable.", "Accepted")}, WHY)


def _recordings(chosen: Settings) -> Json:
    about = (
        f"Opens the upload of a recording of at most {chosen.calls_recording_megabytes} MB. Put its bytes to "
        "`upload_url`, then send the call with `recording.uri`."
    )
    opened = {201: _answer("The upload is open.", "Opened")}
    why = {status: text for status, text in WHY.items() if status != 409}
    return _signed("Upload a recording", about, "Upload", opened, why)


def _signed(summary: str, about: str, form: str, success: dict[int, Json], why: dict[int, str]) -> Json:
    answers = success | {status: _answer(text, "Error") for status, text in why.items()}
    answers[503]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        "summary": summary,
        "description": about,
        "security": [{"key": [], "timestamp": [], "signature": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": SCHEMAS + form}}},
        },
        "responses": {str(status): answer for status, answer in sorted(answers.items())},
    }


def _answer(about: str, schema: str) -> Json:
    return {"description": about, "content": {"application/json": {"schema": {"$ref": SCHEMAS + schema}}}}


def _page(summary: str, media_type: str, schema: Json) -> Json:
    answer = {"description": summary, "content": {media_type: {"schema": schema}}}
    return {"summary": summary, "responses": {"200": answer, "500": _answer(WHY[500], "Error")}}


def _health() -> Json:
    return {
        "summary": "Whether calls can be accepted",
        "responses": {
            "200": _answer("They can.", "Health"),
            "500": _answer(WHY[500], "Error"),
            "503": _answer("The process lives, and Postgres does not answer.", "Health"),
        },
    }


def _schemas(chosen: Settings) -> Json:
    forms: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Submission, "validation"), (Upload, "validation")]
    _, told = models_json_schema(forms, ref_template=SCHEMAS + "{model}")
    schemas: Json = told["$defs"]
    schemas["Upload"]["properties"]["bytes"]["maximum"] = chosen.calls_recording_megabytes * 1024 * 1024
    return schemas | {"Error": ERROR, "Accepted": ACCEPTED, "Opened": OPENED, "Health": HEALTH}


def _schemes() -> Json:
    what = {"key": KEY, "timestamp": TIMESTAMP, "signature": SIGNATURE}
    about = "One of the three headers of a signature; the description of this document tells how to sign."
    return {
        name: {"type": "apiKey", "in": "header", "name": header, "description": about} for name, header in what.items()
    }
