"""Whatever form an answer should have, the model fills it from what the pages state."""

from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from sandbox.openai.terms import Terms
from sandbox.sites.facts import FIELDS, Fact, fact
from tests.sandbox.openai_http.asking import signal
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import SNOWFLAKE, ZENDESK, format_of, pages, request, said

HIRE = fact(
    "hire",
    person="Ana Abbott",
    title="VP of Sales",
    seniority="vp",
    start_date="2026-03-01",
    previous_company="Kitehive",
)


OPENING = fact("opening", department="Data", open_roles=2, roles="Data Engineer, Data Scientist")


FUNDING = fact(
    "funding",
    round="Series B",
    amount=12_000_000,
    currency="EUR",
    announced_on="2026-05-04",
    lead_investor="Juno Growth",
)


NEWS = fact("news", type="award", summary="Won the Clear Water Prize", published_on="2026-02-03")


@pytest.mark.parametrize(
    ("question", "fields", "stated", "expected"),
    [
        (
            "Who was hired into leadership?",
            {"person": str, "title": str, "seniority": Literal["c_level", "vp", "other"], "start_date": date | None},
            HIRE,
            {"person": "Ana Abbott", "title": "VP of Sales", "seniority": "vp", "start_date": "2026-03-01"},
        ),
        (
            "For which departments is the company hiring?",
            {"department": str, "open_roles": int | None, "roles": list[str]},
            OPENING,
            {"department": "Data", "open_roles": 2, "roles": ["Data Engineer", "Data Scientist"]},
        ),
        (
            "Which funding has the company raised?",
            {"round": str, "amount": float | None, "currency": str, "announced_on": date | None, "lead_investor": str},
            FUNDING,
            {"round": "Series B", "amount": 12_000_000, "currency": "EUR", "announced_on": "2026-05-04"},
        ),
        (
            "What is the news of the company?",
            {"type": Literal["award", "other"], "summary": str, "published_on": str | None, "event_date": str},
            NEWS,
            {"type": "award", "summary": "Won the Clear Water Prize", "event_date": "2026-02-03"},
        ),
        (
            "Which certifications has the company?",
            {"certification": str, "confidence": float},
            fact("certification", certification="ISO 27001"),
            {"certification": "ISO 27001", "confidence": 0.9},
        ),
        (
            "In which cities are the offices of the company?",
            {"city": str, "country": str | None},
            fact("office", city="Leipzig", country="Germany"),
            {"city": "Leipzig", "country": "Germany"},
        ),
    ],
    ids=["hires", "hiring", "funding", "news", "certifications", "offices"],
)
def test_whatever_is_asked_is_filled_by_the_names_of_properties(
    api: Api, question: str, fields: dict[str, Any], stated: Fact, expected: dict[str, Any]
) -> None:
    (found,) = signal(api, question, fields, pages(said(SNOWFLAKE, stated)))
    assert {name: found[name] for name in expected} == expected


def test_other_names_and_forms_of_schema_are_filled_too(api: Api) -> None:
    class Report(BaseModel):
        found: bool
        tools: list[str]
        reason: str | None

    reply = api.respond(request(pages(said(SNOWFLAKE, ZENDESK)), text=format_of(Report)))
    assert reply.answer == {"found": True, "tools": ["Snowflake", "Zendesk"], "reason": "The documents state it."}


def test_a_description_can_ask_for_the_pages_own_words(api: Api) -> None:
    class Item(BaseModel):
        summary: str = Field(description="The sentence of the page that tells it, word for word.")
        type: str

    class News(BaseModel):
        findings: list[Item]

    page = said(NEWS)
    reply = api.respond(request(pages(page), question="What is the news?", text=format_of(News)))
    (found,) = reply.answer["findings"]
    assert found["type"] == "award"
    assert found["summary"] in page


def test_in_words_the_quotes_are_the_answer(api: Api) -> None:
    reply = api.respond(request(pages(said(SNOWFLAKE)), text={"format": {"type": "text"}}))
    assert reply.text == "- We rely on Snowflake for data warehousing."


_TYPES = st.sampled_from([str, str | None, int, int | None, float, bool, list[str], Literal["one", "other"]])


_NAMES = st.sampled_from(sorted({name for fields in FIELDS.values() for name in fields} | {"name", "notes", "score"}))


@settings(max_examples=60)
@drawn(st.dictionaries(_NAMES, _TYPES, min_size=1, max_size=6))
def test_any_strict_schema_is_filled_validly(fields: dict[str, Any]) -> None:
    stated = said(SNOWFLAKE, HIRE, OPENING, FUNDING, NEWS)
    question = "The tech stack, leadership hires, hiring, funding, news, offices, partners, customers, certifications."
    signal(Api(Terms(time_scale=0)), question, fields, pages(stated))
