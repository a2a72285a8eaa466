"""`nooks connections`, `pause`, `resume`, `disconnect` and `remove`, as a person types them."""

import json
from collections.abc import Callable

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from nooks_dagster.cli import app
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.local.samples import ensure_sample_workspaces
from nooks_dagster.settings import settings
from nooks_dagster.signals.own import own, tell
from nooks_dagster.workspaces.registry import Registry
from tests.calls.delivery.things import Book
from tests.cli.conftest import connect
from tests.crm.salesforce.world import SECRET

Nooks = Callable[..., Result]


@pytest.fixture
def nooks(configured: pytest.MonkeyPatch, platform: Platform) -> Nooks:
    """Calls the whole command, over a database where acme and globex are connected."""
    configured.setenv("NOOKS_LAKE_BUCKET", platform.lake.uri("").split("/")[2])
    configured.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    connect(platform.db, "globex")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def reachable(configured: pytest.MonkeyPatch) -> None:
    """The org of the sandbox stands behind acme's reference."""
    configured.setenv("NONE", json.dumps(SECRET))


def states(db: Database) -> dict[str, str]:
    return {one.id: str(one.state) for one in Registry(db).connections()}


def test_what_is_connected_and_chosen_is_listed(nooks: Nooks, db: Database) -> None:
    done = nooks("connections", "set", "acme-salesforce", "--cadence", "5", "--without", "Lead", "--overlap", "skip")
    assert done.exit_code == 0, done.output
    told = nooks("connections").stdout
    for words in ("acme-salesforce", "every 5 min; overlap skip; without Lead", "globex-salesforce", "as everybody"):
        assert words in told
    listed = {one["id"]: one["options"] for one in json.loads(nooks("connections", "--json").stdout)}
    assert listed["acme-salesforce"]["without_objects"] == ["Lead"]
    assert listed["globex-salesforce"]["cadence_minutes"] is None


@pytest.mark.usefixtures("reachable")
def test_a_field_that_each_logged_call_shall_hold_is_checked_against_the_crm_kept_and_taken_back(
    nooks: Nooks, db: Database
) -> None:
    done = nooks("connections", "calls", "acme-salesforce", "--field", "Recorded__c=true", "--field", "Outcome__c=None")
    assert done.exit_code == 0, done.output
    assert "calls with Outcome__c=None, Recorded__c=true" in " ".join(done.stdout.split())
    assert Registry(db).connection("acme-salesforce").options == {
        "call_fields": {"Recorded__c": True, "Outcome__c": "None"}
    }
    nooks("connections", "set", "acme-salesforce", "--cadence", "5")
    done = nooks("connections", "calls", "acme-salesforce", "--off", "--without-field", "Recorded__c")
    assert Registry(db).connection("acme-salesforce").options == {
        "cadence_minutes": 5, "calls": False, "call_fields": {"Outcome__c": "None"}
    }  # fmt: skip


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--field", "Nothing__c=x"], "Task has no field Nothing__c, or the user may not see it."),
        (["--field", "Recorded__c=maybe"], "Recorded__c cannot hold that value: it takes true or false."),
        (["--field", "Recorded__c"], "A field is written with its value: NAME=VALUE."),
        (["--without-field", "Recorded__c"], "No value was chosen for Recorded__c. There are none."),
    ],
)
def test_a_field_of_calls_that_cannot_be_chosen_is_refused_with_a_sentence(
    nooks: Nooks, db: Database, words: list[str], sentence: str
) -> None:
    refused = nooks("connections", "calls", "acme-salesforce", *words)
    assert refused.exit_code != 0
    assert sentence in " ".join(refused.output.split())
    assert Registry(db).connection("acme-salesforce").options == {}


def test_choices_add_up_and_can_be_taken_back(nooks: Nooks, db: Database) -> None:
    for words in (
        ["--without", "Lead"],
        ["--without", "Contact.Birthdate", "--only", "Task.Subject"],
        ["--with", "Lead"],
    ):
        assert nooks("connections", "set", "acme-salesforce", *words).exit_code == 0
    chosen = Registry(db).connection("acme-salesforce").options
    assert chosen == {"without_fields": ["Contact.Birthdate"], "only_fields": ["Task.Subject"]}
    nooks("connections", "set", "acme-salesforce", "--cadence", "7")
    nooks("connections", "set", "acme-salesforce", "--reset")
    assert Registry(db).connection("acme-salesforce").options == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nobody", "--cadence", "5"], "no such connection"),
        (["acme-salesforce", "--cadence", "9999"], "'cadence_minutes' cannot be chosen so"),
        (["acme-salesforce", "--without", "Contact."], "names no field"),
    ],
)
def test_a_choice_that_makes_no_sense_is_a_sentence(nooks: Nooks, words: list[str], told: str) -> None:
    result = nooks("connections", "set", *words)
    assert (result.exit_code, told in result.stderr) == (1, True), result.output


def test_a_workspace_rests_and_goes_on(nooks: Nooks, db: Database) -> None:
    assert "acme-salesforce is paused" in nooks("pause", "acme").stdout
    assert states(db) == {"acme-salesforce": "paused", "globex-salesforce": "active"}
    assert "acme-salesforce goes on" in nooks("resume", "acme-salesforce").stdout
    told = nooks("disconnect", "acme")
    assert "credentials behind env:NONE stay" in told.stdout
    assert states(db)["acme-salesforce"] == "disconnected"
    assert nooks("resume", "acme").exit_code == 1
    assert nooks("pause", "nobody").exit_code == 1


def test_removing_asks_first_and_says_what_went(nooks: Nooks, db: Database, platform: Platform) -> None:
    refused = nooks("remove", "acme")
    assert (refused.exit_code, "--yes" in refused.stderr) == (1, True)
    assert "acme-salesforce" in states(db)
    told = nooks("remove", "acme", "--yes")
    assert told.exit_code == 0, told.output
    assert "acme-salesforce is removed: 0 rows, 0 objects (0 B) of the lake, 0 items of work" in told.stdout
    assert states(db) == {"globex-salesforce": "active"}
    assert [one.name for one in Registry(db).workspaces()] == ["globex"]
    assert json.loads(nooks("remove", "globex-salesforce", "--yes", "--json").stdout)["globex-salesforce"]["items"] == 0
    assert nooks("remove", "acme", "--yes").exit_code == 1


def test_what_signals_know_of_a_workspace_goes_with_it(nooks: Nooks, db: Database) -> None:
    with db.transaction() as conn:
        tell(conn, "acme", "investors", ["Hill Capital"])
        conn.execute(
            "insert into research.accounts (workspace, connection_id, account_id, name, site) "
            "values ('acme', 'acme-salesforce', '1', 'Widgets', 'widgets.example')"
        )
    assert "acme is removed: 1 rows" in nooks("remove", "acme", "--yes").stdout
    with db.transaction() as conn:
        assert own(conn, "acme") == {}
        assert conn.execute("select from research.accounts").rowcount == 0


def test_a_sample_that_was_removed_is_not_connected_again_by_the_next_start(
    nooks: Nooks, configured: pytest.MonkeyPatch, db: Database
) -> None:
    configured.setenv("NOOKS_SAMPLES", "acme")
    settings.cache_clear()
    assert nooks("remove", "acme", "--yes").exit_code == 0
    assert list(ensure_sample_workspaces()) == []
    assert states(db) == {"globex-salesforce": "active"}


def test_an_object_that_is_still_read_is_not_removed(nooks: Nooks) -> None:
    refused = nooks("remove", "acme-salesforce", "--object", "Lead", "--yes")
    assert (refused.exit_code, "--without Lead" in refused.stderr) == (1, True)
    assert nooks("connections", "set", "acme-salesforce", "--without", "Lead").exit_code == 0
    assert "is removed: 0 rows" in nooks("remove", "acme-salesforce", "--object", "Lead", "--yes").stdout


def test_a_person_is_asked_and_may_say_no(nooks: Nooks, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", _no)
    nooks("remove", "acme")
    assert "acme-salesforce" in states(db)


def _no(_words: str, *, abort: bool) -> None:
    raise typer.Abort


def test_calls_are_logged_or_not_as_the_customer_chooses(nooks: Nooks, db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("insert into crm.writing (connection_id, ready) values ('acme-salesforce', true)")
    Book(db).recorded("c-1")
    off = nooks("connections", "calls", "acme-salesforce", "--off").stdout
    with db.transaction() as conn:
        assert conn.execute("select state from calls.deliveries").fetchall() == [("withdrawn",)]
    stored = Registry(db).connection("acme-salesforce").options
    on = nooks("connections", "calls", "acme-salesforce", "--on", "--json").stdout

    assert "acme-salesforce  salesforce of acme, active: no calls logged" in off
    assert stored == {"calls": False}
    assert json.loads(on)["options"]["calls"] is True
