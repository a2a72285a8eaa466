"""Prices, bounds, schemas and told waits, each by itself."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.failures import Permanent
from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.bounds import LONG_CONTEXT, tokens_at_most
from nooks_dagster.llm.outcomes import Unusable
from nooks_dagster.llm.paces import UNTOLD, told_to_wait, used_up
from nooks_dagster.llm.prices import price_of
from nooks_dagster.llm.schemas import UNSUPPORTED, strict_schema
from tests.llm.conftest import Answer, an_ask

TODAY = date(2026, 11, 29)
LUNA = price_of("gpt-6-luna", TODAY)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (Usage(1_000_000, 0), "0.10"),
        (Usage(0, 1_000_000, reasoning=900_000), "0.50"),
        (Usage(1_000_000, 0, cached=1_000_000), "0.01"),
        (Usage(1_000_000, 0, cache_write=1_000_000), "0.125"),
        (Usage(1_000_000, 1_000_000, cached=500_000, cache_write=250_000), "0.56125"),
    ],
)
def test_each_kind_of_token_has_its_own_price_and_is_billed_once(usage: Usage, usd: str) -> None:
    assert LUNA.cost(usage) == Decimal(usd)


def test_a_price_holds_from_its_day_on() -> None:
    with pytest.raises(Unusable, match="none for gpt-6-luna on 2026-09-21"):
        price_of("gpt-6-luna", date(2026, 9, 21))
    assert price_of("gpt-6-luna", date(2026, 9, 22)) == LUNA == price_of("gpt-6-luna-2026-09-22", TODAY)


TRICKY = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="好的数据平台", max_size=100),
    st.text(alphabet="🧪👩‍👩‍👧‍👦\u200d\ufe0f", max_size=100),
    st.text(alphabet='{}[]\\",:0123456789', max_size=300),
    st.text(alphabet="aAbBcC+/=", max_size=300),
    st.text(alphabet="\x00\x01\x7f\x80\xff", max_size=100),
)


@given(instructions=TRICKY, document=TRICKY, written=st.integers(0, 500), cached=st.integers(0, 100))
def test_no_text_costs_more_than_was_reserved_even_if_each_byte_were_a_token(
    instructions: str, document: str, written: int, cached: int
) -> None:
    ask = an_ask(instructions=instructions, input=document)
    read = len(instructions.encode()) + len(document.encode())
    most = LUNA.most(tokens_at_most(ask), ask.max_output_tokens)
    for usage in (
        Usage(read, written),
        Usage(read, written, cache_write=read),
        Usage(read, written, min(cached, read)),
    ):
        assert LUNA.cost(usage) <= most


def test_a_prompt_that_may_have_another_price_is_refused() -> None:
    with pytest.raises(Permanent, match=r"more than the 272,000 .* Give it fewer or shorter documents"):
        tokens_at_most(an_ask(input="x" * LONG_CONTEXT))


def test_what_cannot_be_sent_is_refused_before_it_is_reserved() -> None:
    with pytest.raises(Permanent, match="half a character"):
        tokens_at_most(an_ask(input="\ud83d"))


def test_every_object_of_a_strict_schema_is_closed_and_every_property_required() -> None:
    def objects(node: object) -> list[dict[str, object]]:
        if isinstance(node, dict):
            here = [node] if node.get("type") == "object" else []
            return here + [one for child in node.values() for one in objects(child)]
        return [one for child in node for one in objects(child)] if isinstance(node, list) else []

    found = objects(strict_schema(Answer))
    assert len(found) == 2
    for one in found:
        assert one["additionalProperties"] is False
        properties = one["properties"]
        assert isinstance(properties, dict)
        assert one["required"] == list(properties)
        assert not [key for value in properties.values() for key in value if key in UNSUPPORTED]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "100000"}, 600),
        ({"retry-after": "nonsense"}, 1),
        ({"retry-after": "-5"}, 1),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 1),
        ({}, 1),
    ],
)
def test_a_refusal_says_how_long_to_wait_or_it_is_a_second(headers: dict[str, str], seconds: float) -> None:
    assert told_to_wait(headers) == timedelta(seconds=seconds)


def test_a_date_to_wait_for_is_a_wait() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert timedelta(seconds=30) < told_to_wait({"retry-after": later}) <= timedelta(seconds=90)
    assert told_to_wait({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT"}) == timedelta()


@pytest.mark.parametrize("odd", ["Sun, 06 Nov 1994 08:49:37 +99999999999999", "nan", "9" * 400, "-1", "²"])
def test_a_time_that_makes_no_sense_is_a_time_that_was_not_told(odd: str) -> None:
    assert told_to_wait({"retry-after": odd}) == UNTOLD
    assert used_up({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": f"{odd}s"}) == timedelta()


def test_a_limit_that_is_used_up_is_noticed_before_it_refuses() -> None:
    assert used_up({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1s"}) == timedelta()
    assert used_up({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}) == timedelta(
        milliseconds=120
    )
