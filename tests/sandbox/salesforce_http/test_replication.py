"""getUpdated and getDeleted: windows of whole minutes by the org's clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

Get = Callable[..., requests.Response]


@pytest.fixture
def now(get: Get) -> datetime:
    """The org's clock."""
    return parsedate_to_datetime(get("limits").headers["Date"])


def stamp(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["SystemModstamp"])


def test_updated_names_exactly_the_rows_whose_stamp_is_in_the_window(
    sandbox: Any, org: Salesforce, now: datetime
) -> None:
    start, end = (now - timedelta(days=29)).replace(second=0), (now - timedelta(days=1)).replace(second=0)
    reply = org.Account.updated(start, end)
    expected = [
        row["Id"] for row in sandbox.truth("Account") if not row["IsDeleted"] and start <= stamp(row) < end
    ]
    assert expected
    assert sorted(reply["ids"]) == sorted(expected)
    assert datetime.fromisoformat(reply["latestDateCovered"]) == end


def test_deleted_names_the_rows_that_went_in_the_window(org: Salesforce, now: datetime) -> None:
    reply = org.Contact.deleted(now - timedelta(days=29), now)
    assert reply["deletedRecords"]
    for record in reply["deletedRecords"]:
        assert now - timedelta(days=30) < datetime.fromisoformat(record["deletedDate"]) <= now
    assert datetime.fromisoformat(reply["earliestDateAvailable"]) < now - timedelta(days=29)


def test_what_is_covered_never_passes_the_orgs_own_clock(org: Salesforce, now: datetime) -> None:
    reply = org.Account.updated(now - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1))
    covered = datetime.fromisoformat(reply["latestDateCovered"])
    assert now <= covered < now + timedelta(minutes=1)


def test_seconds_of_a_window_are_cut_off(org: Salesforce, now: datetime) -> None:
    end = (now - timedelta(hours=1)).replace(second=59)
    reply = org.Account.updated(end - timedelta(hours=1), end)
    assert datetime.fromisoformat(reply["latestDateCovered"]) == end.replace(second=0)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (timedelta(hours=1), timedelta(hours=2)),  # reversed
        (timedelta(days=31), timedelta(days=1)),  # begins too long ago
        (timedelta(hours=1), timedelta(hours=1)),  # empty
    ],
)
def test_a_window_that_is_reversed_empty_or_too_old_is_refused(
    org: Salesforce, now: datetime, start: timedelta, end: timedelta
) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_REPLICATION_DATE"):
        org.Account.updated(now - start, now - end)


def test_a_window_that_is_no_date_is_refused(get: Get) -> None:
    reply = get("sobjects/Account/deleted/?start=yesterday&end=today")
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")
