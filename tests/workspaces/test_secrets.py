"""Credentials are found by reference, kept from other accounts, and never shown."""

import logging
from pathlib import Path

import pytest

from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.secrets import EnvironmentSecrets, FileSecrets, open_secret

VALUES = {"username": "admin@acme.example", "password": "hunter2"}


def test_what_is_put_in_a_file_is_found_by_its_reference(tmp_path: Path) -> None:
    ref = FileSecrets(tmp_path / "secrets").put("acme-salesforce", VALUES)
    assert ref == "file:acme-salesforce"
    assert open_secret(ref, tmp_path / "secrets") == VALUES


def test_only_the_owner_can_read_files_and_folder(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    FileSecrets(folder).put("acme", VALUES)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_putting_again_replaces_the_file_whole(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path)
    store.put("acme", {**VALUES, "token": "x"})
    store.put("acme", VALUES)
    assert store.get("file:acme") == VALUES
    assert [path.name for path in tmp_path.iterdir()] == ["acme.json"]


def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path)
    store.put("acme", VALUES)
    (tmp_path / "acme.json").chmod(0o644)
    with pytest.raises(Permanent, match="can be read by other accounts") as refusal:
        store.get("file:acme")
    assert "chmod 600" in refusal.value.next_step


def test_a_variable_holds_credentials_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_SALESFORCE", '{"username": "admin@acme.example", "password": "hunter2"}')
    assert open_secret("env:ACME_SALESFORCE") == VALUES
    assert EnvironmentSecrets().get("env:ACME_SALESFORCE") == VALUES


@pytest.mark.parametrize("text", ["hunter2", '["hunter2"]', '{"password": 2}', '{"password": "hunter2"'])
def test_what_is_no_object_of_texts_is_refused_without_being_quoted(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ACME_SALESFORCE", text)
    with pytest.raises(Permanent, match="no JSON object of texts") as refusal:
        open_secret("env:ACME_SALESFORCE")
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("env:NOT_SET", "The environment variable NOT_SET is not set"),
        ("file:missing", r"missing\.json cannot be read \(FileNotFoundError\)"),
        ("file:../../etc/passwd", "cannot be a file's"),
        ("file:", "no reference to a secret"),
        ("vault:acme", "no reference to a secret"),
        ("acme", "no reference to a secret"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(tmp_path: Path, ref: str, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        open_secret(ref, tmp_path)


def test_credentials_do_not_show_themselves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = FileSecrets(tmp_path)
    secret = store.get(store.put("acme", VALUES))
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("got %s and %r", secret, secret)
    assert "hunter2" not in caplog.text + f"{secret}" + repr([secret])
    assert "password" in repr(secret)
