"""What an incremental window costs: at most a tenth more calls for data than the pages that there are, no rate broken.

On the terms that the vendors have, and through the connectors that all processes share.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path

import pytest
import requests

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.hubspot.object_types import ASSOCIATED
from nooks_dagster.crm.lifecycle.connecting import connect
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.samples import SAMPLES
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.secrets import FileSecrets
from sandbox.hubspot.model import Change
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs
from tests.crm.sandboxes import Sandbox, serving_sandbox

pytestmark = pytest.mark.acceptance

NAME = "initech"
EDITED = {"contacts": (1_400, "jobtitle"), "deals": (590, "description"), "calls": (880, "hs_call_title")}
"""How many records of a type are edited, and in which property."""
ROWS_OF_A_PAGE = 2_000  # of Salesforce's REST
READ_AT_ONCE, FOUND_AT_ONCE = 100, 200  # of HubSpot's batch/read and search
RELATED_AT_ONCE = 1_000  # of its associations, a call for each type that edges lead to


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An org of 6,000 contacts, and a portal of 1,500."""
    options = ("--org", f"{NAME}=1200", "--portal", f"{NAME}=300", "--accounts", "1")
    with serving_sandbox(tmp_path, *options) as sandbox:
        sandbox.point(monkeypatch)
        monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
        yield sandbox


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, served: Sandbox) -> Platform:
    chosen = Settings(postgres_url=database_url, home=tmp_path, sandbox=True)
    made = Platform(db, lake, chosen, shared_connectors(db))
    for sample in SAMPLES[NAME]:
        connect(db, FileSecrets(made.settings.secrets), sample, sandbox=True)
    return made


READ = {Ending.DONE, Ending.HELD_BACK}


def sync(platform: Platform, run: str) -> Mapping[str, set[Ending]]:
    """Sync, and return how the windows of each object ended."""
    endings: defaultdict[str, set[Ending]] = defaultdict(set)
    for report in WorkspaceSync(platform, SyncRun(NAME, run)).run():
        endings[report.task.source].add(report.ending)
    return endings


def control(served: Sandbox, path: str, method: str = "GET") -> requests.Response:
    return requests.request(method, f"http://127.0.0.1:{served.port}/control/{path}", timeout=60, proxies={"http": ""})


def test_a_window_costs_hardly_more_calls_than_its_rows_have_pages_and_breaks_no_rate(
    platform: Platform, served: Sandbox
) -> None:
    # On a busy machine an object that is done falls due again before the run ends, and finds nothing to read yet.
    first = sync(platform, "first")
    assert [name for name, endings in first.items() if Ending.DONE not in endings or not endings <= READ] == []
    assert first.keys() >= EDITED.keys()
    org, portal = Orgs(served.state).living(NAME), Portals(served.state).living(NAME)
    org.edit("Contact", org.live("Contact", 5_900), {"Department": "Many"})
    for name, (count, field) in EDITED.items():
        kind = portal.type(name)
        records = portal.page(kind, 0, count, (), archived=False).ids
        assert len(records) == count
        portal.write(kind, [Change({field: "Many"}, record) for record in records])
    for world in (org, portal):
        world.advance(1_200)
    assert control(served, "counters/reset", "POST").ok
    assert [name for name, endings in sync(platform, "second").items() if endings != {Ending.DONE}] == []
    seen = control(served, "counters").json()
    calls, types = seen["requests"][NAME], len(portal.types())
    pages = ceil(5_900 / ROWS_OF_A_PAGE)
    counted = len(org.tables)  # One COUNT() of each object says whether Bulk is worth while.
    assert calls["query_all"] + calls["query_more"] - counted <= 1.1 * pages, calls
    least = {
        "search": sum(ceil(count / FOUND_AT_ONCE) for count, _ in EDITED.values()) + types - len(EDITED),
        "batch_read": sum(ceil(count / READ_AT_ONCE) for count, _ in EDITED.values()),
        "associations": sum(
            ceil(count / RELATED_AT_ONCE) * len(ASSOCIATED[name]) for name, (count, _) in EDITED.items()
        ),
        "list_archived": types,
    }
    assert sum(calls[kind] for kind in least) <= 1.1 * sum(least.values()), calls
    assert calls["associations"] <= 1.1 * least["associations"], calls
    assert calls["list_archived"] <= 1.1 * least["list_archived"], calls
    assert seen["violations"] == {}
