"""Tokens, the prompt cache and prices: a prompt whose fixed part comes first gets cheaper."""

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from sandbox.openai import tokens
from sandbox.openai.models import MODELS, Usage
from sandbox.openai.prompt_cache import LEAST, STEP, PromptCache
from sandbox.openai.tokens import BYTES
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import QUESTION, pages, request

LONG = f"{QUESTION} " + "Quote each finding verbatim from the text of the page. " * 90
SIZE = STEP * BYTES


def usage(api: Api, given: str, **more: Any) -> dict[str, Any]:
    told = api.respond(request(given, **more)).json["usage"]
    return {"input": told["input_tokens"], **told["input_tokens_details"]}


def test_a_fixed_part_that_comes_first_gets_cheaper(api: Api) -> None:
    first = usage(api, pages("One."), question=LONG)
    second = usage(api, pages("Two."), question=LONG)
    assert (first["cached_tokens"], second["cached_tokens"] % STEP) == (0, 0)
    assert second["cached_tokens"] >= LEAST
    assert second["input"] - second["cached_tokens"] < 400


def test_a_fixed_part_that_comes_last_does_not(api: Api) -> None:
    for text in ("One.", "Two."):
        told = usage(api, f"{pages(text * 3000)}\n{LONG}")
        assert told["cached_tokens"] == 0


@pytest.mark.parametrize(
    "other", [{"key": "sk-sandbox-globex"}, {"model": "gpt-6-sol"}, {"prompt_cache_key": "other"}], ids=str
)
def test_keys_models_and_cache_keys_share_nothing(api: Api, other: dict[str, Any]) -> None:
    api.respond(request(pages("One."), question=LONG))
    key = other.pop("key", None)
    body = request(pages("One."), question=LONG, **other)
    told = api.respond(body, **({"key": key} if key else {})).json["usage"]
    assert told["input_tokens_details"]["cached_tokens"] == 0


def test_what_is_not_used_for_half_an_hour_is_forgotten(api: Api) -> None:
    for wait, cached in ((0, False), (1700, True), (1700, True), (1900, False)):
        api.advance(wait)
        assert bool(usage(api, pages("One."), question=LONG)["cached_tokens"]) is cached


def test_only_newer_models_tell_of_writes_and_charge_them(api: Api) -> None:
    assert usage(api, pages("One."), question=LONG)["cache_write_tokens"] >= LEAST
    assert usage(api, pages("One."), question=LONG, model="gpt-5.4-mini")["cache_write_tokens"] == 0


@drawn(st.binary(max_size=3 * LEAST * BYTES), st.binary(max_size=SIZE * 3), st.binary(max_size=SIZE * 3))
def test_what_is_cached_is_the_longest_common_beginning_in_whole_steps(start: bytes, one: bytes, two: bytes) -> None:
    cache = PromptCache(60, lambda: 0.0)
    head = start * (LEAST * BYTES // max(len(start), 1) + 1)
    first, second = head + b"1" + one, head + b"2" + two
    assert cache.pass_through("", first)[0] == 0
    steps = len(head) // SIZE
    assert cache.pass_through("", second)[0] == (steps * STEP if steps * STEP >= LEAST else 0)
    cached, written = cache.pass_through("", second)
    assert (cached, written) == ((len(second) // SIZE * STEP, 0) if len(second) // SIZE * STEP >= LEAST else (0, 0))


@drawn(st.text(), st.integers(0, 50))
def test_the_first_tokens_of_a_text_are_a_beginning_of_it(text: str, number: int) -> None:
    cut = tokens.first(text, number)
    assert text.startswith(cut)
    assert tokens.count(cut) <= number
    assert tokens.first(text, tokens.count(text)) == text


@pytest.mark.parametrize(
    ("model", "tier", "usd"),
    [
        ("gpt-6-luna", "default", 60_000 * 0.1 + 20_000 * 0.01 + 20_000 * 0.125 + 10_000 * 0.5),
        ("gpt-5-mini", "default", 60_000 * 0.25 + 20_000 * 0.025 + 20_000 * 0.25 * 1.25 + 10_000 * 2),
        ("gpt-6-luna", "flex", (60_000 * 0.1 + 20_000 * 0.01 + 20_000 * 0.125 + 10_000 * 0.5) / 2),
    ],
)
def test_each_kind_of_token_has_its_price(model: str, tier: str, usd: float) -> None:
    usage = Usage(input=100_000, cached=20_000, written=20_000, output=10_000, reasoning=5_000)
    assert MODELS[model].cost(usage, tier) == pytest.approx(usd / 1e6)


def test_long_prompts_cost_more(api: Api) -> None:
    model = MODELS["gpt-6-luna"]
    assert model.cost(Usage(272_001, 0, 0, 0, 0)) == pytest.approx(2 * 272_001 * 0.1 / 1e6)
    assert model.cost(Usage(272_000, 0, 0, 0, 0)) == pytest.approx(272_000 * 0.1 / 1e6)


def test_what_is_sold_is_what_usage_says(api: Api) -> None:
    replies = [api.respond(request(pages(text), question=LONG)).json["usage"] for text in ("One.", "Two.")]
    told = api.told()
    assert told["tokens"]["input"] == sum(each["input_tokens"] for each in replies)
    assert told["tokens"]["cached"] == sum(each["input_tokens_details"]["cached_tokens"] for each in replies)
    assert told["tokens"]["written"] == sum(each["input_tokens_details"]["cache_write_tokens"] for each in replies)
    plain = told["tokens"]["input"] - told["tokens"]["cached"] - told["tokens"]["written"]
    usd = 0.1 * plain + 0.01 * told["tokens"]["cached"] + 0.125 * told["tokens"]["written"]
    assert told["usd"] == pytest.approx((usd + 0.5 * told["tokens"]["output"]) / 1e6, abs=1e-9)
