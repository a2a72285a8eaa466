"""The janitor takes what nobody can come to need, and nothing else, and not at once."""

from datetime import timedelta

import pytest

from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.upkeep.janitor import Janitor, Swept
from nooks_dagster.crm.work import CHUNKS, WINDOWS
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.catalog import cataloged, forget_parts
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import NewItem, WorkClass
from tests.crm.shelf import Shelf
from tests.crm.things import CONNECTION, Part, Row

AT_ONCE = timedelta()


@pytest.fixture
def shelf(db: Database, lake: Lake) -> Shelf:
    """A dataset whose first generation was superseded by a compaction."""
    ensure_partitions(db, CONNECTION)
    shelf = Shelf(db, lake)
    shelf.begin_anew([Part(10, [Row("1", 5, "old"), Row("2", 5, "stays")])])
    shelf.add(Part(20, [Row("1", 15, "new")]))
    return shelf


def sweep(shelf: Shelf, kept: timedelta = AT_ONCE, *, dry_run: bool = False) -> list[Swept]:
    return list(Janitor(shelf.db, shelf.lake, kept).sweep(dry_run=dry_run))


def uris(shelf: Shelf) -> set[str]:
    return {shelf.lake.uri(stored.name) for stored in shelf.lake.objects(f"{shelf.raw.prefix}/")}


def in_catalog(shelf: Shelf) -> set[str]:
    with shelf.db.transaction() as conn:
        return set(cataloged(conn, shelf.raw.prefix))


def test_a_superseded_generation_goes_after_a_week_and_not_before(shelf: Shelf) -> None:
    old = {handle.uri for handle in shelf.dataset.handles}
    shelf.compact()
    (first,) = sweep(shelf, timedelta(days=7))
    assert (first.removed, first.waiting) == ([], 2)
    with shelf.db.transaction() as conn:
        conn.execute("update lake.parts set unnamed_at = unnamed_at - interval '7 days 1 second'")
    (second,) = sweep(shelf, timedelta(days=7))
    assert set(second.removed) == old
    assert second.removed_bytes > 0
    named = {handle.uri for handle in shelf.dataset.handles}
    assert in_catalog(shelf) == named
    assert uris(shelf) == named | {shelf.lake.uri(f"{shelf.raw.prefix}/manifest.json")}


def test_a_reader_of_an_old_generation_is_not_disturbed_by_the_night(shelf: Shelf) -> None:
    reader = Dataset(shelf.lake, shelf.raw.prefix)
    assert reader.rows == 3
    shelf.compact()
    sweep(shelf, timedelta(days=7))
    assert sorted(row["Name"] for row in reader.to_arrow().to_pylist()) == ["new", "old", "stays"]


def test_a_dry_run_tells_what_would_go_and_changes_nothing(shelf: Shelf) -> None:
    shelf.compact()
    sweep(shelf)
    before = (uris(shelf), in_catalog(shelf))
    (told,) = sweep(shelf, dry_run=True)
    assert len(told.removed) == 2
    assert (uris(shelf), in_catalog(shelf)) == before
    assert sweep(shelf)[0].removed == told.removed


def test_what_is_published_is_never_taken(shelf: Shelf) -> None:
    for _ in range(2):
        assert sweep(shelf) == []
    assert len(shelf.rows()) == 3


def test_a_part_that_was_struck_out_or_never_landed_goes_by_its_age(shelf: Shelf) -> None:
    handle = shelf.land(Part(30, [Row("3", 25, "struck out")]))
    with shelf.db.transaction() as conn:
        forget_parts(conn, [handle.uri])
    assert sweep(shelf, timedelta(days=7))[0].waiting == 1
    assert sweep(shelf)[0].removed == [handle.uri]
    assert handle.uri not in uris(shelf)


def landed_by_a_chunk(shelf: Shelf) -> tuple[Handle, int]:
    """Land a part whose chunk is done and whose window is not."""
    with shelf.db.transaction() as conn:
        window = NewItem(WINDOWS, "crm/acme", "lane", "window", {}, WorkClass.ASKED)
        shelf.ledger.plan(conn, [window])
        ((parent,),) = conn.execute("select id from work.items").fetchall()
        shelf.ledger.plan(conn, [NewItem(CHUNKS, "crm/acme", "lane", "1", {}, WorkClass.ASKED, parent=parent)])
        ((chunk,),) = conn.execute("update work.items set state = 'done' where key = '1' returning id").fetchall()
    return shelf.land(Part(30, [Row("3", 25, "not published yet")]), chunk), parent


def test_a_part_whose_window_is_open_is_kept_however_old(shelf: Shelf) -> None:
    handle, window = landed_by_a_chunk(shelf)
    for _ in range(3):
        assert sweep(shelf) == []
    with shelf.db.transaction() as conn:
        conn.execute("update work.items set state = 'done' where id = %s", (window,))
    sweep(shelf)
    assert sweep(shelf)[0].removed == [handle.uri]


def test_a_part_that_is_named_again_begins_its_week_anew(shelf: Shelf) -> None:
    handle = shelf.land(Part(30, [Row("3", 25, "late")]))
    sweep(shelf)
    shelf.dataset.publish([handle], shelf.schema)
    assert sweep(shelf) == []
    with shelf.db.transaction() as conn:
        assert conn.execute("select count(*) from lake.parts where unnamed_at is not null").fetchone() == (0,)


def test_objects_beside_the_raw_parts_are_left_alone(shelf: Shelf) -> None:
    shelf.lake.write_json("signals/note.json", {}, 0)
    shelf.lake.write_json(f"{shelf.raw.prefix}/note.json", {}, 0)
    assert sweep(shelf) == []
    assert shelf.lake.exists("signals/note.json")
    assert shelf.lake.exists(f"{shelf.raw.prefix}/note.json")
