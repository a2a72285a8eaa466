"""`nooks calls status`, `show` and `replay`, as a person types them."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from nooks_dagster.calls.closing.hours import plan_hours
from nooks_dagster.cli import app
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from tests.calls.hours import HOUR, Calls
from tests.research.things import connect

Nooks = Callable[..., Result]
DIES = """
    update calls.stages set status = 'dead', failure = 'Permanent', reason = 'The provider refuses the file.',
        tries = %s where call = %s and stage = 'transcribe'
"""
ITEM = """
    insert into work.items (queue, scope, lane, key, serial, class, payload, release, state, attempts)
    values ('calls', 'calls/acme', 'calls/acme', %s, false, 0, %s, 'test', 'dead', 5)
"""
OWED = """
    insert into calls.deliveries (call, integration, kind, workspace, key, state, reason, owed_at, digest)
    values (%s, 'acme-salesforce', 'salesforce', 'acme', %s, 'waiting', 'Salesforce does not answer.',
        now() - interval '20 minutes', '')
"""


@pytest.fixture
def nooks(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Nooks:
    """Calls the whole command, over a database where acme is connected."""
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    connect(db, "acme")
    return lambda *arguments: CliRunner().invoke(app, ["calls", *arguments])


@pytest.fixture
def calls(nooks: Nooks, db: Database, lake: Lake) -> Calls:
    return Calls(db, lake)


@pytest.fixture
def dead(calls: Calls, db: Database) -> int:
    """A call whose transcription was given up after another failure."""
    call = calls.add(state="dead")
    at = HOUR + timedelta(minutes=10)
    calls.stage(call, "transcribe", "done", at + timedelta(seconds=1))
    tries = [{"at": at.isoformat(), "failure": "Transient", "reason": "The provider was busy."}]
    with db.transaction() as conn:
        conn.execute(DIES, (Jsonb(tries), call))
        conn.execute(ITEM, (str(call), Jsonb({"call": call, "stages": ["transcribe", "record"]})))
    return call


def test_the_status_says_what_to_do_while_there_is_no_call(nooks: Nooks) -> None:
    lines = nooks("status").stdout.splitlines()
    assert lines[0].startswith("No call came lately: `nooks calls keys add`")
    assert "No live worker is planned" in lines[1]


def test_the_status_tells_the_hours_what_waits_and_what_was_given_up(
    nooks: Nooks, calls: Calls, dead: int, db: Database
) -> None:
    late = calls.add(took=3.0)
    calls.add("globex", took=9.0)
    with db.transaction() as conn:
        conn.execute(OWED, (late, str(late)))
        plan_hours(conn, 1, "test")
    lines = nooks("status").stdout.splitlines()
    assert lines[1].split() == [*f"{HOUR:%Y-%m-%d %H:%M} …".split(), "3", "2", "0", "1", "0", "9.0", "s"]
    assert "Calls: 0 under way; 1 activities on their way; 1 given up (`nooks calls status`)." in lines
    assert any(line.startswith("Live worker 0, ") and line.endswith("no run yet") for line in lines)
    assert f"✗ acme, transcribe: 1 calls, such as {dead}: The provider refuses the file." in lines
    assert "! acme-salesforce: 1 waiting, the oldest for 20 min: Salesforce does not answer." in lines
    only = json.loads(nooks("status", "acme", "--json").stdout)
    assert [(hour["accepted"], hour["p95_ms"], hour["closed"]) for hour in only["hours"]] == [(2, 3000, False)]


def test_the_story_of_a_call_names_each_stage_each_try_and_where_it_stands(nooks: Nooks, dead: int) -> None:
    told = nooks("show", str(dead)).stdout
    assert told.startswith(f"Call {dead} of acme, accepted {HOUR:%Y-%m-%d} ")
    assert "The provider was busy." in told
    assert "✗ transcribe: The provider refuses the file." in told
    assert "Item of work" in told
    stages = [one["stage"] for one in json.loads(nooks("show", str(dead), "--json").stdout)["stages"]]
    assert stages == ["validate", "transcribe"]


def test_a_call_is_found_by_the_dialers_id_too(nooks: Nooks, dead: int, db: Database) -> None:
    with db.transaction() as conn:
        ((call_id,),) = conn.execute("select call_id from calls.calls where id = %s", (dead,)).fetchall()
    told = nooks("show", call_id, "--workspace", "acme").stdout
    assert told.startswith(f"Call {dead} of acme")
    assert call_id not in told


@pytest.mark.parametrize("arguments", [("99",), ("nothing",), ("9" * 30,), ("x", "--workspace", "acme")])
def test_a_call_that_is_not_there_is_refused_in_words(nooks: Nooks, arguments: tuple[str, ...]) -> None:
    result = nooks("show", *arguments)
    assert (result.exit_code, "There is no such call." in result.stderr) == (1, True), result.output


def test_a_replay_counts_first_and_then_sends_again_what_was_chosen(nooks: Nooks, dead: int, db: Database) -> None:
    assert nooks("replay", "--dry-run").stdout == (
        "1 calls were given up or refused; without --dry-run they are sent again.\n"
    )
    assert json.loads(nooks("replay", "--stage", "record", "--json").stdout)["found"] == 0
    assert nooks("replay", str(dead), "--stage", "transcribe").stdout == "✓ 1 calls are sent again.\n"
    with db.transaction() as conn:
        ((state,),) = conn.execute("select state from work.items where queue = 'calls'").fetchall()
        asked = conn.execute("select asked_by, dry_run, replayed from calls.replays order by id").fetchall()
    assert state == "waiting"
    assert [(dry, count) for _, dry, count in asked] == [(True, 0), (False, 0), (False, 1)]
    assert asked[0][0].endswith("at the command line")
    told = nooks("replay", str(dead)).stdout
    assert told.startswith(f"! Not sent again, for they were not given up or refused as asked: {dead}.")
