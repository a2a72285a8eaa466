"""`nooks up` and `nooks down`: progress and errors are sentences, and nothing of a person's is erased."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nooks_dagster.cli import app
from nooks_dagster.failures import Transient
from nooks_dagster.local import control, environment, processes
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.processes import Process
from nooks_dagster.local.record import Entry, Record

run = CliRunner().invoke


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A project folder with its `.env`, which is the current folder."""
    (tmp_path / "workspace.yaml").touch()
    (tmp_path / "dagster.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return environment.ensure(tmp_path)


def told(project: Environment, *entries: Entry) -> None:
    """Write what a supervisor (this very process) would have written."""
    Record(project.digest, Process.of(os.getpid()), 0, list(entries)).write(project.state / "stack.json")


def test_outside_a_project_every_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("up", "down"):
        result = run(app, [command])
        assert result.exit_code == 1
        assert "is not inside a nooks project" in result.stderr
        assert "Change into its folder" in result.stderr
        assert "Traceback" not in result.output


def test_a_wrong_call_has_another_exit_code(project: Environment) -> None:
    assert run(app, ["up", "--sideways"]).exit_code == 2
    assert run(app, ["sideways"]).exit_code == 2


def test_services_are_told_one_by_one_when_they_are_well(project: Environment) -> None:
    told(project, Entry("postgres", "Postgres", "well"), Entry("schema", "Schema", "done"))
    assert [entry.name for _, entry in control.until_well(project)] == ["postgres", "schema"]


def test_a_service_that_cannot_start_ends_the_waiting_with_its_reason(project: Environment) -> None:
    blocked = Entry("webserver", "UI", "waiting", starts=3, problem="Port 3000 is held by node (process 7).")
    told(project, Entry("postgres", "Postgres", "well"), blocked)
    with pytest.raises(Transient, match=r"Port 3000 is held by node \(process 7\)\. .*webserver\.log"):
        list(control.until_well(project))


def test_code_that_does_not_load_ends_the_waiting_soon(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "AILING_SECONDS", 0.2)
    told(project, Entry("webserver", "UI", "ailing", problem="Your code does not load: SyntaxError"))
    with pytest.raises(Transient, match="SyntaxError"):
        list(control.until_well(project))


def test_a_supervisor_that_died_is_told(project: Environment) -> None:
    told(project, Entry("postgres", "Postgres", "starting"))
    dead = Record(project.digest, Process(os.getpid(), 1.0), 0, [Entry("postgres", "Postgres", "starting")])
    dead.write(project.state / "stack.json")
    with pytest.raises(Transient, match=r"The supervisor ended.*supervisor\.log"):
        list(control.until_well(project))


def test_services_of_older_code_are_stopped_even_when_nobody_keeps_them(
    project: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(_: Environment) -> None:
        raise Transient("far enough")

    monkeypatch.setattr(control, "launch", launch)
    left = processes.start(["sleep", "60"], project.state / "log" / "lake.log", cwd=project.root)
    Record("older", None, 0, [Entry("lake", "Lake", "well", left)]).write(project.state / "stack.json")
    assert "The code or .env has changed since the last start" in run(app, ["up"]).output
    assert not left.alive()


def test_down_where_nothing_ever_ran_is_no_error(project: Environment) -> None:
    (project.state / "env.sha256").unlink()
    project.state.rmdir()
    result = run(app, ["down"])
    assert result.exit_code == 0
    assert "Nothing runs here" in result.output


def test_erasing_leaves_an_edited_env_alone(project: Environment) -> None:
    with (project.root / ".env").open("a") as file:
        file.write("OPENAI_API_KEY=sk-mine\n")
    result = run(app, ["down", "--erase"])
    assert ".env stays: it has lines of yours" in result.output
    assert (project.root / ".env").exists()
    assert not project.state.exists()


def test_erasing_removes_an_env_that_is_all_ours(project: Environment) -> None:
    assert run(app, ["down", "--erase"]).exit_code == 0
    assert not (project.root / ".env").exists()


def test_dagster_finds_its_configuration_in_the_state_folder(project: Environment) -> None:
    control.stack.lay_out(project)
    control.stack.lay_out(project)
    home = project.state / "dagster"
    assert (home / "dagster.yaml").resolve() == project.root / "dagster.yaml"
    assert str(project.port("NOOKS_CODE_SERVER_PORT")) in (home / "workspace.yaml").read_text()
