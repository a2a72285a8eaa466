"""Sweeps: what stamps do not show is found by comparing every row, and read by its id.

Belongs here: the life of a sweep, from what it lists to what it reads. Does not: what differs
(`crm.sweeps.comparing`), how many rows may go (`crm.sweeps.guard`), reading by ids (`crm.sync.chunks`), when there is
one (`crm.sweeps.planning`).

First the source lists every row, with no more than key, stamp, mark of deletion and the fields to compare. When all is
listed, rows that differ and rows that were not shown become chunks of ids. So nothing is deleted on the word of a list:
a row is gone when the source was asked for it by its id and did not have it.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.access.meter import spent
from nooks_dagster.crm.model import Chunk
from nooks_dagster.crm.rows.raw import raw_schema, read_raw
from nooks_dagster.crm.sweeps.comparing import compare
from nooks_dagster.crm.sweeps.guard import Withheld, check
from nooks_dagster.crm.sweeps.roll import DIFFERS, MISSING, Roll, Stretch
from nooks_dagster.crm.sync.landed import OBSERVED_AT, first_observed
from nooks_dagster.crm.sync.spooling import spool
from nooks_dagster.crm.sync.windows import OpenWindow
from nooks_dagster.crm.work import CHUNKS, WindowKind, WindowTask, moment
from nooks_dagster.database import clock
from nooks_dagster.database.copy import SLICE_ROWS
from nooks_dagster.failures import LostLease
from nooks_dagster.lake.parts import PartWriter
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.children import children, detach
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger

AT_ONCE = 2_000  # ids of a chunk: 20 calls of either CRM
# By ids a call brings 100 rows, by a refresh 2,000 and more: where a twentieth of all rows differ, as a formula of
# today's date does, that is cheaper. Few rows are never worth a refresh.
REFRESH_FROM = 5_000
REFRESH_SHARE = 1 / 20
LOOK_AGAIN = timedelta(days=1)  # the patience with a person; then everything is listed anew
YOUNG = "SELECT %s::timestamptz + %s > now()"


class Sweeper:
    """Runs sweeps.

    Args:
        ledger: Where progress is recorded; its database holds the rolls.
        lake: Whose scratch folder takes what is listed.
    """

    def __init__(self, ledger: Ledger, lake: Lake) -> None:
        self._db = ledger.db
        self._ledger = ledger
        self._scratch = lake.scratch

    def prepare(self, claim: Claim) -> None:
        """Make the roll of a sweep before it is opened.

        Raises:
            Withheld: It waits for a person, without asking the source again for a day.
        """
        task, progress = WindowTask.of(claim.item), claim.item.progress
        with self._db.transaction() as conn:
            roll = Roll(conn, claim.item.id, task)
            if progress.get("withheld", 0) > task.confirmed:
                row = conn.execute(YOUNG, (progress["withheld_at"], LOOK_AGAIN)).fetchone()
                if row and row[0] and not progress.get("again"):
                    raise Withheld(task, progress["withheld"], progress["alive"])
                detach(conn, claim.item.id)
                roll.drop()
                self._ledger.advance(conn, claim, {"restarts": progress.get("restarts", 0) + 1})
            roll.create()

    def compare(self, claim: Claim, window: OpenWindow) -> None:
        """Compare one chunk of what the source lists; nothing of it is kept but the roll.

        Raises:
            Failure: What the source or Postgres answered.
            LostLease: Another worker has the chunk; nothing of ours was committed.
        """
        if window.connector is None or window.listed is None:
            raise LostLease(f"item {claim.item.id} is a chunk of a list that its sweep does not make")
        chunk = Chunk(claim.item.payload["key"], claim.item.payload["spec"])
        extraction = window.connector.extract(window.listed, chunk)
        listed = extraction.source or window.listed
        with PartWriter(self._scratch, raw_schema(listed)) as writer:
            spool(writer, extraction, claim)
            part = writer.finish()
            crash_point("listed")
            with self._db.transaction() as conn:
                roll = Roll(conn, claim.item.parent or 0, window.task)
                rows = read_raw(part.path, 2 * SLICE_ROWS, extraction.observed_at)
                compared = compare(conn, listed, window.task.connection, roll, rows)
                outcome = {**asdict(compared), OBSERVED_AT: extraction.observed_at.isoformat(), **spent()}
                self._ledger.complete(conn, claim, outcome)
                crash_point("compared")

    def judge(self, window: OpenWindow) -> None:
        """Plan what is to be read by its id, once for a sweep that has listed everything.

        Raises:
            Withheld: More rows would be deleted than may go without a person's word.
            StalePlan: Postgres crashed and lost the roll.
        """
        if "judged" in window.claim.item.progress:
            return
        try:
            self._judge(window)
        except Withheld as withheld:
            self._withhold(window.claim, withheld)
            raise

    def _judge(self, window: OpenWindow) -> None:
        claim, task = window.claim, window.task
        with self._db.transaction() as conn:
            roll = Roll(conn, claim.item.id, task)
            roll.check(children(conn, claim.item.id).totals.get("shown", 0))
            began = first_observed(conn, claim.item.id) or moment(claim.item.progress["until"])
            differing, missing, alive = roll.differing(), roll.add_missing(began), roll.alive()
            check(task, missing, alive)
            refresh = differing > REFRESH_FROM and differing > REFRESH_SHARE * alive
            stretches = roll.stretches(MISSING if refresh else DIFFERS + MISSING, AT_ONCE)
            items = list(_chunks(claim, stretches))
            self._ledger.plan(conn, [*items, _refresh(claim, task)] if refresh else items)
            self._ledger.advance(conn, claim, {**claim.item.progress, "judged": True})
            crash_point("judging")
        crash_point("judged")

    def _withhold(self, claim: Claim, withheld: Withheld) -> None:
        with self._db.transaction() as conn:
            at = clock.now(conn).isoformat()
            found = {"withheld": withheld.rows, "alive": withheld.alive, "withheld_at": at, "again": False}
            self._ledger.note(conn, claim, {**claim.item.progress, **found})


def _chunks(claim: Claim, stretches: list[Stretch]) -> Iterator[NewItem]:
    sweep = claim.item
    for number, stretch in enumerate(stretches):
        key = f"read.{number:05d}"
        times = sweep.progress.get("restarts", 0)
        yield NewItem(
            CHUNKS,
            sweep.scope,
            sweep.lane,
            f"{sweep.id}.{times}/{key}",
            {"key": key, "spec": {}, "roll": asdict(stretch)},
            sweep.work_class,
            parent=sweep.id,
        )


def _refresh(claim: Claim, task: WindowTask) -> NewItem:
    refresh = replace(task, kind=WindowKind.REFRESH, since=None, until=None, sweep=(), confirmed=0)
    return refresh.item(f"{WindowKind.REFRESH}:sweep:{claim.item.id}", WorkClass.HISTORY)
