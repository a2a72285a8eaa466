"""The OpenAPI document is true: what it promises is tried by generated requests, good and bad."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, assume, given, settings
from requests.auth import AuthBase
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi import from_url

from nooks_dagster.calls.ingest.keys import Issued
from tests.calls.ingest.things import Server, ask, signed

QUIET = settings(
    max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True, deadline=None
)


class Sign(AuthBase):
    """Signs a request as it goes out."""

    def __init__(self, key: Issued) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        request.headers.update(signed(self._key, body if isinstance(body, bytes) else body.encode()))
        return request


@pytest.fixture(scope="module")
def operations(server: Server) -> dict[str, Any]:
    schema = from_url(f"http://127.0.0.1:{server.port}/openapi.json")
    schema.auth.set_from_requests(Sign(server.acme.key))
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.label: operation for operation in found}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", ["POST /v1/calls", "POST /v1/recordings"])
def test_what_is_sent_is_taken_if_it_is_as_the_document_says_and_else_refused(
    operations: dict[str, Any], server: Server, label: str, mode: GenerationMode
) -> None:
    statuses = tried(operations[label], mode, lambda case: as_the_words_say(case.body, server.bucket))
    assert (min(statuses) < 300) is (mode is GenerationMode.POSITIVE)
    assert max(statuses) < 500


@pytest.mark.parametrize("label", ["GET /healthz", "GET /metrics"])
def test_pages_are_as_the_document_says(operations: dict[str, Any], label: str) -> None:
    assert tried(operations[label], GenerationMode.POSITIVE, lambda _: None) == {200}


def test_the_document_says_how_to_sign_and_names_every_path(server: Server) -> None:
    told = ask(server.port, "GET", "/openapi.json").json
    assert set(told["paths"]) == {"/v1/calls", "/v1/recordings", "/healthz", "/metrics", "/openapi.json"}
    schemes = {one["name"] for one in told["components"]["securitySchemes"].values()}
    assert schemes == {"X-Nooks-Key", "X-Nooks-Timestamp", "X-Nooks-Signature"}
    assert schemes <= set(re.findall(r"`([\w-]+)`", told["info"]["description"]))


def tried(operation: Any, mode: GenerationMode, mend: Callable[[Case], None]) -> set[int]:
    """Send what is generated, and hold each answer against the document; return the statuses."""
    statuses: set[int] = set()

    @QUIET
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        assume(mode is GenerationMode.POSITIVE or is_wrong(case, ParameterLocation.BODY))
        mend(case)
        statuses.add(case.call_and_validate().status_code)

    send()
    return statuses


def is_wrong(case: Case, part: ParameterLocation) -> bool:
    """Whether a part of a request is against the document; what is wrong with its signature is mended on its way."""
    found = case.meta.components.get(part) if case.meta else None
    return found is not None and found.mode is GenerationMode.NEGATIVE


def as_the_words_say(body: Any, bucket: str) -> None:
    """Give a generated call what the document says in words alone: its times, its rep, where its recording lies."""
    if not isinstance(body, dict):
        return
    if all(is_moment(body.get(name)) for name in ("started_at", "ended_at")):
        body |= {"started_at": "2026-11-29T10:00:00Z", "ended_at": "2026-11-30T09:59:59.999+00:00"}
    rep = body.get("rep")
    if isinstance(rep, dict) and all(value is None or str(value).isspace() or value == "" for value in rep.values()):
        rep["crm_user_id"] = "005A"
    recording = body.get("recording")
    if isinstance(recording, dict) and re.fullmatch(r"gs://[A-Za-z0-9._=/-]+", str(recording.get("uri"))):
        recording["uri"] = f"gs://{bucket}/recordings/workspace=acme/day=2026-11-29/x.wav"


def is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
