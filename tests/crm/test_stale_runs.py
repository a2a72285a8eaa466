"""What a run that was overtaken, and a dataset that cannot be read, do to others: nothing."""

from datetime import timedelta
from typing import Any
from unittest.mock import MagicMock

import pytest

from nooks_dagster.crm.model import Window
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync.claiming import Claimer
from nooks_dagster.crm.sync.hands import Hands, Held, Task
from nooks_dagster.crm.sync.windows import OpenWindow, WindowRunner
from nooks_dagster.crm.upkeep.janitor import Janitor
from nooks_dagster.crm.work import CHUNKS, WINDOWS, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.shelf import Shelf
from tests.crm.things import CONNECTION, THING, Part, Row, at


def test_a_run_that_lost_its_window_does_not_begin_the_raw_rows_anew(db: Database, lake: Lake) -> None:
    ensure_partitions(db, CONNECTION)
    shelf, ledger = Shelf(db, lake), Ledger(db, "one", timedelta(0))
    task = WindowTask(shelf.raw.workspace, CONNECTION, THING.name, "custom_objects", WindowKind.HISTORY)
    with db.transaction() as conn:
        ledger.plan(conn, [task.item("h", WorkClass.HISTORY)])
    (stale,) = ledger.claim(WINDOWS, limit=1)
    (held,) = Ledger(db, "two", timedelta(seconds=30)).claim(WINDOWS, limit=1, suspects=True)
    runner = WindowRunner(db, lake, ledger, MagicMock())

    def window(claim: Claim) -> OpenWindow:
        return OpenWindow(claim, task, THING, None, Window(None, at(100)))

    shelf.land(Part(10, [Row("a", 1, "old")]))
    runner.close(window(held))
    shelf.add(Part(20, [Row("a", 2, "new")]))  # an incremental window that came after
    before = shelf.dataset.manifest().parts
    with pytest.raises(LostLease):
        runner.close(window(stale))
    assert shelf.dataset.manifest().parts == before


def test_a_manifest_that_cannot_be_read_keeps_nobody_else_from_being_swept(db: Database, lake: Lake) -> None:
    ensure_partitions(db, CONNECTION)
    bad, good = Shelf(db, lake), Shelf(db, lake)
    for shelf in (bad, good):
        shelf.begin_anew([Part(10, [Row("a", 1, "old")])])
    name = f"{bad.raw.prefix}/manifest.json"
    lake.write_json(name, {"no": 1}, lake.read_json(name).generation)
    good.land(Part(11, [Row("b", 1, "x")]))
    assert [swept.dataset for swept in Janitor(db, lake, timedelta()).sweep()] == [good.raw.prefix]


@pytest.mark.parametrize(("queue", "claimed"), [(WINDOWS, 1), (CHUNKS, 0)])
def test_a_suspect_chunk_waits_for_other_chunks_and_not_for_plans(queue: Any, claimed: int) -> None:
    ledger, hands, claim = MagicMock(), Hands(), MagicMock()
    claim.item.id, claim.item.deaths = 1, 0
    held = Held(claim, MagicMock(), opened=MagicMock())
    hands.windows[1] = held
    hands.tasks._running[MagicMock()] = Task(queue, claim, held)
    ledger.claim.side_effect = lambda _queue, *, suspects, **_: ["suspect"] if suspects else []
    found = next(iter(Claimer(ledger, hands, 2, [CHUNKS]).ready("crm/acme", lambda: None)), None)
    assert (found is not None) == bool(claimed)
