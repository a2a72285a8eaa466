"""`nooks calls keys`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from nooks_dagster.calls.ingest.keys import Keys
from nooks_dagster.cli import app
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.calls.ingest.things import add_workspaces


@pytest.fixture
def nooks(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
    monkeypatch.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    return lambda *arguments: CliRunner().invoke(app, ["calls", "keys", *arguments])


def test_a_secret_is_shown_once_and_lists_show_none(nooks: Callable[..., Result], db: Database) -> None:
    add_workspaces(db, "acme")
    told = json.loads(nooks("add", "acme", "--json").stdout)
    assert sorted(told) == ["key", "secret", "workspace"]
    assert (told["key"][:3], told["secret"][:4], told["workspace"]) == ("nk_", "nks_", "acme")
    shown = nooks("add", "acme").stdout
    assert "Secret, shown this once: nks_" in shown
    listed = nooks("list", "acme").stdout + nooks("list", "acme", "--json").stdout
    assert told["key"] in listed
    assert "nks_" not in listed


def test_keys_are_replaced_and_ended(nooks: Callable[..., Result], db: Database) -> None:
    add_workspaces(db, "acme")
    old, older = (json.loads(nooks("add", "acme", "--json").stdout)["key"] for _ in range(2))
    new = json.loads(nooks("rotate", "acme", "--hours", "2", "--json").stdout)["key"]
    assert "has ended" in nooks("retire", "acme", old).stdout
    keys = {one["id"]: one for one in json.loads(nooks("list", "acme", "--json").stdout)["keys"]}
    assert {name: (one["retired"], one["retires_at"] is None) for name, one in keys.items()} == {
        old: (True, False),
        older: (False, False),
        new: (False, True),
    }
    assert "has ended" in nooks("list", "acme").stdout
    nooks("rotate", "acme", "--hours", "5")
    again = {one["id"]: one for one in json.loads(nooks("list", "acme", "--json").stdout)["keys"]}
    assert [again[key] for key in (old, older)] == [keys[key] for key in (old, older)]  # no end is put off


def test_of_two_who_replace_keys_at_once_one_has_a_key_that_stays(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_workspaces(db, "acme")
    keys, transaction, others = Keys(db, FileSecrets(tmp_path)), db.transaction, iter([timedelta(hours=24)])

    @contextmanager
    def then_another_does() -> Iterator[psycopg.Connection[Any]]:
        with transaction() as conn:
            yield conn
        for overlap in others:
            keys.rotate("acme", overlap)

    monkeypatch.setattr(db, "transaction", then_another_does)
    keys.rotate("acme", timedelta(hours=24))
    assert [one.retires_at is None for one in keys.keys("acme")].count(True) == 1


def test_a_workspace_that_nobody_knows_must_be_meant(nooks: Callable[..., Result]) -> None:
    refused = nooks("add", "acme")
    assert refused.exit_code == 1
    assert "--new" in refused.output
    assert nooks("add", "acme", "--new").exit_code == 0
    assert "issues one" in nooks("list", "globex").stdout
    assert nooks("add", "a/b", "--new").exit_code == 1
    assert nooks("retire", "acme", "nk_1").exit_code == 1


def test_the_secret_of_a_key_goes_once_it_has_ended_whoever_looks(
    nooks: Callable[..., Result], db: Database, tmp_path: Path
) -> None:
    add_workspaces(db, "acme", "globex")
    ended, standing = (json.loads(nooks("add", name, "--json").stdout)["key"] for name in ("acme", "globex"))
    store = FileSecrets(tmp_path / "secrets")
    with db.transaction() as conn:
        conn.execute("update calls.keys set retires_at = now() where id = %s", (ended,))
    Keys(db, store).erase_ended()
    assert [path.stem for path in store.folder.iterdir()] == [f"calls-{standing}"]
