"""`.env`: written once, never changed, and what it says decides which services are ours."""

import os
from pathlib import Path

import pytest
from dotenv import dotenv_values

from nooks_dagster.failures import Permanent
from nooks_dagster.local import dotenv_file, environment
from nooks_dagster.local.stack import Stack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder, with a blank and a quote in its name."""
    folder = tmp_path / "the customer's project"
    folder.mkdir()
    (folder / "workspace.yaml").touch()
    (folder / "dagster.yaml").touch()
    return folder


def names(root: Path) -> list[str]:
    return [service.name for service in Stack(environment.read(root)).services()]


def test_the_first_start_writes_a_whole_local_stack(root: Path) -> None:
    values = environment.ensure(root).values
    assert values["DAGSTER_HOME"] == str(root / ".nooks" / "dagster")
    assert values["SSL_CERT_FILE"] == str(root / ".nooks" / "sandbox" / "ca-bundle.pem")
    assert values["NOOKS_DAGSTER_POSTGRES_URL"].startswith("postgresql+psycopg2://nooks@127.0.0.1:")
    outside = ["postgres", "lake", "sandbox"]
    dagster = ["code-server", "schema", "pools", "webserver", "lost-runs", "ingest", "daemon"]
    assert names(root) == [*outside, *dagster]


def test_a_later_start_changes_nothing(root: Path) -> None:
    environment.ensure(root)
    file = root / ".env"
    file.write_text(file.read_text().replace("NOOKS_LAKE_BUCKET=nooks-lake", "NOOKS_LAKE_BUCKET=ours # since May"))
    before = file.read_bytes()
    environment.ensure(root)
    assert file.read_bytes() == before


def test_lines_that_a_person_wrote_before_the_first_start_stay_as_they_are(root: Path) -> None:
    (root / ".env").write_text("OPENAI_API_KEY=sk-mine\nNOOKS_UI_PORT=3999")
    values = environment.ensure(root).values
    assert (root / ".env").read_text().startswith("OPENAI_API_KEY=sk-mine\nNOOKS_UI_PORT=3999\n")
    assert (values["NOOKS_UI_PORT"], values["NOOKS_SANDBOX"]) == ("3999", "true")


def test_nobody_else_may_read_the_file(root: Path) -> None:
    environment.ensure(root)
    assert (root / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("line", "service"),
    [
        ("NOOKS_POSTGRES_URL=postgresql://nooks:secret@db.example.com/nooks", "postgres"),
        ("NOOKS_POSTGRES_URL=postgresql://me:secret@localhost:5432/nooks", "postgres"),
        ("NOOKS_LAKE_BUCKET=acme-prod-lake", "lake"),
        ("NOOKS_SANDBOX=false", "sandbox"),
    ],
)
def test_what_is_real_is_not_started(root: Path, line: str, service: str) -> None:
    (root / ".env").write_text(f"{line}\n")
    environment.ensure(root)
    assert service not in names(root)


def test_the_daemon_does_not_wait_for_a_service_that_is_not_ours(root: Path) -> None:
    (root / ".env").write_text("NOOKS_SANDBOX=false\nNOOKS_LAKE_BUCKET=acme-prod-lake\n")
    environment.ensure(root)
    services = Stack(environment.read(root)).services()
    declared = {service.name for service in services}
    assert all(set(service.needs) <= declared for service in services)


def test_without_the_sandbox_no_proxy_and_no_authority_are_written(root: Path) -> None:
    (root / ".env").write_text("NOOKS_SANDBOX=false\n")
    values = environment.ensure(root).values
    assert values.keys().isdisjoint(environment.SANDBOX_VARIABLES)


def test_a_moved_folder_is_told(root: Path) -> None:
    environment.ensure(root)
    moved = root.rename(root.with_name("elsewhere"))
    with pytest.raises(Permanent, match=r"was moved or copied: its \.env still names .*Remove \.env"):
        environment.read(moved)


def test_the_root_is_found_from_a_folder_below_it(root: Path) -> None:
    deep = root / "assets" / "crm"
    deep.mkdir(parents=True)
    assert environment.find_root(deep) == root
    with pytest.raises(Permanent, match="is not inside a nooks project"):
        environment.find_root(root.parent)


def test_a_variable_that_is_set_wins_over_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"NOOKS_LAKE_BUCKET": "mine"})
    environment.apply(environment.ensure(root))
    assert os.environ["NOOKS_LAKE_BUCKET"] == "mine"
    assert os.environ["NOOKS_SANDBOX"] == "true"


def test_a_proxy_of_the_shell_does_not_lead_past_the_sandbox(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = "http://proxy.example.com:8080"
    monkeypatch.setattr(os, "environ", {"HTTPS_PROXY": company, "https_proxy": company, "PATH": "/bin"})
    found = environment.ensure(root)
    environment.apply(found)
    for seen in (os.environ, found.variables()):
        assert seen["HTTPS_PROXY"].startswith("http://127.0.0.1:")
        assert "https_proxy" not in seen
        assert seen["PATH"] == "/bin"


def test_a_port_that_is_none_is_told(root: Path) -> None:
    (root / ".env").write_text("NOOKS_UI_PORT=http\n")
    with pytest.raises(Permanent, match=r"NOOKS_UI_PORT in \.env names no port"):
        environment.ensure(root).port("NOOKS_UI_PORT")


def test_an_edited_file_is_known_from_one_of_ours(root: Path) -> None:
    environment.ensure(root)
    assert dotenv_file.untouched(root)
    with (root / ".env").open("a") as file:
        file.write("OPENAI_API_KEY=sk-mine\n")
    assert not dotenv_file.untouched(root)


def test_dagster_reads_the_same_values_from_the_file(root: Path) -> None:
    assert dotenv_values(root / ".env") == {}
    assert dict(environment.ensure(root).values) == dotenv_values(root / ".env")


def test_changed_code_is_known_and_a_touched_file_is_not_changed_code(root: Path) -> None:
    file = root / "assets" / "crm" / "records.py"
    file.parent.mkdir(parents=True)
    file.write_text("ANSWER = 1\n")
    before = environment.ensure(root).digest
    os.utime(file, (0, 0))
    assert environment.read(root).digest == before
    file.write_text("ANSWER = 2\n")
    assert environment.read(root).digest != before


def accounts(root: Path) -> list[str]:
    """What the sandbox is asked to make if it is absent."""
    (command,) = [s.prepare() for s in Stack(environment.read(root)).services() if s.name == "sandbox"]
    return command[command.index("--port") + 2 :]


def test_the_sandbox_has_the_accounts_of_the_samples_that_are_wanted(root: Path) -> None:
    environment.ensure(root)
    assert accounts(root) == ["--org", "acme", "--portal", "globex", "--org", "initech=500", "--portal", "initech=500"]
    with (root / ".env").open("a") as file:
        file.write("NOOKS_SAMPLES=globex, acme\n")
    assert accounts(root) == ["--portal", "globex", "--org", "acme"]


def test_a_sample_that_is_none_is_refused_by_name(root: Path) -> None:
    environment.ensure(root)
    with (root / ".env").open("a") as file:
        file.write("NOOKS_SAMPLES=hooli\n")
    with pytest.raises(Permanent, match="NOOKS_SAMPLES: There is no sample workspace 'hooli'"):
        accounts(root)
