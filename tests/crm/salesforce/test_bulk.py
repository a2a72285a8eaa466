"""Large windows come by Bulk API 2.0, page by page: what arrives is the truth, and what was found out is not lost."""

from datetime import timedelta

import pytest

from nooks_dagster.crm.model import SourceObject, Window
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.plans import Sizes
from nooks_dagster.failures import StalePlan
from tests.crm.salesforce.reading import chunks_of, drain, expected, open_org, planned
from tests.crm.salesforce.world import World

pytestmark = pytest.mark.usefixtures("world")

SMALL = Sizes(chunk=100, bulk_from=100, job=300)


def opened(name: str) -> tuple[SalesforceConnector, SourceObject, Window]:
    connector = open_org(sizes=SMALL)
    return connector, connector.describe(name), Window(None, connector.safe_bound(name))


@pytest.mark.parametrize("name", ["Account", "Contact", "Lead", "Opportunity", "Task"])
def test_a_large_history_is_the_truth_field_for_field(world: World, name: str) -> None:
    connector, source, window = opened(name)
    chunks = planned(connector, source, window)
    rows = drain(connector, source, chunks)
    assert all("page" in chunk.spec for chunk in chunks)
    assert sorted(rows, key=lambda row: row["Id"]) == expected(source, world.truth(name))


def test_the_pages_of_a_job_promise_its_rows_together(world: World) -> None:
    connector, source, window = opened("Contact")
    promises = {chunk.promise for chunk in planned(connector, source, window)}
    assert len(promises) == 3  # 750 rows in jobs of 300
    assert sum(promise.rows for promise in promises if promise) == len(world.truth("Contact"))


def test_a_small_window_comes_by_rest() -> None:
    connector, source, window = opened("User")
    assert all("page" not in chunk.spec for chunk in planned(connector, source, window))


def test_a_plan_goes_on_behind_any_page() -> None:
    connector, source, window = opened("Contact")
    steps = list(connector.plan(source, window).steps)
    at, listed = next((at, step) for at, step in enumerate(steps) if step.chunks)
    behind = chunks_of(steps[at + 1 :])
    rest = planned(open_org(sizes=SMALL), source, window, listed.resume)
    assert [chunk.key for chunk in rest] == [chunk.key for chunk in behind]


def test_a_job_is_remembered_before_it_is_complete() -> None:
    connector, source, window = opened("Contact")
    first, second = (next(connector.plan(source, window, None).steps) for _ in range(2))
    assert first.chunks == ()
    assert first.resume["job"] != second.resume["job"]
    (chunk, *_) = planned(open_org(sizes=SMALL), source, window, first.resume)
    assert first.resume["job"] in chunk.spec["page"]


def test_a_large_window_of_time_is_what_changed_in_it(world: World) -> None:
    connector, source, window = opened("Contact")
    truth = expected(source, world.truth("Contact"))
    stamps = sorted(row["SystemModstamp"] for row in truth)
    window = Window(stamps[100], stamps[-1] + timedelta(seconds=1))
    chunks = planned(connector, source, window)
    assert all("page" in chunk.spec for chunk in chunks)
    arrived = {row["Id"] for row in drain(connector, source, chunks)}
    assert arrived == {row["Id"] for row in truth if row["SystemModstamp"] >= window.since}


def test_a_page_whose_job_is_gone_makes_the_plan_stale() -> None:
    connector, source, window = opened("Contact")
    chunk = planned(connector, source, window)[0]
    job = chunk.spec["page"].split("/")[-2]
    login = connector._session._logins.latest
    assert login is not None
    connector._session._line.delete(
        f"https://{connector.host}/services/data/v62.0/jobs/query/{job}",
        headers={"Authorization": f"Bearer {login.token}"},
    )
    with pytest.raises(StalePlan, match="Bulk job or its result is gone"):
        connector.extract(source, chunk)
