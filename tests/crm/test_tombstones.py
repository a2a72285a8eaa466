"""Why a row is gone: whatever the order in which its ends were read, the table says what the last query was told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import missing
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from tests.crm.things import CONNECTION, THING, Row, at, batch

FATES = "select id, deleted_reason, merged_into, name from crm.custom_objects"
Fate = tuple[str | None, str | None, str | None]
"""Reason, winner and name."""


@pytest.fixture
def crm(db: Database) -> Database:
    ensure_partitions(db, CONNECTION)
    return db


@dataclass(frozen=True, slots=True)
class Word:
    """What a query that began at a moment was told of a row; without a row, that there is none of this id."""

    began: int
    row: Row
    missing: bool = False

    def batch(self) -> pa.RecordBatch:
        if self.missing:
            return missing(THING, {self.row.id: at(self.row.stamp)}, at(self.began))
        return batch([self.row], self.began)

    def fate(self) -> Fate:
        if self.missing:
            return "missing", None, None
        if self.row.deleted:
            return "merged" if self.row.winner else "deleted", self.row.winner, None
        return None, None, self.row.name


CHANGES = st.lists(
    st.tuples(st.sampled_from(["edit", "delete", "merge", "undelete", "unshare", "share"]), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


def words_of(changes: Sequence[tuple[str, int]]) -> list[Word]:
    """Return what queries are told of one row, one after each change; some stamps tie, and sharing moves none."""
    row, seen, moment, words = Row("1", 0, "born"), True, 0, []
    for what, pause in changes:
        moment += pause
        if what in ("unshare", "share"):
            seen = what == "share"
        elif seen and row.deleted is (what == "undelete"):
            winner = f"winner at {moment}" if what == "merge" else None
            row = Row("1", moment, f"{what} at {moment}", what in ("delete", "merge"), winner)
        words.append(Word(len(words) + 100, row, missing=not seen))
    return words


def merge_word(db: Database, word: Word) -> None:
    with db.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, [word.batch()])


def fates(db: Database) -> dict[str, Fate]:
    with db.transaction() as conn:
        return {id_: (reason, winner, name) for id_, reason, winner, name in conn.execute(FATES).fetchall()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), changes=CHANGES)
def test_the_last_word_on_a_row_decides_why_it_is_gone_in_any_order_and_with_replays(
    crm: Database, data: st.DataObject, changes: list[tuple[str, int]]
) -> None:
    with crm.transaction() as conn:
        conn.execute("delete from crm.custom_objects")
    words = data.draw(st.lists(st.sampled_from(words_of(changes)), min_size=1, max_size=8))
    for word in words:
        merge_word(crm, word)
    assert fates(crm) == {"1": max(words, key=lambda word: word.began).fate()}


@pytest.mark.parametrize("first", ["missing", "deleted", "merged"])
@pytest.mark.parametrize("then", ["missing", "deleted", "merged"])
def test_each_reason_is_replaced_by_a_later_one_and_by_no_earlier_one(crm: Database, first: str, then: str) -> None:
    row = Row("1", 5, "Ada", deleted=True)
    kinds = {
        "deleted": Word(0, row),
        "merged": Word(0, replace(row, winner="2")),
        "missing": Word(0, row, missing=True),
    }
    earlier, later = replace(kinds[first], began=10), replace(kinds[then], began=20)
    for order in ([earlier, later], [later, earlier]):
        for word in order:
            merge_word(crm, word)
        assert fates(crm) == {"1": later.fate()}
