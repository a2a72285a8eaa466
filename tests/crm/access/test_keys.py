"""Refresh tokens that are good for one use: processes that race exchange them once, and none is lost in silence."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Thread

import pytest
import requests

from nooks_dagster.crm.access.keys import Grant, SharedKeys
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Unauthorized
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.crm.sandboxes import Sandbox, serving_sandbox
from tests.programs import Program, Programs

SALESFORCE = {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme", "domain": "acme.my"}
SALESFORCE |= {"refresh_token": "5Aep861.sandbox-refresh-acme"}
HUBSPOT = {"client_id": "SANDBOX.globex", "client_secret": "sandbox-secret-globex"}
HUBSPOT |= {"refresh_token": "sandbox-refresh-globex"}


@pytest.fixture(scope="module")
def rotating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox whose refresh tokens are good for one use; reuse ends every token of the app."""
    options = ["--org", "acme", "--portal", "globex", "--accounts", "20", "--refresh-grace", "0"]
    with serving_sandbox(tmp_path_factory.mktemp("rotating"), *options) as sandbox:
        yield sandbox


@dataclass(frozen=True)
class Platform:
    """A database and a folder of secrets, and processes of them; each tells in a file of the folder `told`."""

    db: Database
    secrets: FileSecrets
    url: str
    programs: Programs
    told: Path

    def start(self, connection: Connection, told: str, **more: str) -> Program:
        """Start a process that logs in if it must."""
        name = "contacts" if connection.kind == "hubspot" else "Account"
        return self.programs.start(
            "tests.crm.log_in_once", self.url, connection.id, name, str(self.told / told), **more
        )

    def logins(self, connection: Connection, processes: int) -> list[int]:
        """Return how often each of some processes at once logged in."""
        started = [self.start(connection, f"{number}") for number in range(processes)]
        assert [process.wait() for process in started] == [0] * processes
        return sorted(int((self.told / f"{number}").read_text()) for number in range(processes))

    def let_the_token_die(self, connection: Connection) -> None:
        """Make the kept access token one that the CRM refuses."""
        store = FileSecrets(self.secrets.folder / "tokens")
        name = f"file-{connection.id}"
        store.put(name, {"access_token": "dead", "host": "", "ends": ""})


@pytest.fixture
def platform(
    rotating: Sandbox,
    db: Database,
    database_url: str,
    programs: Programs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Platform:
    rotating.point(monkeypatch)
    monkeypatch.setenv("NOOKS_HOME", str(tmp_path / "home"))
    return Platform(db, FileSecrets(settings().secrets), database_url, programs, tmp_path)


@pytest.mark.parametrize(("kind", "secret"), [("salesforce", SALESFORCE), ("hubspot", HUBSPOT)])
def test_processes_that_race_exchange_a_rotating_token_once_and_connecting_again_uses_the_latest(
    platform: Platform, kind: str, secret: dict[str, str]
) -> None:
    wanted = NewConnection("acme", kind, secret)
    connection = connect(platform.db, platform.secrets, wanted, sandbox=True).connection
    used = {secret["refresh_token"], platform.secrets.get(connection.secret_ref)["refresh_token"]}
    assert platform.logins(connection, 2) == [0, 1]
    used.add(platform.secrets.get(connection.secret_ref)["refresh_token"])
    assert len(used) == 3
    assert connect(platform.db, platform.secrets, wanted, sandbox=True).connection == connection


def test_a_kept_token_that_died_is_exchanged_by_who_meets_it(platform: Platform) -> None:
    wanted = NewConnection("acme", "hubspot", {**HUBSPOT, "refresh_token": consent()})
    connection = connect(platform.db, platform.secrets, wanted, sandbox=True).connection
    platform.let_the_token_die(connection)
    assert platform.logins(connection, 1) == [1]


@pytest.fixture
def keys(db: Database, tmp_path: Path) -> SharedKeys:
    """The keys in a file: app, secret, and the refresh token r0."""
    FileSecrets(tmp_path).put("acme", {"client_id": "app", "refresh_token": "r0"})
    return SharedKeys(db, "file:acme", {}, tmp_path)


class Source:
    """A source whose refresh tokens are good for one use: r0, r1, r2 and so on."""

    def __init__(self) -> None:
        self.given = 0

    def exchange(self, secret: dict[str, str]) -> Grant:
        if secret["refresh_token"] != f"r{self.given}":
            raise Unauthorized("The refresh token was refused.", next_step="Let the app in again.")
        self.given += 1
        return Grant(f"a{self.given}", "acme.example", 1800, f"r{self.given}")


def grant(keys: SharedKeys, source: Source, dead: str = "") -> Grant:
    return keys.grant(dead, source.exchange, by_refresh=True)


def test_a_token_is_kept_for_others_until_it_is_dead_or_ends(keys: SharedKeys, db: Database) -> None:
    source = Source()
    first = grant(keys, source)
    again = grant(keys, source)
    assert (again.access_token, again.host, again.kept) == ("a1", "acme.example", True)
    assert again.seconds is not None
    assert 1700 < again.seconds <= 1800
    assert (first.kept, grant(keys, source, dead="a1").access_token, source.given) == (False, "a2", 2)
    assert grant(keys, source, dead="a1").access_token == "a2"
    assert keys.secret()["refresh_token"] == "r2"


def test_threads_that_race_exchange_once(keys: SharedKeys) -> None:
    source, barrier, got = Source(), Barrier(4), []

    def race() -> None:
        barrier.wait()
        got.append(grant(keys, source).access_token)

    threads = [Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (got, source.given) == (["a1"] * 4, 1)


@pytest.mark.parametrize(("point", "lost"), [("granted", True), ("rotated", False)])
def test_a_death_right_after_the_answer_is_told_to_the_owner_and_after_the_write_harms_nobody(
    platform: Platform, point: str, lost: bool
) -> None:
    fresh = {**HUBSPOT, "refresh_token": consent()}
    connection = connect(
        platform.db, platform.secrets, NewConnection("acme", "hubspot", fresh), sandbox=True
    ).connection
    assert platform.start(connection, "killed", NOOKS_CRASH_AT=point).wait() == -signal.SIGKILL
    ended = platform.start(connection, "after").wait()
    told = (platform.told / "after").read_text()
    assert ended == lost, told
    if lost:
        assert "refresh token was refused" in told
        assert "was cut off, and may have used it up" in told


def consent() -> str:
    """Let the portal install the app again; return the refresh token of it."""
    form = {**HUBSPOT, "grant_type": "authorization_code", "code": "sandbox-code-globex"}
    del form["refresh_token"]
    answer = requests.post("https://api.hubapi.com/oauth/v1/token", data=form, timeout=60)
    assert answer.ok, answer.text
    return str(json.loads(answer.text)["refresh_token"])


def test_a_refusal_after_somebody_else_renewed_is_no_refusal(keys: SharedKeys, tmp_path: Path) -> None:
    source = Source()

    def beaten(secret: dict[str, str]) -> Grant:
        if source.given == 0:  # another process, whose turn ended with its connection, is quicker
            source.given = 1
            FileSecrets(tmp_path).put("acme", {"client_id": "app", "refresh_token": "r1"})
        return source.exchange(secret)

    assert keys.grant("", beaten, by_refresh=True).access_token == "a2"
    assert keys.secret()["refresh_token"] == "r2"


def test_a_variable_cannot_hold_a_refresh_token_and_nothing_is_sent(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME", json.dumps(HUBSPOT))
    source = Source()
    with pytest.raises(Permanent, match="a variable cannot be written back"):
        SharedKeys(db, "env:ACME", {}, tmp_path).grant("", source.exchange, by_refresh=True)
    assert source.given == 0


def test_credentials_that_were_changed_do_not_use_the_token_of_the_old_ones(keys: SharedKeys) -> None:
    source = Source()
    grant(keys, source)
    keys.forget()
    assert grant(keys, source).access_token == "a2"


def test_no_token_shows_itself(keys: SharedKeys) -> None:
    assert "a1" not in repr(grant(keys, Source()))
