"""Faults of the connection and of the bytes: cuts, delays, pages with other rows than they should have."""

import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.exceptions import ChunkedEncodingError
from starlette.datastructures import MutableHeaders

from sandbox.faults.kinds import Fault, LastPage, PageAgain, RowsAgain, ShortPage
from sandbox.faults.pages import LastPages, change_rows
from sandbox.faults.reply import Reply
from sandbox.salesforce.http.faulty.pages import read_page

Get = Callable[..., requests.Response]
AddFault = Callable[..., int]
QUERY = {"q": "SELECT Id, Name FROM Contact"}
CSV = b'"Id","Name"\n"1","a\nb"\n"2","say ""x"""\n"3",\n'


def later(get: Get, page: dict[str, Any]) -> dict[str, Any]:
    """Fetch the page after a page."""
    found: dict[str, Any] = get("query/" + page["nextRecordsUrl"].rpartition("/query/")[2]).json()
    return found


def csv_page(body: bytes = CSV, records: int = 3) -> Reply:
    headers = MutableHeaders({"Content-Type": "text/csv; charset=UTF-8", "Sforce-NumberOfRecords": str(records)})
    return Reply(200, headers, body)


def spoil(reply: Reply, *faults: Fault, last: LastPages | None = None) -> None:
    """Change a page of the job 750."""
    page = read_page(reply, "750")
    assert page
    change_rows(reply, page, faults, last or LastPages(), "750")


def test_a_connection_is_cut_before_the_reply_and_the_next_one_is_well(get: Get, fault: AddFault) -> None:
    fault("cut", times=1)
    with pytest.raises(requests.ConnectionError):
        get("limits")
    assert get("limits").status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_connection_is_cut_in_the_middle_of_a_body(get: Get, fault: AddFault, coding: str) -> None:
    fault("cut", share=0.5, calls="query", times=1)
    reply = get("query", params=QUERY, headers={"Accept-Encoding": coding}, stream=True)
    assert reply.status_code == 200
    half = 0
    with pytest.raises((ChunkedEncodingError, requests.ConnectionError), match="IncompleteRead"):
        for part in reply.iter_content(1024):
            half += len(part)
    assert half > 0
    assert len(get("query", params=QUERY).json()["records"]) == 2000


def test_a_gzip_stream_ends_early_in_a_reply_that_is_whole(get: Get, fault: AddFault) -> None:
    fault("cut_gzip", share=0.5)
    reply = get("query", params=QUERY, headers={"Accept-Encoding": "gzip"}, stream=True)
    sent = reply.raw.read(decode_content=False)
    assert len(sent) == int(reply.headers["Content-Length"])
    stream = zlib.decompressobj(wbits=31)
    assert stream.decompress(sent).startswith(b'{"totalSize"')
    assert not stream.eof


def test_the_first_byte_is_late(get: Get, fault: AddFault) -> None:
    fault("slow", first_byte_seconds=0.4)
    began = time.monotonic()
    get("limits")
    assert time.monotonic() - began >= 0.4


def test_a_body_trickles_but_not_for_ever(get: Get, fault: AddFault) -> None:
    fault("slow", bytes_per_second=2_000, most_seconds=0.5, calls="query")
    began = time.monotonic()
    assert len(get("query", params=QUERY).json()["records"]) == 2_000
    assert time.monotonic() - began >= 0.5


def test_a_page_is_sent_again_in_place_of_the_next_and_paging_goes_on(get: Get, fault: AddFault, sandbox: Any) -> None:
    fault("page_again", times=1)
    sandbox.control("/control/counters/reset", "POST")
    first = get("query", params=QUERY).json()
    second = later(get, first)
    third = later(get, second)
    assert second["records"] == first["records"]
    assert second["nextRecordsUrl"] != first["nextRecordsUrl"]
    assert third["records"] != second["records"]
    assert sandbox.control("/control/counters").json()["faults"] == {"page_again": 1}


def test_a_page_before_which_none_was_seen_is_not_struck(
    get: Get, fault: AddFault, struck: Callable[[int], int]
) -> None:
    first = get("query", params=QUERY).json()
    number = fault("page_again", times=1)
    second = later(get, first)
    assert second["records"] != first["records"]
    assert struck(number) == 0
    assert later(get, second)["records"] == second["records"]


def test_the_last_rows_of_a_page_come_twice(get: Get, fault: AddFault) -> None:
    fault("rows_again", rows=3)
    page = get("query", params=QUERY).json()
    assert len(page["records"]) == 2003
    assert page["records"][-3:] == page["records"][-6:-3]


def test_a_page_ends_early_and_says_nothing_of_it(get: Get, fault: AddFault) -> None:
    whole = get("query", params=QUERY).json()
    fault("short_page", share=0.25)
    short = get("query", params=QUERY).json()
    assert short["records"] == whole["records"][:500]
    assert (short["totalSize"], short["done"]) == (whole["totalSize"], whole["done"])


def test_a_page_says_that_it_is_the_last_of_a_result_that_goes_on(get: Get, fault: AddFault) -> None:
    fault("last_page")
    page = get("query", params=QUERY).json()
    assert (page["done"], "nextRecordsUrl" in page) == (True, False)
    assert page["totalSize"] > len(page["records"])


def test_a_short_page_of_csv_ends_between_two_rows_and_counts_those_that_are_missing() -> None:
    page = csv_page()
    spoil(page, ShortPage(kind="short_page", share=0.7))
    assert page.body == b'"Id","Name"\n"1","a\nb"\n"2","say ""x"""\n'
    assert page.headers["Sforce-NumberOfRecords"] == "3"


def test_rows_of_csv_are_sent_again_and_counted() -> None:
    page = csv_page()
    spoil(page, RowsAgain(kind="rows_again", rows=2))
    assert page.body == CSV + b'"2","say ""x"""\n"3",\n'
    assert page.headers["Sforce-NumberOfRecords"] == "5"


def test_a_page_of_csv_is_sent_again_under_the_locator_of_the_next() -> None:
    last = LastPages()
    spoil(csv_page(), last=last)
    page = csv_page(b'"Id","Name"\n"4","d"\n', records=1)
    page.headers["Sforce-Locator"] = "null"
    spoil(page, PageAgain(kind="page_again"), last=last)
    assert page.body == CSV
    assert (page.headers["Sforce-NumberOfRecords"], page.headers["Sforce-Locator"]) == ("3", "null")


def test_a_page_of_csv_says_that_it_is_the_last() -> None:
    page = csv_page()
    page.headers["Sforce-Locator"] = "MTAwMA"
    spoil(page, LastPage(kind="last_page"))
    assert (page.body, page.headers["Sforce-Locator"]) == (CSV, "null")
