"""What Dagster and the ledger keep, as texts to be searched and measured.

Belongs here: reading every place. Does not: what is looked for.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg import sql

from nooks_dagster.database.pool import Database


def cells(database: Path) -> Iterator[str]:
    """Yield every value of every table of an SQLite file as text, unpacked where it is packed."""
    with closing(sqlite3.connect(database)) as conn:
        for (table,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for values in conn.execute(f'SELECT * FROM "{table}"'):
                yield from (_text(value) for value in values)


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode(errors="replace")
    except zlib.error:
        return value.decode(errors="replace")


def kept_by_dagster(home: Path) -> Iterator[str]:
    for path in (p for p in home.rglob("*") if p.is_file()):
        yield path.read_bytes().decode(errors="replace")
        if path.suffix == ".db":
            yield from cells(path)


def kept_in_schema(db: Database, schema: str) -> Iterator[str]:
    with db.transaction() as conn:
        tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT row_to_json(t)::text FROM {} t").format(sql.Identifier(schema, table))
            yield from (text for (text,) in conn.execute(query))


def events(home: Path) -> Iterator[str]:
    for path in home.rglob("*.db"):
        with closing(sqlite3.connect(path)) as conn:
            tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table, column in (("event_logs", "event"), ("run_tags", "value"), ("runs", "run_body")):
                if table in tables:
                    yield from (str(value) for (value,) in conn.execute(f"SELECT {column} FROM {table}"))
