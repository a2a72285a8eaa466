"""`nooks sync`: a wish is remembered as a click's is, and followed to its end."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
import psycopg
import pytest
from click.testing import Result
from rich.console import Console

from nooks_dagster.cli import following
from nooks_dagster.cli.sync import sync
from nooks_dagster.crm.reporting.watch import Watch
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import DISCOVERIES, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.local import deadline
from nooks_dagster.local.health import DAEMONS
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.workspaces.registry import Registry
from tests.cli.conftest import Call, connect
from tests.crm.fake_crm import FakeCrm, row
from tests.databases import create_database, drop_database

# As the UI leaves it when a person stops the sensor.
SWITCHED_OFF = """
    INSERT INTO instigators (selector_id, status, instigator_type, instigator_body)
    VALUES ('s', 'STOPPED', 'SENSOR', '{"__class__": "InstigatorState", "origin": {"job_name": "due_work_sensor"}}')
"""
OPEN = "SELECT count(*) FROM work.items WHERE state IN ('waiting', 'leased', 'blocked')"
NEITHER = {"sweep": [], "confirmed": False}


@pytest.fixture
def ask(configured: pytest.MonkeyPatch, call: Call, platform: Platform) -> Callable[..., Result]:
    configured.delenv("NOOKS_DAGSTER_POSTGRES_URL", raising=False)
    configured.setattr(following, "REFRESH_SECONDS", 0.05)
    return lambda *arguments: call(sync, *arguments)


def wishes(db: Database) -> list[tuple[str, int, dict[str, object]]]:
    """Return workspace, class and payload of what is to be looked into."""
    query = "SELECT scope, class, payload - 'workspace' - 'connection' FROM work.items WHERE queue = %s ORDER BY id"
    with db.transaction() as conn:
        return conn.execute(query, (DISCOVERIES.name,)).fetchall()


def drain(platform: Platform) -> None:
    list(WorkspaceSync(platform, SyncRun("acme", "run", 1, WorkClass.ASKED)).run())


@contextmanager
def dispatcher(platform: Platform) -> Iterator[None]:
    """Drain acme in the background, once somebody has asked for it."""

    def launch() -> None:
        for _ in deadline.polls(60):
            with platform.db.transaction() as conn:
                ((waiting,),) = conn.execute(OPEN).fetchall()
            if waiting:
                break
        drain(platform)

    thread = threading.Thread(target=launch)
    thread.start()
    yield
    thread.join()


def test_a_wish_is_work_that_the_dispatcher_launches_before_what_nobody_waits_for(
    ask: Callable[..., Result], platform: Platform
) -> None:
    result = ask("acme")
    assert result.exit_code == 0, result.output
    assert "Asked for all objects of acme" in result.stdout
    ((scope, work_class, payload),) = wishes(platform.db)
    assert (scope, work_class) == ("crm/acme", WorkClass.ASKED)
    assert payload == {"kind": "incremental", "objects": [], "since": None, "until": None, **NEITHER}
    (launch,) = platform.launches.due(4, 3, [scope_of("acme")])
    assert launch.work_class == WorkClass.ASKED


def test_objects_and_bounds_are_understood_as_in_the_launchpad(ask: Callable[..., Result], db: Database) -> None:
    assert ask("acme", "--objects", "leads, accounts", "--since", "2026-01-31").exit_code == 0
    ((_, _, payload),) = wishes(db)
    since = "2026-01-31T00:00:00+00:00"
    assert payload == {"kind": "reread", "objects": ["accounts", "leads"], "since": since, "until": None, **NEITHER}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("acme", "--objects", "invoices"), "There is no object invoices"),
        (("acme", "--until", "2026-01-31"), "'until' is given without 'since'"),
        (("acmee",), "There is no workspace 'acmee'"),
        (("--refresh",), "Name them: there is acme"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_planned(
    ask: Callable[..., Result], db: Database, arguments: tuple[str, ...], says: str
) -> None:
    result = ask(*arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert wishes(db) == []


def test_without_a_workspace_it_says_how_to_connect_one(
    configured: pytest.MonkeyPatch, call: Call, db: Database
) -> None:
    configured.delenv("NOOKS_DAGSTER_POSTGRES_URL", raising=False)
    assert "nooks connect salesforce" in call(sync).stderr
    assert "Nothing is under way." in call(sync, "--follow").stdout


def test_without_a_name_all_workspaces_are_asked_for(ask: Callable[..., Result], db: Database) -> None:
    connect(db, "globex")
    assert "of acme, globex" in ask().stdout
    assert [scope for scope, *_ in wishes(db)] == ["crm/acme", "crm/globex"]


def test_what_is_followed_ends_with_0_when_all_of_it_is_done(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    crm.write({"Account": [row(n) for n in range(40)]})
    with dispatcher(platform):
        result = ask("acme", "--follow")
    assert result.exit_code == 0, result.output
    assert "acme-salesforce/Account: history done, 40 rows" in result.stdout
    assert "Everything that was asked for is done." in result.stdout


def test_only_the_objects_that_were_asked_for_are_waited_for(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]}, Contact="Permanent")
    ask("acme")
    with dispatcher(platform):
        result = ask("acme", "--objects", "accounts", "--follow")
    assert result.exit_code == 0, result.output
    assert "Contact" not in result.stdout


def test_a_blocked_object_ends_it_with_1_and_says_why_after_the_others_are_done(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    crm.write({"Account": [row(n) for n in range(40)], "Contact": [row(1)]}, Contact="Permanent")
    with dispatcher(platform):
        result = ask("acme", "--follow")
    assert result.exit_code == 1
    assert "acme-salesforce/Account: history done, 40 rows" in result.stdout
    assert "✗ acme-salesforce/Contact is blocked: Contact: it is broken" in result.stdout


def test_a_connection_that_cannot_be_looked_into_is_told(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    crm.write({}, objects="Permanent")
    with dispatcher(platform):
        result = ask("acme", "--follow")
    assert result.exit_code == 1
    assert "✗ acme-salesforce cannot be looked into: objects: it is broken" in result.stdout


def test_follow_alone_asks_for_nothing_and_shows_what_is_under_way(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    assert "Nothing is under way." in ask("--follow").stdout
    assert wishes(platform.db) == []
    crm.write({"Account": [row(1)]}, Account="QuotaExhausted")
    ask("acme")
    drain(platform)
    result = ask("--follow")
    assert len(wishes(platform.db)) == 1
    assert result.exit_code == 1
    assert "acme-salesforce/Account: parked until 20" in result.stdout
    assert "✗ acme-salesforce/Account is parked: Account: it is broken" in result.stdout


def test_a_script_gets_a_line_of_json_for_each_change(
    ask: Callable[..., Result], platform: Platform, crm: FakeCrm
) -> None:
    crm.write({"Account": [row(n) for n in range(40)]})
    with dispatcher(platform):
        result = ask("acme", "--follow", "--json")
    told = [json.loads(text) for text in result.stdout.splitlines()]
    assert (told[0]["event"], told[0]["workspaces"]) == ("asked", ["acme"])
    assert told[-1] == {"event": "ended", "well": True, "troubles": []}
    last = [one for one in told if one.get("source") == "Account"][-1]
    assert (last["standing"], last["part"], last["rows_merged"]) == ("complete", 1.0, 40)


def test_ctrl_c_leaves_the_sync_running_and_says_so(
    ask: Callable[..., Result], db: Database, configured: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Watch) -> None:
        raise KeyboardInterrupt

    configured.setattr(Watch, "look", interrupted)
    result = ask("acme", "--follow")
    assert result.exit_code == 130
    assert "The sync goes on" in result.stdout
    assert len(wishes(db)) == 1


def test_on_a_terminal_each_object_has_a_bar(
    configured: pytest.MonkeyPatch, platform: Platform, crm: FakeCrm, db: Database
) -> None:
    crm.write({"Account": [row(n) for n in range(12)], "Contact": [row(1)]}, Contact="Permanent")
    watch = Watch(db, Registry(db).connections())
    drain_after_a_click(platform)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=110, color_system=None)
    following.follow(watch, console, as_json=False)
    drawn = screen.getvalue()
    assert "acme-salesforce/Account" in drawn
    assert "100% history done, 12 rows" in drawn
    assert "BLOCKED, next try 20" in drawn


def drain_after_a_click(platform: Platform) -> None:
    list(WorkspaceSync(platform, SyncRun("acme", "click")).run())


@pytest.fixture
def dagster_url(postgres_server: Postgres) -> Iterator[str]:
    """The address of a database with Dagster's own tables."""
    create_database(postgres_server, "dagster_of_sync")
    url = postgres_server.url.replace("/postgres", "/dagster_of_sync")
    with dg.instance_for_test(overrides={"storage": {"postgres": {"postgres_url": url}}}) as instance:
        assert instance.all_instigator_state() == []
    yield url
    drop_database(postgres_server, "dagster_of_sync")


def test_a_dispatcher_that_nobody_runs_is_told(
    ask: Callable[..., Result], configured: pytest.MonkeyPatch, dagster_url: str
) -> None:
    configured.setenv("NOOKS_DAGSTER_POSTGRES_URL", dagster_url.replace("postgresql://", "postgresql+psycopg2://"))
    assert "! No heartbeat from SCHEDULER" in ask("acme").stdout
    with psycopg.connect(dagster_url) as conn:
        for name in DAEMONS:
            conn.execute(
                "INSERT INTO daemon_heartbeats (daemon_type, daemon_id, timestamp) VALUES (%s, 'd', %s)",
                (name, datetime.now(UTC).replace(tzinfo=None)),
            )
    assert "!" not in ask("acme").stdout
    with psycopg.connect(dagster_url) as conn:
        conn.execute(SWITCHED_OFF)
    result = ask("acme")
    assert result.exit_code == 0
    assert "! due_work_sensor is switched off. Nothing starts until you switch it on in the UI" in result.stdout


def test_a_dagster_that_does_not_answer_is_told(ask: Callable[..., Result], configured: pytest.MonkeyPatch) -> None:
    configured.setenv("NOOKS_DAGSTER_POSTGRES_URL", "postgresql+psycopg2://nooks@127.0.0.1:9/dagster")
    result = ask("acme")
    assert result.exit_code == 0
    assert "! Dagster's database does not answer" in result.stdout
