"""What makes a new document of a page, and what does not."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.research.reading.fingerprint import Remembered, judged
from nooks_dagster.research.reading.volatile import days_around, says_something, steady

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
PAGE = ["Acme makes widgets", "Sales Engineer, Berlin", "Counsel, Paris"]


def document(lines: list[str], day: date = MONDAY, before: Remembered | None = None) -> tuple[str | None, Remembered]:
    found = judged("acme.com", "\n".join(lines), day, before or Remembered())
    return found.sha256, found.remember


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("Updated 5 minutes ago", "Updated 3 hours ago"),
        ("vor 2 Tagen aktualisiert", "vor einer Stunde aktualisiert"),
        ("Publié il y a 3 jours", "Publié il y a 2 semaines"),
        ("Actualizado hace 3 días", "Actualizado hace un mes"),
        ("It is 14:03 in Berlin", "It is 09:17:22 in Berlin"),
        ("2:03 pm", "11:45 am"),
        ("1,234 views", "1,240 views"),
        ("Besucher heute: 12", "Besucher heute: 977"),
        ("12 people viewing this page", "3 people viewing this page"),
        ("© 2011-2025 Acme", "© 2011-2026 Acme"),
        ("Copyright 2025 Acme", "Copyright 2026 Acme"),
        ("Request 7f3a9c1e5b2d4f60", "Request 0a1b2c3d4e5f6071"),
        ("ref 123e4567-e89b-12d3-a456-426614174000", "ref 9b2e4567-e89b-12d3-a456-42661417400f"),
        ("Today is Monday, November 2, 2026", "Today is Monday, November 3, 2026"),
        ("Stand: 02.11.2026", "Stand: 3.11.2026"),
        ("As of 2026-11-02T14:00:00Z", "As of 2026-11-03T09:30:11Z"),
    ],
)
def test_what_is_volatile_makes_no_new_document(was: str, is_now: str) -> None:
    first, remembered = document([*PAGE, was])
    assert first is not None
    assert document([*PAGE, is_now], TUESDAY, remembered)[0] is None
    assert document([*PAGE, is_now], TUESDAY)[0] == first, "nor on another site"


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("We have 12 open roles", "We have 13 open roles"),
        ("Raised on 3 March 2026", "Raised on 4 March 2026"),
        ("Raised $12m", "Raised $20m"),
        ("CEO: Jane Doe", "CEO: John Roe"),
        ("Founded in 2011", "Founded in 2012"),
        ("Kubernetes", "Nomad"),
        ("ISO27001-certified", "SOC2-certified"),
    ],
)
def test_what_is_a_fact_makes_a_new_document(was: str, is_now: str) -> None:
    first, remembered = document([*PAGE, was])
    second, _ = document([*PAGE, is_now], TUESDAY, remembered)
    assert second not in (None, first)


def test_a_line_more_and_a_line_less_are_new_documents() -> None:
    _, remembered = document(PAGE)
    assert document([*PAGE, "Data Engineer, Rome"], TUESDAY, remembered)[0] is not None
    assert document(PAGE[:-1], TUESDAY, remembered)[0] is not None


def test_the_order_of_lines_makes_no_new_document() -> None:
    first, remembered = document(PAGE)
    assert document(PAGE[::-1], TUESDAY, remembered)[0] is None
    assert document(PAGE[::-1])[0] == first


def test_a_part_that_rotates_makes_no_new_document_once_it_has_come_round() -> None:
    quotes = ["'Great', says Globex", "'Superb', says Initech", "'Fine', says Umbrella"]
    documents, remembered = [], Remembered()
    for turn in range(12):
        sha256, remembered = document([*PAGE, quotes[turn % 3]], TUESDAY, remembered)
        documents.append(sha256)
    assert len(set(documents[:9]) - {None}) <= 4, "what comes round again is the same document"
    assert not any(documents[9:])
    assert document([*PAGE, quotes[0], "Data Engineer, Rome"], TUESDAY, remembered)[0] is not None


def looked(*pages: list[str]) -> list[str | None]:
    """Return the documents that looks at a page make, one after the other."""
    found, remembered = [], Remembered()
    for lines in pages:
        sha256, remembered = document(lines, TUESDAY, remembered)
        found.append(sha256)
    return found


def test_a_job_that_is_posted_again_is_a_document_and_so_is_its_end() -> None:
    job = [*PAGE, "Head of Sales, Berlin"]
    first, without, again, ended = looked(job, PAGE, job, PAGE)
    assert (again, ended) == (first, without)
    assert None not in (first, without)


def test_a_page_that_was_another_for_a_day_rotates_nothing() -> None:
    page, closed = [*PAGE, "Head of Sales, Berlin"], ["We will be back soon"]
    found = looked(page, closed, page, closed, page, closed, page, PAGE)
    assert found[-2] == found[0]
    assert found[-1] not in (None, found[0])


def test_a_text_that_is_volatile_throughout_is_a_document_too() -> None:
    assert document(["14:03"])[0] is not None


@given(st.lists(st.text(min_size=1), min_size=1), st.dates())
def test_the_same_text_is_the_same_document(lines: list[str], day: date) -> None:
    first, remembered = document(lines, day)
    assert first is not None
    assert document(lines, day, remembered)[0] is None
    assert Remembered.of(remembered.to_bytes()) == remembered


@given(st.text(), st.dates(date(1, 1, 3), date(9999, 12, 29)))
def test_no_line_breaks_the_rules(line: str, day: date) -> None:
    assert isinstance(says_something(steady(line, days_around(day))), bool)


@pytest.mark.parametrize("unit", ["a-", "1 ", "1.", "0-", "1h1", "views 1 ", "vor 1 ", "may 1 ", "abcdef12-"])
def test_no_line_takes_minutes(unit: str) -> None:
    begun = time.process_time()
    steady((unit * 60_000)[:60_000], days_around(MONDAY))
    assert time.process_time() - begun < 20
