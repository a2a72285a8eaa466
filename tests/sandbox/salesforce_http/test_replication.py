"""getUpdated and getDeleted: windows of whole minutes by the org's clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox.salesforce.ids import to18
from sandbox.salesforce.orgs import Orgs

HISTORY = ("2 kept", "3 kept", "20 kept", "2 deleted", "20 deleted", "40 kept", "40 deleted")  # days ago, and how


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of an org in which something happened within the last 30 days."""
    lines = ["Id,Name,IsDeleted,CreatedDate,LastModifiedDate,SystemModstamp"]
    for number, name in enumerate(HISTORY):
        days, how = name.split()
        when = (datetime.now(UTC) - timedelta(days=int(days))).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        lines.append(f"{id_of(number)},{name},{how == 'deleted'},{when},{when},{when}".replace("False", "false"))
    folder = tmp_path_factory.mktemp("export")
    (folder / "Account.csv").write_text("\n".join(lines).replace("True", "true") + "\n")
    return folder


def id_of(number: int) -> str:
    return to18(f"0015g000000{number:04d}")


def ids(*names: str) -> list[str]:
    return sorted(id_of(HISTORY.index(name)) for name in names)


@pytest.fixture
def org(sandbox: Any, log_in: Callable[..., Salesforce], export: Path) -> Salesforce:
    orgs = Orgs(sandbox.state)
    if "recent" not in orgs.names():
        orgs.load_export("recent", export)
    return log_in("recent")


@pytest.fixture
def now(org: Salesforce) -> datetime:
    """The org's clock."""
    reply = requests.get(org.base_url + "limits", headers=org.headers, timeout=60)
    return parsedate_to_datetime(reply.headers["Date"])


def test_updated_names_exactly_the_rows_whose_stamp_is_in_the_window(org: Salesforce, now: datetime) -> None:
    reply = org.Account.updated(now - timedelta(days=29), now - timedelta(days=1))
    assert sorted(reply["ids"]) == ids("2 kept", "3 kept", "20 kept")
    reply = org.Account.updated(now - timedelta(days=4), now - timedelta(days=1))
    assert sorted(reply["ids"]) == ids("2 kept", "3 kept")


def test_deleted_names_the_rows_that_went_in_the_window_and_when(org: Salesforce, now: datetime) -> None:
    reply = org.Account.deleted(now - timedelta(days=29), now - timedelta(days=1))
    assert sorted(record["id"] for record in reply["deletedRecords"]) == ids("2 deleted", "20 deleted")
    reply = org.Account.deleted(now - timedelta(days=4), now - timedelta(days=1))
    assert [record["id"] for record in reply["deletedRecords"]] == ids("2 deleted")
    when = datetime.fromisoformat(reply["deletedRecords"][0]["deletedDate"])
    assert abs(now - timedelta(days=2) - when) < timedelta(minutes=15)
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
        pytest.param(timedelta(hours=1), timedelta(hours=2), id="reversed"),
        pytest.param(timedelta(hours=1), timedelta(hours=1), id="empty"),
        pytest.param(timedelta(days=31), timedelta(days=1), id="begins too long ago"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    org: Salesforce, now: datetime, start: timedelta, end: timedelta
) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_REPLICATION_DATE"):
        org.Account.updated(now - start, now - end)


def test_a_window_that_is_no_date_is_refused(org: Salesforce) -> None:
    url = org.base_url + "sobjects/Account/deleted/?start=yesterday&end=today"
    reply = requests.get(url, headers=org.headers, timeout=60)
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")
