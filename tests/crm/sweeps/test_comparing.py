"""A sweep beside windows, whatever happens meanwhile: nothing is deleted that was there, the next one ends equal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.model import Volatile
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import missing, observed
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sweeps.comparing import compare, to_compare
from nooks_dagster.crm.sweeps.roll import Roll
from nooks_dagster.crm.work import DEPTHS, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from tests.crm.things import CONNECTION, THING, Part, Row, at, batch

WORKED_OUT = ("Name", "Score__c")
SOURCE = replace(
    THING,
    fields=tuple(replace(f, volatile=Volatile.CALCULATED if f.name in WORKED_OUT else None) for f in THING.fields),
)
LISTED = to_compare(SOURCE, DEPTHS)
TASK = WindowTask("acme", CONNECTION, THING.name, THING.canonical, WindowKind.SWEEP, sweep=DEPTHS)
STILL = 60  # by then nothing changes any more
IDS = ("1", "2", "3", "4")
SLOW = 3  # seconds from the beginning of a query until it comes to its last row

happenings = st.sampled_from(["edit", "work out", "delete", "restore", "vanish", "come back"])
lives = st.lists(st.tuples(st.integers(1, 4), happenings), min_size=1, max_size=6)


@dataclass(frozen=True)
class Source:
    """The states of each row, each since a moment; None while the user does not see it."""

    states: dict[str, list[tuple[int, Row | None]]]

    def at(self, record: str, moment: int) -> Row | None:
        return next((row for since, row in reversed(self.states[record]) if since <= moment), None)

    def query(self, began: int, delays: Sequence[int], ids: Sequence[str] = IDS) -> Part:
        rows = [self.at(record, began + delay) for record, delay in zip(ids, delays, strict=False)]
        return Part(began, [row for row in rows if row])


def lived(record: str, steps: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Row | None]]:
    row, seen, moment = Row(record, 0, f"{record} at 0"), True, 0
    yield 0, row
    for pause, happening in steps:
        moment += pause
        named = {"name": f"{record} at {moment}"}
        match happening:
            case "edit":
                row = replace(row, stamp=moment // 2 * 2, **named)
            case "work out":
                row = replace(row, **named)
            case "delete" | "restore":
                row = replace(row, deleted=happening == "delete")
            case _:
                seen = happening == "come back"
        yield moment, row if seen else None


class Platform:
    """The table, and one sweep after the other."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.number = 0
        with db.transaction() as conn:
            conn.execute("delete from crm.custom_objects")

    def read(self, part: Part) -> None:
        with self.db.transaction() as conn:
            merge(conn, SOURCE, SOURCE.columns, CONNECTION, [batch(part.rows, part.observed)])

    def compare(self, part: Part) -> None:
        rows = batch(part.rows, part.observed).select(LISTED.schema.names)
        with self.db.transaction() as conn:
            self._roll(conn).create()
            compare(conn, LISTED, CONNECTION, self._roll(conn), [observed(rows, at(part.observed))])

    def judge(self, began: int) -> list[str]:
        with self.db.transaction() as conn:
            roll = self._roll(conn)
            roll.add_missing(at(began))
            wanted = [record for stretch in roll.stretches("dm", 2) for record in roll.ids(stretch)]
            roll.drop()
        return wanted

    def ask(self, source: Source, moment: int, ids: Sequence[str]) -> None:
        came = source.query(moment, [0] * len(ids), ids)
        absent = sorted(set(ids) - {row.id for row in came.rows})
        gone = HeldRows(self.db, CONNECTION).stamps(SOURCE, absent)
        with self.db.transaction() as conn:
            rows = [batch(came.rows, moment), missing(SOURCE, gone, at(moment))]
            merge(conn, SOURCE, SOURCE.columns, CONNECTION, rows)

    def table(self) -> dict[str, tuple[Any, ...]]:
        """Return id to (reason, name, when it was last seen, or not)."""
        query = """select id, deleted_reason, name, extract(epoch from present_at - %s)::int from crm.custom_objects"""
        with self.db.transaction() as conn:
            return {row[0]: row[1:] for row in conn.execute(query, (at(0),))}

    def _roll(self, conn: Any) -> Roll:
        return Roll(conn, self.number, TASK)


@pytest.fixture
def crm(db: Database) -> Database:
    ensure_partitions(db, CONNECTION)
    return db


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), histories=st.lists(lives, min_size=len(IDS), max_size=len(IDS)))
def test_no_row_that_was_there_is_deleted_and_once_all_stands_still_a_sweep_ends_equal(
    crm: Database, data: st.DataObject, histories: list[list[tuple[int, str]]]
) -> None:
    source = Source({record: list(lived(record, steps)) for record, steps in zip(IDS, histories, strict=True)})
    delays = st.lists(st.integers(0, SLOW), min_size=len(IDS), max_size=len(IDS))
    windows = [source.query(began, data.draw(delays)) for began in data.draw(st.lists(st.integers(0, 15), max_size=4))]
    began = data.draw(st.integers(0, 12))
    asked = began + SLOW + data.draw(st.integers(0, 2))
    places = [data.draw(st.integers(0, 3)) for _ in windows]  # whatever was seen when, it may be merged later

    def read(place: int) -> None:
        for part, merged in zip(windows, places, strict=True):
            if merged == place:
                platform.read(part)

    platform = Platform(crm)
    platform.read(source.query(0, [0] * len(IDS)))
    read(0)
    platform.compare(source.query(began, data.draw(delays)))
    read(1)
    wanted = platform.judge(began)
    read(2)
    platform.ask(source, asked, wanted)
    read(3)
    for record, (reason, _, seen) in platform.table().items():
        assert reason != "missing" or source.at(record, seen) is None
        sights = [part.observed for part in windows for row in part.rows if row.id == record and not row.deleted]
        assert reason is None or max(sights, default=0) <= seen

    platform.compare(source.query(STILL, [0] * len(IDS)))
    platform.ask(source, STILL + 1, platform.judge(STILL))
    ends = {record: source.at(record, STILL) for record in IDS}
    found = platform.table()
    assert {r: row.name for r, row in ends.items() if row and not row.deleted} == {
        r: name for r, (reason, name, _) in found.items() if reason is None
    }
    assert all(found[r][0] is not None for r, row in ends.items() if row and row.deleted)
