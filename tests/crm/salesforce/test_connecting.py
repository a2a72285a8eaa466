"""Connecting: tried first, recorded only when it works."""

from pathlib import Path

import pytest

from nooks_dagster.crm.access.keys import keys_of
from nooks_dagster.crm.connectors import open_connector
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent, Unauthorized
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import ConnectionState, Registry
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.crm.salesforce.world import SECRET, World

REAL = {"consumer_key": "3MVG9lKcPoNINVB", "consumer_secret": "hush", "domain": "acme.my"}


@pytest.fixture
def secrets(tmp_path: Path) -> FileSecrets:
    return FileSecrets(tmp_path / "secrets")


def test_a_connection_that_works_is_recorded_with_its_secret_apart(
    world: World, db: Database, secrets: FileSecrets, tmp_path: Path
) -> None:
    del world
    connected = connect(db, secrets, NewConnection("acme", "salesforce", SECRET), sandbox=True)
    found, connection = connected.inspection, connected.connection
    assert (connection.id, connection.sandbox, connection.config) == (
        "acme-salesforce",
        True,
        {"domain": "acme.my", "account": "acme.my.salesforce.com"},
    )
    assert Registry(db).connections() == [connection]
    assert secrets.get(connection.secret_ref) == {k: v for k, v in SECRET.items() if k != "domain"}
    assert (tmp_path / "secrets" / "acme-salesforce.json").stat().st_mode & 0o777 == 0o600
    assert found.account == "acme.my.salesforce.com"
    assert found.rows["Account"] > 120
    assert list(found.missing) == ["Event"]
    assert found.calls <= 12
    with db.transaction() as conn:
        named = conn.execute("select to_regclass(%s)", [f"crm.{partition_name('leads', connection.id)}"]).fetchone()
    assert named
    assert named[0]


def test_connecting_again_changes_nothing_but_wakes_a_marked_connection(
    world: World, db: Database, secrets: FileSecrets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del world
    wanted = NewConnection("acme", "salesforce", SECRET)
    first = connect(db, secrets, wanted, sandbox=True).connection
    Registry(db).mark(first.id, ConnectionState.UNAUTHORIZED, "The secret was rotated.")
    assert connect(db, secrets, wanted, sandbox=True).connection == first
    assert Registry(db).connection(first.id).state is ConnectionState.ACTIVE
    monkeypatch.setattr(type(settings()), "secrets", property(lambda _: tmp_path / "secrets"))
    assert "Account" in open_connector(first, keys_of(db, first)).objects()


@pytest.mark.parametrize(
    ("wanted", "sandbox", "failure", "words"),
    [
        (NewConnection("acme", "salesforce", {**SECRET, "consumer_secret": "no"}), True, Unauthorized, "nooks connect"),
        (NewConnection("acme,inc", "salesforce", SECRET), True, Permanent, "comma"),
        (NewConnection("acme", "pipedrive", SECRET), True, Permanent, "salesforce"),
        (NewConnection("acme", "salesforce", {}), True, Permanent, "incomplete"),
        (NewConnection("acme", "salesforce", REAL), True, Permanent, "real credentials"),
        (NewConnection("acme", "salesforce", {**SECRET, "username": "ann@acme.com"}), True, Permanent, "sent nowhere"),
        (NewConnection("acme", "salesforce", SECRET), False, Permanent, "credentials of the sandbox"),
        (NewConnection("acme", "salesforce", {**REAL, "username": "a@b.example"}), False, Permanent, "sent nowhere"),
    ],
)
def test_what_does_not_work_is_said_and_not_recorded(
    world: World,
    db: Database,
    secrets: FileSecrets,
    tmp_path: Path,
    wanted: NewConnection,
    sandbox: bool,
    failure: type[Failure],
    words: str,
) -> None:
    del world
    with pytest.raises(failure, match=words):
        connect(db, secrets, wanted, sandbox=sandbox)
    assert Registry(db).connections() == []
    assert Registry(db).workspaces() == []
    assert not (tmp_path / "secrets").exists()


def test_a_refusal_to_replace_leaves_the_secret_that_works(world: World, db: Database, secrets: FileSecrets) -> None:
    del world
    connect(db, secrets, NewConnection("acme", "salesforce", SECRET), sandbox=True)
    before = secrets.get("file:acme-salesforce")
    user = {"username": "admin@acme.example", "password": "sandbox-password", "security_token": "sandboxtoken"}
    with pytest.raises(Permanent, match="--replace"):
        connect(db, secrets, NewConnection("acme", "salesforce", user), sandbox=True)
    assert secrets.get("file:acme-salesforce") == before
    connect(db, secrets, NewConnection("acme", "salesforce", user, replace=True), sandbox=True)
    assert secrets.get("file:acme-salesforce") == user


def test_credentials_do_not_show_in_what_is_wanted() -> None:
    assert "sandbox-secret" not in repr(NewConnection("acme", "salesforce", SECRET))


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_recorded(
    world: World, db: Database, secrets: FileSecrets
) -> None:
    del world
    with pytest.raises(Permanent, match="cannot be named"):
        connect(db, secrets, NewConnection("acme", "salesforce", SECRET, connection_id="a/b c"), sandbox=True)
    assert Registry(db).connections() == []
