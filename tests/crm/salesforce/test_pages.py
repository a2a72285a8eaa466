"""A result page is read as it comes, from whatever server keeps to the contract."""

import gzip
import io
import random

import pytest
import requests
import urllib3

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.salesforce.pages import Page
from nooks_dagster.failures import Corrupt, Transient

NOTE = SourceObject(
    "Note__c",
    "custom_objects",
    (
        SourceField("Id", FieldType.TEXT),
        SourceField("SystemModstamp", FieldType.TIMESTAMP),
        SourceField("Body__c", FieldType.TEXT),
        SourceField("Score__c", FieldType.INTEGER),
    ),
    key="Id",
    stamp="SystemModstamp",
)
HEADER = '"Id","SystemModstamp","Body__c","Score__c"\n'
MOMENT = "2022-01-02T17:38:59.000Z"


def row(number: int, body: str = "text", score: str = "5") -> str:
    return f'"{number:015d}","{MOMENT}","{body}","{score}"\n'


def page(body: bytes, encoding: str = "") -> Page:
    response = requests.Response()
    response.status_code = 200
    response.headers["Content-Encoding"] = encoding
    response.raw = urllib3.HTTPResponse(
        io.BytesIO(body), headers={"Content-Encoding": encoding} if encoding else {}, preload_content=False
    )
    return Page(NOTE, response)


def values(found: Page, field: str) -> list[object]:
    return [value for batch in found.batches() for value in batch.column(field).to_pylist()]


def test_a_row_may_be_longer_than_what_is_taken_from_the_connection_at_a_time() -> None:
    random.seed(1)
    long = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900_000))
    text = HEADER + "".join(row(n, long) for n in range(4))
    found = values(page(gzip.compress(text.encode()), "gzip"), "Body__c")
    assert found == [long] * 4


def test_gzip_of_several_members_is_read_to_its_end() -> None:
    body = gzip.compress((HEADER + row(1)).encode()) + gzip.compress(row(2).encode())
    assert len(values(page(body, "gzip"), "Id")) == 2


def test_gzip_that_ends_early_is_tried_again() -> None:
    body = gzip.compress((HEADER + "".join(row(n) for n in range(5_000))).encode())
    with pytest.raises(Transient, match="broke off"):
        values(page(body[: len(body) // 2], "gzip"), "Id")


@pytest.mark.parametrize(("told", "read"), [("5", 5), ("5.0", 5), ("", None), (str(2**63 - 1), 2**63 - 1)])
def test_a_whole_number_may_come_with_a_point(told: str, read: int | None) -> None:
    assert values(page((HEADER + row(1, score=told)).encode()), "Score__c") == [read]


def test_a_value_that_is_not_of_its_type_is_named_by_its_field_alone() -> None:
    with pytest.raises(Corrupt, match=r"Field Score__c holds a value") as caught:
        values(page((HEADER + row(1, score="5.5")).encode()), "Score__c")
    assert "5.5" not in str(caught.value)


def test_a_page_without_a_header_has_the_columns_that_were_asked_for() -> None:
    assert values(page(row(1).encode()), "Body__c") == ["text"]


def test_a_page_without_rows_is_empty() -> None:
    assert values(page(HEADER.encode()), "Id") == []
