"""Requests and tokens a minute, credit, and what is told to who asks for more. Time passes by the test alone."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.openai.http.limits import duration
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import pages, request

Serve = Callable[..., Api]
ASKED = request(pages("We sell bread."))


def statuses(api: Api, number: int, **options: Any) -> list[int]:
    return [api.respond(ASKED, **options).status for _ in range(number)]


def test_requests_a_minute_come_back_little_by_little(serve: Serve) -> None:
    api = serve(requests_per_minute=3)
    assert statuses(api, 4) == [200, 200, 200, 429]
    api.advance(20)
    assert statuses(api, 2) == [200, 429]
    assert api.counters.snapshot()["violations"] == {"acme": {"RPM": 2}}


def test_a_429_says_how_long_to_wait_and_which_limit_it_was(serve: Serve) -> None:
    api = serve(requests_per_minute=1)
    refused = [api.respond(ASKED) for _ in range(2)][1]
    assert (refused.error["type"], refused.error["code"]) == ("requests", "rate_limit_exceeded")
    assert (
        "on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1m0s." in refused.error["message"]
    )
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("60", "60000")
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"


def test_tokens_count_what_the_answer_may_have(serve: Serve) -> None:
    api = serve(tokens_per_minute=10_000)
    refused = [api.respond({**ASKED, "max_output_tokens": 6_000}) for _ in range(2)][1]
    assert (refused.status, refused.error["type"]) == (429, "tokens")
    assert api.respond(ASKED).status == 200


def test_keys_and_models_have_limits_of_their_own(serve: Serve) -> None:
    api = serve(requests_per_minute=1)
    assert statuses(api, 2) == [200, 429]
    assert statuses(api, 1, key="sk-sandbox-globex") == [200]
    assert api.respond({**ASKED, "model": "gpt-6-sol"}).status == 200


def test_a_minute_is_as_long_as_the_world_is_slow(serve: Serve) -> None:
    api = serve(requests_per_minute=60, limit_window_seconds=1, time_scale=0.001)
    assert statuses(api, 2) == [200, 429]
    api.advance(0.001)
    assert statuses(api, 1) == [200]


def test_a_shorter_window_lets_fewer_come_at_once(serve: Serve) -> None:
    api = serve(requests_per_minute=120, limit_window_seconds=1)
    assert statuses(api, 3) == [200, 200, 429]
    api.advance(0.5)
    assert statuses(api, 2) == [200, 429]


def test_when_the_credit_is_used_up_waiting_does_not_help(serve: Serve) -> None:
    api = serve(credit_usd=0.00001)
    assert statuses(api, 1) == [200]
    api.advance(3600)
    refused = api.respond(ASKED)
    assert (refused.status, refused.error["type"], refused.error["code"]) == (
        429,
        "insufficient_quota",
        "insufficient_quota",
    )
    assert "retry-after" not in refused.headers
    assert statuses(api, 1, key="sk-sandbox-globex") == [200]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0121, "13ms"), (1, "1s"), (1.5, "1.5s"), (60, "1m0s"), (361.25, "6m1.25s")]
)
def test_times_are_written_as_openai_does(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
