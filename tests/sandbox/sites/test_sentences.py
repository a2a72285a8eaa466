"""What is written as a sentence is read back, where it stands; traps are told apart."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sites import vocabulary as known
from sandbox.sites.facts import FIELDS, Fact, fact
from sandbox.sites.sentences import ALL, choices, read, write
from sandbox.sites.slots import CURLY
from tests.sandbox.sites.facts import COMPANIES, FACTS, LANGUAGES

FILLER = st.sampled_from(
    ["", "Read more. ", "© 2026. ", "Wir freuen uns auf Sie! ", "Since 1998, quality comes first: "]
)
WORDINGS = st.integers(0, 11)


@given(st.lists(st.tuples(FILLER, FACTS, LANGUAGES, WORDINGS), max_size=8), st.sampled_from([" ", "\n", "\n\n\t"]))
def test_every_fact_of_a_text_is_read_at_the_place_where_it_was_written(parts: list, between: str) -> None:
    text, places = "", []
    for filler, stated, language, wording in parts:
        text += filler
        sentence = write(stated, language, wording)
        places.append((stated, len(text), len(text) + len(sentence) - 1))
        text += sentence + between
    assert read(text) == places


@given(FACTS, LANGUAGES, WORDINGS)
def test_broken_lines_and_curly_apostrophes_change_nothing(stated: Fact, language: str, wording: int) -> None:
    broken = write(stated, language, wording).replace(" ", " \n").replace("'", CURLY)
    assert [found.fact for found in read(broken)] == [stated]


@given(FACTS, COMPANIES, LANGUAGES, WORDINGS)
def test_what_is_said_of_another_company_or_denied_is_never_about_us(
    stated: Fact, company: str, language: str, wording: int
) -> None:
    traps = [replace(stated, past=True), replace(stated, subject=company)]
    for trap in traps:
        found = read(write(trap, language, wording))
        assert [(each.fact.kind, each.fact.about_us) for each in found] == [(stated.kind, False)]
        assert found[0].fact.subject == trap.subject


def test_fields_that_a_sentence_does_not_state_are_null() -> None:
    (found,) = read("Ana Weber has joined us as VP of Sales.")
    assert found.fact.values == {
        "person": "Ana Weber",
        "title": "VP of Sales",
        "seniority": "vp",
        "start_date": None,
        "previous_company": None,
    }


def test_a_product_implies_its_vendor() -> None:
    (found,) = read("Für Identitätsmanagement setzen wir auf Auth0!")
    assert found.fact == fact("technology", product="Auth0", vendor="Okta", category="identity management")


@pytest.mark.parametrize("language", known.LANGUAGES)
@pytest.mark.parametrize("kind", sorted({wording.kind for wording in ALL}))
def test_every_kind_is_stated_in_every_language(kind: str, language: str) -> None:
    assert {wording.language for wording in choices(kind, language, "us")} == {language}


def test_a_field_that_a_kind_lacks_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no colour; it has partner"):
        fact("partner", colour="red")
    assert FIELDS["partner"] == ("partner",)
