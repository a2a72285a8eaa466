"""A door onto a scripted provider, and what is asked through it."""

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from nooks_dagster.database.pool import Database
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import Settings
from tests.llm.odd_provider import Provider, answered, scripted, serving


class Vendor(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=40)
    since: date | None
    confidence: float = Field(ge=0, le=1)


class Answer(BaseModel):
    """The answer that the tests ask for."""

    model_config = ConfigDict(extra="forbid")

    status: str
    vendors: Sequence[Vendor]


ANSWER = '{"status": "found", "vendors": [{"name": "Snowflake", "since": "2026-01-31", "confidence": 0.9}]}'


def an_ask(**changes: object) -> Ask:
    values: dict[str, object] = {
        "kind": "text",
        "workspace": "acme",
        "purpose": "signals/tech_stack",
        "subject": "example.com",
        "instructions": "Say what they use. SECRET-PROMPT",
        "input": '{"document": "d1", "text": "We run on Snowflake."}',
        "answer": Answer,
        "model": "gpt-6-luna",
        "max_output_tokens": 500,
        "cache_key": "tech_stack",
    }
    return Ask(**{**values, **changes})  # type: ignore[arg-type]  # a test's changes are of any field


def chosen(**changes: object) -> Settings:
    values = {
        "OPENAI_API_KEY": SecretStr("sk-test-1"),
        "sandbox": False,
        "llm_timeout_seconds": 2,
        "llm_live_requests": 0,
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]  # likewise


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that answers well until a test gives it another script."""
    with serving(scripted([answered(ANSWER)])) as serves:
        yield serves


@pytest.fixture
def door(db: Database, provider: Provider) -> Door:
    return Door(db, chosen(), base_url=provider.url)
