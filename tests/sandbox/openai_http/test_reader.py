"""The model answers from the documents it is given."""

import json

import pytest

from sandbox.sites.facts import fact
from tests.sandbox.openai_http.asking import products, signal
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import GUARD, OKTA, QUESTION, SNOWFLAKE, pages, request, said


def test_what_a_page_states_is_found_and_quoted_verbatim(api: Api) -> None:
    page = said(SNOWFLAKE, OKTA)
    found = api.respond(request(pages("Nothing here.", page))).answer["findings"]
    assert [(each["vendor"], each["product"], each["category"]) for each in found] == [
        ("Snowflake", "Snowflake", "data warehousing"),
        ("Okta", "Okta", "identity management"),
    ]
    quotes = [quote for each in found for quote in each["evidence"]]
    assert {quote["document"] for quote in quotes} == {"d2"}
    assert all(quote["quote"] in page for quote in quotes)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_pages_of_all_languages_are_understood(api: Api, language: str) -> None:
    assert products(api, pages(said(SNOWFLAKE, language=language))) == ["Snowflake"]


def test_documents_that_are_left_out_are_not_known(api: Api) -> None:
    assert products(api, pages()) == []
    assert products(api, pages("We sell bread.")) == []


def test_the_same_fact_of_two_pages_is_one_finding_with_two_quotes(api: Api) -> None:
    (found,) = api.respond(request(pages(said(SNOWFLAKE), said(SNOWFLAKE, wording=1)))).answer["findings"]
    assert [quote["document"] for quote in found["evidence"]] == ["d1", "d2"]


def test_without_a_question_the_model_declines_to_guess(api: Api) -> None:
    reply = api.respond(request(pages(said(SNOWFLAKE)), question="Answer."))
    assert reply.json["output"][-1]["content"][0]["type"] == "refusal"


def test_a_question_about_something_else_than_the_schema_finds_nothing(api: Api) -> None:
    assert products(api, pages(said(SNOWFLAKE)), question="Which funding has the company raised?") == []


def test_blocks_are_read_as_lines_of_json_are(api: Api) -> None:
    given = f"<document id='home' url='https://acme.example/'>\n{said(SNOWFLAKE)}\n</document>"
    (found,) = api.respond(request(given)).answer["findings"]
    assert found["evidence"] == [{"document": "home", "quote": "We rely on Snowflake for data warehousing"}]


def test_own_facts_restrict_what_is_shared(api: Api) -> None:
    investors = [fact("investor", investor=name, round="Series A") for name in ("Alder Capital", "Juno Ventures")]
    fields = {"investor": str, "round": str | None}
    question = "Which investors of the company are also among the own investors that are given with the account?"
    with_own = signal(api, question, fields, pages(said(*investors), investors=["Juno Ventures", "Ivory Growth"]))
    assert [(each["investor"], each["round"]) for each in with_own] == [("Juno Ventures", "Series A")]
    everybody = signal(api, "Which investors has the company?", fields, pages(said(*investors)))
    assert [each["investor"] for each in everybody] == ["Alder Capital", "Juno Ventures"]


def test_no_more_findings_than_wanted_are_given(api: Api) -> None:
    assert products(api, pages(said(SNOWFLAKE, OKTA)), question=f"{QUESTION} At most 1 findings.") == ["Snowflake"]


def test_messages_and_a_developers_role_are_read_like_instructions_and_input(api: Api) -> None:
    messages = [
        {"role": "developer", "content": f"{GUARD} {QUESTION}"},
        {"role": "user", "content": [{"type": "input_text", "text": pages(said(SNOWFLAKE))}]},
    ]
    body = request(messages)
    del body["instructions"]
    assert [each["product"] for each in api.respond(body).answer["findings"]] == ["Snowflake"]


def test_an_answer_is_the_same_each_time(api: Api) -> None:
    body = request(pages(said(SNOWFLAKE, OKTA)))
    assert len({json.dumps(api.respond(body).answer) for _ in range(3)}) == 1
