"""Records that are merged while one chunk is slow and another one is tried again."""

from collections.abc import Iterable

import pyarrow as pa

from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.plans import Sizes
from nooks_dagster.crm.model import Extraction, Window
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from tests.crm.hubspot.memory_portal import MemoryPortal
from tests.crm.hubspot.reading import at, planned

CONNECTION = "globex-hubspot"


def test_ids_that_were_read_after_the_query_that_saw_them_merged_are_gone_with_the_next_window(db: Database) -> None:
    ensure_partitions(db, CONNECTION)
    portal = MemoryPortal()
    for record in range(1, 5):
        portal.add(record)
    connector = HubSpotConnector(portal.session(), HeldRows(db, CONNECTION), Sizes(chunk=2, readers=1))
    source = connector.describe("contacts")

    def land(extraction: Extraction, batches: Iterable[pa.RecordBatch] | None = None) -> None:
        rows = [observed(batch, extraction.observed_at) for batch in batches or extraction.batches]
        with db.transaction() as conn:
            merge(conn, source, source.columns, CONNECTION, rows)

    lower, upper, _ = planned(connector, source, Window(None, at(100)))
    slow = connector.extract(source, upper)
    portal.minute = 101
    tried_again = connector.extract(source, lower)
    land(tried_again, list(tried_again.batches))
    portal.add(9, minute=102, hs_merged_object_ids="1;2")
    del portal.records[1], portal.records[2]
    land(slow)
    portal.minute = 200
    for chunk in planned(connector, source, Window(at(90), at(190))):
        land(connector.extract(source, chunk))
    with db.transaction() as conn:
        rows = conn.execute("select id, merged_into from crm.contacts where deleted_reason = 'merged'").fetchall()
    assert sorted(rows) == [("1", "9"), ("2", "9")]
