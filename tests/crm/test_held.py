"""What is held: rows that are there and not deleted, by one small query."""

from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from tests.crm.things import CONNECTION, THING, Row, at, batch


def test_the_stamp_of_each_row_that_is_there_and_not_deleted(db: Database) -> None:
    for connection in (CONNECTION, "globex-hubspot"):
        ensure_partitions(db, connection)
    rows = [Row("1", 5, "Ada"), Row("2", 6, "Bob"), Row("3", 7, "Eve", deleted=True), Row("4", 8, "Ida")]
    with db.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, [batch(rows)])
    assert HeldRows(db, CONNECTION).stamps(THING, ["1", "2", "3", "9"]) == {"1": at(5), "2": at(6)}
    assert HeldRows(db, CONNECTION).stamps(THING, []) == {}
    assert HeldRows(db, "globex-hubspot").stamps(THING, ["1"]) == {}
