"""The ledger of sales: what was sold twice, and what outlives the process."""

import json
from pathlib import Path
from typing import Any

from sandbox.openai.sales import journal_of
from sandbox.openai.terms import Terms
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import OKTA, QUESTION, SNOWFLAKE, request, said


def page(name: str, text: str, **more: str) -> str:
    return json.dumps({"document": name, "text": text, **more})


def test_the_same_question_about_the_same_documents_is_sold_again_whatever_their_dress(api: Api) -> None:
    one, two = said(SNOWFLAKE), said(OKTA)
    api.respond(request("\n".join([page("d1", one, fetched_at="2026-01-01"), page("d2", two)])))
    api.respond(request("\n".join([page("a", two), page("b", f"{one} ", fetched_at="2026-02-02")])))
    told = api.told()
    assert (told["sold"], told["questions"], told["sold_again"]) == (2, 1, 1)
    assert told["sold_again_because"] == {"after_answered": 1}


def test_other_documents_or_another_question_are_another_sale(api: Api) -> None:
    given = page("d1", said(SNOWFLAKE))
    for body in (
        request(given),
        request(page("d1", said(OKTA))),
        request(given, question=f"{QUESTION} Say which."),
        request(f'{{"account": {{"site": "globex.example"}}}}\n{given}'),
    ):
        api.respond(body)
    assert (api.told()["questions"], api.told()["sold_again"]) == (4, 0)


def test_why_a_question_was_sold_again_is_told(serve: Any) -> None:
    api = serve(unanswered=1, hang_seconds=0.001, time_scale=1.0)
    for _ in range(3):
        api.respond(request(page("d1", said(SNOWFLAKE))))
    assert api.told()["sold_again_because"] == {"after_unanswered": 2}


def test_sums_survive_as_a_journal_which_a_reset_ends(tmp_path: Path) -> None:
    journal = journal_of(tmp_path / "pages.jsonl")
    assert journal == tmp_path / "pages.sales.jsonl"
    api = Api(Terms(time_scale=0), journal)
    for _ in range(2):
        api.respond(request(page("d1", said(SNOWFLAKE))))
    before = api.told()
    after = Api(Terms(time_scale=0), journal)
    assert {**after.told(), "peak_in_flight": 1} == before
    after.respond(request(page("d1", said(SNOWFLAKE))))
    assert after.told()["sold_again"] == 2
    after.sales.reset()
    assert Api(Terms(), journal).told()["sold"] == 0
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line.get("outcome", "reset") for line in lines] == ["answered", "answered", "answered", "reset"]


def test_projects_are_told_apart(api: Api) -> None:
    for project in ("acme", "globex", "globex"):
        api.respond(request(page("d1", said(SNOWFLAKE))), key=f"sk-sandbox-{project}")
    told = api.told()["usd_by_project"]
    assert told["globex"] > told["acme"] > 0
    assert api.counters.snapshot()["requests"] == {"acme": {"responses": 1}, "globex": {"responses": 2}}
