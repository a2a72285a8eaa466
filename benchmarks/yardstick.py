"""The yardstick: what Postgres alone asks for the same rows in the same table, from ready-made CSV.

Belongs here: COPY and a plain first merge, without ledger, lake, API, counting or any other care.
Does not: making the CSV (`benchmarks.rows`). Run as `python -m benchmarks.yardstick KIND FOLDER`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.crms import CRMS
from benchmarks.services import YARDSTICK
from benchmarks.work import measured
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.settings import settings

BLOCK_BYTES = 1 << 20
ENOUGH_TO_SORT = "SET LOCAL work_mem = '64MB'"
STAGE = "CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
COPY = "COPY pg_temp.staging ({columns}) FROM STDIN (FORMAT csv, HEADER)"
MERGE = """
    INSERT INTO {table} AS t (connection_id, source_object, {columns}, observed_at, present_at)
    SELECT DISTINCT ON (id) {connection}, {source}, {columns}, now(), now()
    FROM pg_temp.staging ORDER BY id, source_stamp DESC
    ON CONFLICT (connection_id, source_object, id) DO UPDATE SET {assignments}
    WHERE excluded.source_stamp >= t.source_stamp
"""


def load(conn: psycopg.Connection, source: str, folder: Path) -> int:
    """Load every file of a folder, each in a transaction of its own; return the bytes of CSV."""
    files = sorted(folder.glob("*.csv"))
    for path in files:
        with conn.transaction():
            _load(conn, source, path)
    return sum(path.stat().st_size for path in files)


def _load(conn: psycopg.Connection, source: str, path: Path) -> None:
    with path.open("rb") as file, conn.cursor() as cursor:
        words = _words(source, file.readline().decode().strip().replace('"', "").split(","))
        file.seek(0)
        cursor.execute(ENOUGH_TO_SORT)
        cursor.execute(sql.SQL(STAGE).format(**words))
        with cursor.copy(sql.SQL(COPY).format(**words)) as copy:
            while block := file.read(BLOCK_BYTES):
                copy.write(block)
        cursor.execute(sql.SQL(MERGE).format(**words))


def _words(source: str, columns: list[str]) -> dict[str, sql.Composable]:
    names = [sql.Identifier(name) for name in columns]
    comma = sql.SQL(", ")
    return {
        "table": sql.Identifier("crm", partition_name("contacts", YARDSTICK)),
        "connection": sql.Literal(YARDSTICK),
        "source": sql.Literal(source),
        "columns": comma.join(names),
        "assignments": comma.join(sql.SQL("{0} = excluded.{0}").format(name) for name in names),
    }


def main(kind: str, folder: Path) -> None:
    """Load, and tell what it took."""
    with psycopg.connect(settings().postgres_url, autocommit=True) as conn:
        conn.execute("SET timezone TO 'UTC'")

        def work() -> Mapping[str, Any]:
            return {"csv_bytes": load(conn, CRMS[kind].source, folder)}

        measured(work)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
