"""Each connection has partitions of its own, whatever it is called, and `canonical` says what is in them."""

from concurrent.futures import ThreadPoolExecutor

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.lifecycle.belongings import Owner, drop_partitions
from nooks_dagster.crm.rows.tables import ensure_partitions, partition_name
from nooks_dagster.database.pool import Database

SYSTEM = {
    "connection_id": "text",
    "source_object": "text",
    "id": "text",
    "properties": "jsonb",
    "source_stamp": "timestamp with time zone",
    "observed_at": "timestamp with time zone",
    "present_at": "timestamp with time zone",
    "deleted_reason": "text",
    "merged_into": "text",
    "synced_at": "timestamp with time zone",
}
INSERT = """
    insert into crm.users (connection_id, source_object, id, source_stamp, observed_at, present_at)
    values (%s, 'User', '1', now(), now(), now())
"""


def partitions(db: Database, connection: str) -> int:
    query = """
        select count(*) from pg_inherits join pg_class on oid = inhrelid
        where relnamespace = 'crm'::regnamespace and relname = any(%s)
    """
    with db.transaction() as conn:
        row = conn.execute(query, [[partition_name(name, connection) for name in OBJECTS]]).fetchone()
    assert row is not None
    return int(row[0])


def test_the_tables_have_exactly_the_canonical_columns(db: Database) -> None:
    query = """
        select column_name, data_type from information_schema.columns
        where table_schema = 'crm' and table_name = %s
    """
    for name, canonical in OBJECTS.items():
        with db.transaction() as conn:
            found = dict(conn.execute(query, [name]).fetchall())
        written = {column.name: column.type.postgres for column in canonical.columns}
        spelled = {n: t.replace("timestamptz", "timestamp with time zone") for n, t in written.items()}
        assert found == {**SYSTEM, **spelled}, name


def test_a_connection_of_any_name_can_be_written_to(db: Database) -> None:
    for connection in ("acme-salesforce", "A,b \"c\" 'd'", "日本", "x" * 500, "acme_salesforce"):
        ensure_partitions(db, connection)
        with db.transaction() as conn:
            conn.execute(INSERT, [connection])
        assert all(len(partition_name(name, connection).encode()) <= 63 for name in OBJECTS)


def test_several_processes_may_ask_for_the_same_partitions_at_once(db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ensure_partitions(db, "globex-salesforce"), range(8)))
    assert partitions(db, "globex-salesforce") == len(OBJECTS)


def test_new_partitions_do_not_wait_for_readers_and_writers_of_others(db: Database) -> None:
    ensure_partitions(db, "acme-salesforce")
    with db.transaction() as conn:
        conn.execute(INSERT, ["acme-salesforce"])
        conn.execute("select * from crm.users")
        ensure_partitions(db, "maven-salesforce")


def test_dropping_takes_one_connection_and_leaves_the_others(db: Database) -> None:
    for connection in ("globex-salesforce", "maven-salesforce"):
        ensure_partitions(db, connection)
        with db.transaction() as conn:
            conn.execute(INSERT, [connection])
    owner = Owner("globex", "globex-salesforce")
    assert drop_partitions(db, owner)["crm.users"] == 1
    assert drop_partitions(db, owner) == {}
    with db.transaction() as conn:
        assert conn.execute("select connection_id from crm.users").fetchall() == [("maven-salesforce",)]
    assert (partitions(db, "globex-salesforce"), partitions(db, "maven-salesforce")) == (0, len(OBJECTS))
