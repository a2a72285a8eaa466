"""The bytes of a page: quotes, nulls, line breaks, delimiters, compression, and a kill between two of them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from simple_salesforce import Salesforce

from nooks_dagster.local import deadline
from tests.sandbox.salesforce_http.bulk_client import Bulk, rows


@pytest.fixture
def bulk(org: Salesforce) -> Bulk:
    return Bulk(org)


def test_each_value_is_quoted_and_null_is_nothing(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, Website, AnnualRevenue, CreatedDate FROM Account LIMIT 400")
    truth = {row["Id"]: row for row in sandbox.truth("Account")}
    lines = bulk.page(job).text.splitlines()
    assert lines[0] == '"Id","Website","AnnualRevenue","CreatedDate"'
    nulls = 0
    for line in lines[1:]:
        row = truth[line[1:19]]
        values = [row["Id"], row["Website"], row["AnnualRevenue"], row["CreatedDate"].replace("+0000", "Z")]
        assert line == ",".join("" if value is None else f'"{value}"' for value in values)
        nulls += values.count(None)
    assert nulls > 0


def test_a_single_column_never_makes_an_empty_line(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Website FROM Account LIMIT 900")
    page = bulk.page(job)
    assert '""' in page.text.splitlines()
    assert len(rows(page)) == 900


def test_line_breaks_and_quotes_inside_a_value_survive(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, Description, Name FROM Account", "queryAll")
    truth = {row["Id"]: row for row in sandbox.truth("Account")}
    seen = {row["Id"]: row for page in bulk.pages(job) for row in rows(page)}
    assert {key: (row["Description"] or "", row["Name"]) for key, row in truth.items()} == {
        key: (row["Description"], row["Name"]) for key, row in seen.items()
    }
    texts = "".join(row["Description"] + row["Name"] for row in seen.values())
    assert "\n" in texts
    assert '"' in texts


@pytest.mark.parametrize(
    ("word", "character"),
    [("COMMA", ","), ("TAB", "\t"), ("SEMICOLON", ";"), ("PIPE", "|"), ("CARET", "^"), ("BACKQUOTE", "`")],
)
def test_columns_are_parted_as_asked(bulk: Bulk, word: str, character: str) -> None:
    plain = rows(bulk.page(bulk.finished("SELECT Id, Name FROM User")))
    page = bulk.page(bulk.finished("SELECT Id, Name FROM User", columnDelimiter=word))
    assert page.text.startswith(f'"Id"{character}"Name"\n')
    assert rows(page, delimiter=character) == plain


def test_lines_end_as_asked_and_values_stay_as_they_are(bulk: Bulk) -> None:
    soql = "SELECT Id, Description FROM Account LIMIT 500"
    lf, crlf = (bulk.page(bulk.finished(soql, lineEnding=word)) for word in ("LF", "CRLF"))
    assert crlf.content.startswith(b'"Id","Description"\r\n"')
    assert rows(crlf) == rows(lf)


def test_a_page_is_compressed_when_that_is_accepted(bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, Name FROM Account")
    packed = bulk.call(f"/{job}/results", headers={"Accept-Encoding": "gzip"})
    plain = bulk.call(f"/{job}/results", headers={"Accept-Encoding": "identity"})
    assert (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert packed.content == plain.content


def test_names_of_columns_may_stand_on_the_first_page_only(
    start_sandbox: Any, log_in: Callable[..., Salesforce]
) -> None:
    start_sandbox("--bulk", "header_everywhere=0", "--bulk", "seconds=0", "--bulk", "page_rows=400")
    bulk = Bulk(log_in())
    pages = bulk.pages(bulk.finished("SELECT Id FROM Account"))
    assert [page.text.startswith('"Id"\n') for page in pages] == [True, False, False]
    found = list(csv.reader(io.StringIO("".join(page.text for page in pages))))
    assert len(found) == 1 + sum(int(page.headers["Sforce-NumberOfRecords"]) for page in pages)


def test_a_kill_between_two_pages_changes_no_byte(start_sandbox: Any, log_in: Callable[..., Salesforce]) -> None:
    sandbox = start_sandbox("--bulk", "page_rows=300")
    bulk = Bulk(log_in())
    job = bulk.finished("SELECT Id, Name, Description FROM Contact")
    before = [page.content for page in bulk.pages(job)]
    first = bulk.page(job)

    sandbox.kill()
    sandbox.start()

    second = bulk.page(job, locator=first.headers["Sforce-Locator"])
    assert [first.content, second.content] == before[:2]
    assert [page.content for page in bulk.pages(job)] == before
    assert bulk.call(f"/{job}").json()["state"] == "JobComplete"


def test_simple_salesforce_goes_on_behind_a_kill(start_sandbox: Any, log_in: Callable[..., Salesforce]) -> None:
    sandbox = start_sandbox(accounts=200)
    pages = log_in().bulk2.Contact.query_all("SELECT Id FROM Contact", max_records=300, wait=0.2)
    first = next(pages)

    sandbox.kill()
    sandbox.start()

    found = [line.strip('"') for page in [first, *pages] for line in page.splitlines()[1:]]
    assert found == [row["Id"] for row in sandbox.truth("Contact")]


def test_a_page_that_was_cut_short_does_not_count_as_delivered(
    start_sandbox: Any, log_in: Callable[..., Salesforce]
) -> None:
    sandbox = start_sandbox("--bulk", "seconds=0", accounts=20_000)
    bulk = Bulk(log_in())
    job = bulk.finished("SELECT Id, Subject, Description FROM Task")
    with bulk.call(f"/{job}/results", stream=True, headers={"Accept-Encoding": "identity"}) as reply:
        assert len(reply.raw.read(1000)) == 1000
    looks = (sandbox.control("/control/counters").json() for _ in deadline.polls(60))
    counters = next(counters for counters in looks if not counters["in_flight"])
    assert (counters["requests"]["acme"]["bulk_results"], counters["pages"]) == (1, 0)
