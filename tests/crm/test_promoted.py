"""A file gives a custom object a table of its own; what it declares is checked, and the table follows it."""

from dataclasses import replace

import pytest

from nooks_dagster.crm import canonical, promoted
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import FieldType, SourceField
from nooks_dagster.crm.promoted import Promoted
from nooks_dagster.crm.rows import tables
from nooks_dagster.crm.rows.tables import ensure_partitions, ensure_tables
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from tests.crm.things import THING

SCORES = Promoted(
    name="scores",
    about="How things score.",
    columns={"name": FieldType.TEXT, "score": FieldType.NUMBER, "day": FieldType.TIMESTAMP},
    sources={"Thing__c": {"score": "Score__c", "day": "Day__c"}},
)


def declare(monkeypatch: pytest.MonkeyPatch, one: Promoted) -> None:
    """Let that be what the files declare."""
    for module in (promoted, canonical, tables):
        monkeypatch.setattr(module, "promoted_objects", lambda: (one,))
    monkeypatch.setattr(tables, "OBJECTS", canonical._objects())


def columns(db: Database) -> dict[str, str]:
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'scores'"
    with db.transaction() as conn:
        return dict(conn.execute(query).fetchall())


def test_a_field_of_its_columns_type_fills_it_and_any_other_stays_in_properties() -> None:
    shape = SCORES.shape(replace(THING, columns={"name": "Name", "owner_id": "OwnerId", "source_created_at": "Made"}))
    assert shape.canonical == "scores"
    assert shape.columns == {"name": "Name", "score": "Score__c", "source_created_at": "Made"}
    whole = replace(THING, fields=(SourceField("Score__c", FieldType.INTEGER),))
    assert SCORES.shape(whole).columns == {"score": "Score__c"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Scores"}, "cannot be a table's"),
        ({"name": "a" * 22}, "up to 21"),
        ({"sources": {"Thing__c": {"scor": "Score__c"}}}, "fills 'scor', which is none of its columns"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_when_it_is_loaded(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(SCORES, **changes)


def test_the_name_of_an_object_of_every_crm_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="accounts is an object of every CRM"):
        declare(monkeypatch, replace(SCORES, name="accounts"))


def test_its_table_has_what_every_table_has_and_wins_columns_and_partitions(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, SCORES)
    ensure_partitions(db, "acme-salesforce")
    ensure_tables(db)
    own = {"name": "text", "score": "numeric", "day": "timestamp with time zone"}
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'custom_objects'"
    with db.transaction() as conn:
        others = {name for (name,) in conn.execute(query)} - {"name", "owner_id"}
        conn.execute("ALTER TABLE crm.custom_objects ADD COLUMN told_later boolean")
    assert columns(db).keys() == others | own.keys()
    assert own.items() <= columns(db).items()
    declare(monkeypatch, replace(SCORES, columns={**SCORES.columns, "rank": FieldType.INTEGER}))
    ensure_tables(db)
    assert (columns(db)["rank"], columns(db)["told_later"]) == ("bigint", "boolean")
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO crm.scores (connection_id, source_object, id, rank, source_stamp, observed_at, present_at) "
            "VALUES ('acme-salesforce', 'Thing__c', '1', 7, now(), now(), now())"
        )


def test_a_column_that_changes_its_type_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, SCORES)
    ensure_tables(db)
    declare(monkeypatch, replace(SCORES, columns={**SCORES.columns, "score": FieldType.TEXT}))
    with pytest.raises(Permanent, match=r"crm\.scores: Its column score holds numeric and is declared as text"):
        ensure_tables(db)


def test_without_files_there_are_the_objects_of_every_crm() -> None:
    assert len(OBJECTS) == 7
