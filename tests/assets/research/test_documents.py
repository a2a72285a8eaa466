"""`research/documents` as Dagster shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.account_signals.records import account_signals
from assets.partitions import workspaces
from assets.research.checks import health, research_checks
from assets.research.documents import KEY
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.launches import latest_launches
from nooks_dagster.research.runs import Platform
from nooks_dagster.settings import Settings
from resources.postgres import PostgresResource
from tests.research.scripted import Scripted
from tests.research.things import connect, put_accounts

UNREAD = """
    WITH accounts AS (
        INSERT INTO research.accounts (workspace, connection_id, account_id, site)
        SELECT %s, %s, 'x' || n, 'x' || n || '.com' FROM generate_series(1, 25) AS n RETURNING site
    )
    INSERT INTO research.sites (site, looked_at, outcome) SELECT site, now(), 'unreachable' FROM accounts
"""


@dataclass
class TheResearch:
    """Stands in for `ResearchResource`: the real database and lake, the scripted researcher."""

    stands_on: Platform

    def platform(self) -> Platform:
        return self.stands_on


@pytest.fixture
def here(db: Database, database_url: str, lake: Lake, tmp_path: Path) -> Platform:
    put_accounts(db, connect(db, "acme"), {"1": "one.com", "2": "two.com", "3": None})
    settings = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=2, research_workers=2)
    return Platform(db, lake, settings, Scripted(breaks=frozenset(["two.com"])))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions(workspaces.name or "", ["acme"])
        yield made


def click(
    here: Platform,
    instance: dg.DagsterInstance,
    tags: Mapping[str, str] | None = None,
    workspace: str = "acme",
    **config: Any,
) -> dg.ExecuteInProcessResult:
    nothing = dg.ResourceDefinition.none_resource()
    return dg.materialize(
        [account_signals],
        partition_key=workspace,
        selection=[KEY],
        resources={"research": TheResearch(here), "signals": nothing, "warehouse_io_manager": dg.mem_io_manager},
        run_config={"ops": {"account_signals": {"config": config}}},
        tags=tags,
        instance=instance,
        raise_on_error=False,
    )


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()}


def test_a_click_reads_what_is_due_and_shows_what_came_of_it(here: Platform, instance: dg.DagsterInstance) -> None:
    found = shown(click(here, instance))
    assert {name: found[name] for name in ("sites", "sites_unread", "documents", "documents_new", "bytes")} == {
        "sites": 2,
        "sites_unread": 1,
        "documents": 1,
        "documents_new": 1,
        "bytes": 10,
    }
    assert "| home | 1 |" in found["pages"]
    assert "| two.com | not_a_page | 0 |" in found["worst_sites"]
    assert shown(click(here, instance))["sites_looked_at"] == 0


def test_chosen_accounts_are_looked_at_again(here: Platform, instance: dg.DagsterInstance) -> None:
    click(here, instance)
    assert shown(click(here, instance, accounts=["1"]))["sites_looked_at"] == 1
    assert shown(click(here, instance, again=True))["sites_looked_at"] == 2


def test_a_click_ends_its_launch(here: Platform, instance: dg.DagsterInstance) -> None:
    click(here, instance)
    with here.db.transaction() as conn:
        assert latest_launches(conn, ["signals/acme"])["signals/acme"].outcome == "done"


def test_a_run_that_broke_says_so_without_what_a_page_holds(here: Platform, instance: dg.DagsterInstance) -> None:
    broken = Platform(Database("postgresql://nobody@127.0.0.1:1/x", size=1), here.lake, here.settings, here.researcher)
    result = click(broken, instance)
    (failed,) = result.get_step_failure_events()
    told = failed.step_failure_data.user_failure_data
    assert told is not None
    assert "Postgres does not answer" in (told.description or "")


def judged(here: Platform, instance: dg.DagsterInstance) -> Sequence[dg.AssetCheckEvaluation]:
    job = dg.define_asset_job("judge", selection=dg.AssetSelection.checks(research_checks))
    defs = dg.Definitions(
        assets=[account_signals, health],
        asset_checks=[research_checks],
        jobs=[job],
        resources={
            "postgres": PostgresResource(url=here.settings.postgres_url),
            "research": dg.ResourceDefinition.none_resource(),
            "signals": dg.ResourceDefinition.none_resource(),
            "warehouse_io_manager": dg.mem_io_manager,
        },
    )
    return defs.resolve_job_def("judge").execute_in_process(instance=instance).get_asset_check_evaluations()


@pytest.mark.parametrize(("unread", "passed"), [(5, True), (10, False)])
def test_the_check_is_red_when_many_sites_of_a_workspace_could_not_be_read(
    here: Platform, instance: dg.DagsterInstance, unread: int, passed: bool
) -> None:
    put_accounts(here.db, "acme-salesforce", {f"x{n}": f"x{n}.com" for n in range(25)})
    with here.db.transaction() as conn:
        conn.execute(
            "INSERT INTO research.accounts (workspace, connection_id, account_id, site) "
            "SELECT 'acme', 'acme-salesforce', id, website FROM crm.accounts WHERE website LIKE 'x%'"
        )
        conn.execute(
            "INSERT INTO research.sites (site, looked_at, outcome) SELECT website, now(), "
            "CASE WHEN row_number() OVER () <= %s THEN 'unreachable' ELSE 'ok' END "
            "FROM crm.accounts WHERE website LIKE 'x%%'",
            (unread,),
        )
    results = judged(here, instance)
    assert {(one.asset_key, one.passed) for one in results} == {(KEY, passed), (health.key, passed)}


def test_a_workspace_whose_sites_could_not_be_read_stays_red_when_another_is_well(
    here: Platform, instance: dg.DagsterInstance
) -> None:
    instance.add_dynamic_partitions(workspaces.name or "", ["globex"])
    put_accounts(here.db, connect(here.db, "globex"), {"1": "nine.com"})
    with here.db.transaction() as conn:
        conn.execute(UNREAD, ("acme", "acme-salesforce"))
    for _ in range(2):
        click(here, instance, workspace="globex")
        found = {one.asset_key: one for one in judged(here, instance)}
        assert {key: one.passed for key, one in found.items()} == {KEY: False, health.key: False}
        worst = str(found[health.key].metadata["worst"].value)
        assert "acme" in worst
        assert "globex" not in worst
