"""What the source says was deleted in a window, and the window did not bring: asked for by its id before it ends.

Belongs here: planning those chunks. Does not: reading them (`crm.sync.chunks`), how a source is asked (each connector).

It comes when the rest of the window is merged, so that what a query did show as deleted is not read twice.
"""

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.sync.windows import OpenWindow
from nooks_dagster.crm.work import CHUNKS, WindowKind
from nooks_dagster.ledger.giving_up import GIVEN_UP
from nooks_dagster.ledger.items import NewItem
from nooks_dagster.ledger.ledger import Ledger

FOLLOWED = (WindowKind.INCREMENTAL, WindowKind.REREAD, WindowKind.LATE)
ASKED = "deletions_asked"
IDS_OF_A_CHUNK = 150  # 3.2 KB of the 8 that an item may have


def follow_deletions(ledger: Ledger, window: OpenWindow) -> None:
    """Plan the chunks of the rows that are alive here and deleted there, once for a window.

    Raises:
        Failure: What the source answered.
        LostLease: Another run has the window.
    """
    item = window.claim.item
    if window.connector is None or ASKED in item.progress or GIVEN_UP in item.progress:
        return
    told = window.connector.deleted(window.source, window.window)
    alive = sorted(HeldRows(ledger.db, window.task.connection).stamps(window.source, told)) if told else []
    if not alive:
        return
    groups = [alive[at : at + IDS_OF_A_CHUNK] for at in range(0, len(alive), IDS_OF_A_CHUNK)]
    items = [
        NewItem(
            CHUNKS,
            item.scope,
            item.lane,
            f"{item.id}/deleted.{ids[0]}",
            {"key": f"deleted.{ids[0]}", "spec": {}, "ids": ids},
            item.work_class,
            parent=item.id,
        )
        for ids in groups
    ]
    with ledger.db.transaction() as conn:
        ledger.plan(conn, items)
        ledger.advance(conn, window.claim, {**item.progress, ASKED: True})
    crash_point("followed")
