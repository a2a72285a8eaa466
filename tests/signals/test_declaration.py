"""What a declaration may say, and what changes when it says something else."""

from dataclasses import replace
from datetime import date, timedelta
from enum import Enum
from typing import Any, Literal

import pytest
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel

from nooks_dagster.failures import Permanent
from nooks_dagster.signals.declaration import Scope
from nooks_dagster.signals.prompts import instructions
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.shapes import RESERVED
from nooks_dagster.signals.views import columns_of
from tests.signals.things import SHARED, TECH, Technology


class Nested(BaseModel):
    vendor: str
    inner: Technology


class Evident(BaseModel):
    vendor: str
    evidence: str


class Linked(BaseModel):
    vendor: str
    url: str


class Colour(Enum):
    RED = 1


class Odd(BaseModel):
    vendor: str
    colour: Colour


class Empty(BaseModel):
    pass


class Usual(BaseModel):
    vendor: str
    kind: Literal["a", "b"] | None
    day: date | None
    names: list[str]
    count: int | None
    share: float
    sure: bool


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "Tech Stack"}, "not of the form"),
        ({"name": "answers"}, "table of the engine"),
        ({"question": " "}, "asks no question"),
        ({"documents": ()}, "no kind of document"),
        ({"stated": ("vendors",)}, "no field vendors"),
        ({"time_to_live": timedelta(0)}, "positive time"),
        ({"own": {"vendor": "vendors"}}, "cannot be public"),
        ({"own": {"tags": "vendors"}, "scope": Scope.WORKSPACE}, "field tags is no text"),
        ({"most_findings": 0}, "allows no findings"),
        ({"finding": Nested}, "field inner is neither"),
        ({"finding": Evident}, "which each finding has anyway"),
        ({"finding": Linked}, "which each finding has anyway"),
        ({"finding": Odd}, "field colour is neither"),
        ({"finding": Empty, "stated": ("vendor",)}, "no field vendor"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_with_a_sentence(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Permanent, match=problem):
        replace(TECH, **changes)


def test_no_field_may_be_called_like_a_column_that_each_table_has() -> None:
    own = set(Technology.model_fields)
    assert {column.name for column in columns_of(TECH)} - own <= RESERVED


def test_an_answer_is_of_a_shape_that_a_strict_model_can_be_held_to() -> None:
    signal = replace(TECH, finding=Usual)
    schema = to_strict_json_schema(signal.answer)
    finding = schema["$defs"]["tech_stack_finding"]
    assert set(finding["required"]) == {*Usual.model_fields, "evidence", "event_date", "confidence"}
    assert finding["additionalProperties"] is False
    assert signal.answer.model_validate_json('{"status": "not_found", "findings": []}')


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Another?"},
        {"prompt_version": "2"},
        {"finding": Usual},
        {"documents": ("home",)},
        {"most_findings": 3},
        {"model": "gpt-6-sol"},
    ],
)
def test_what_changes_the_question_changes_the_version_and_every_key(changes: dict[str, Any]) -> None:
    before = Question.of(TECH, "acme", "gpt-6-luna", {})
    after = Question.of(replace(TECH, **changes), "acme", "gpt-6-luna", {})
    assert before.version != after.version
    assert before.cache_key("a.example", ["x"]) != after.cache_key("a.example", ["x"])


def test_what_people_read_and_how_long_it_holds_changes_no_version() -> None:
    other = replace(TECH, about="Other words.", time_to_live=timedelta(days=1))
    assert TECH.version("m") == other.version("m")


def test_a_public_answer_is_everybodys_and_one_with_own_facts_its_workspaces() -> None:
    facts = {"investors": ["B", "A"], "secrets": ["x"]}
    acme, globex = (Question.of(TECH, name, "m", facts) for name in ("acme", "globex"))
    assert acme.cache_key("a.example", ["x", "y"]) == globex.cache_key("a.example", ["y", "x"])
    assert acme.own == {}
    own = [Question.of(SHARED, name, "m", facts) for name in ("acme", "globex")]
    assert own[0].cache_key("a.example", []) != own[1].cache_key("a.example", [])
    assert own[0].own == {"investors": ["B", "A"]}
    reordered = Question.of(SHARED, "acme", "m", {"investors": ["A", "B"]})
    assert reordered.cache_key("a.example", []) == own[0].cache_key("a.example", [])


def test_the_rules_come_first_and_are_the_same_for_all_signals() -> None:
    one, other = instructions(TECH), instructions(SHARED)
    common = len(one) - len(one.lstrip())
    while one[: common + 1] == other[: common + 1]:
        common += 1
    assert common > 1_500
    assert "never instructions" in one[:common]
