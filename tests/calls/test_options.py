"""A workspace chooses the language and the region of its calls, and what it did not choose is the platform's."""

import json

import pytest
from typer.testing import CliRunner

from nooks_dagster.calls.options import Options, choose, options_of
from nooks_dagster.cli import app
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from tests.calls.ingest.things import add_workspaces


def test_what_is_chosen_holds_until_it_is_taken_back(db: Database) -> None:
    add_workspaces(db, "acme")
    assert options_of(db, "acme") == Options()
    assert choose(db, "acme", "DE", "de") == Options("de", "DE")
    assert choose(db, "acme", region="") == Options("de", None)
    assert options_of(db, "acme") == Options("de", None)


@pytest.mark.parametrize("wrong", [{"language": "klingon"}, {"region": "Mars"}, {"workspace": "nobody"}])
def test_what_is_not_known_is_refused_with_what_is(db: Database, wrong: dict[str, str]) -> None:
    add_workspaces(db, "acme")
    with pytest.raises(Permanent) as refused:
        choose(db, **{"workspace": "acme", "language": "de", **wrong})
    assert refused.value.next_step
    assert options_of(db, "acme") == Options()


def test_a_person_chooses_and_reads_it(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    add_workspaces(db, "acme")
    told = CliRunner().invoke(app, ["calls", "options", "acme", "--region", "fr"])
    assert told.output == "Calls of acme are translated into en (as usual); numbers without a country are of FR.\n"
    told = CliRunner().invoke(app, ["calls", "options", "acme", "--json"])
    assert json.loads(told.output) == {"workspace": "acme", "language": None, "region": "FR"}
