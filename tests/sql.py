"""Asking the database of a test in SQL, and telling it something."""

from typing import Any

from nooks_dagster.database.pool import Database


def rows(db: Database, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    with db.transaction() as conn:
        return conn.execute(query.encode(), values or None).fetchall()


def execute(db: Database, statement: str, *values: Any) -> None:
    """Have something done."""
    with db.transaction() as conn:
        conn.execute(statement.encode(), values or None)
