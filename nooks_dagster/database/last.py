"""The last statements of a transaction, which go to Postgres with its commit right behind them.

Belongs here: keeping them until then, and sending them. Does not: which they are.

A row that everybody changes, such as a sum of all, is held from its change to the commit. In between lies a round trip,
and whoever makes it must first get a core: where 32 threads want one, or a thread gives way to others, all who buy
anything wait for it. One purchase beside 32 buyers on cores with a load of 60 took 1.5 s at the 95th percentile (3.1 at
most); with the commit sent before the answer came, 0.3 (0.4).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

Told = Callable[[psycopg.Cursor[Any]], None]


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    values: Mapping[str, Any]
    told: Told | None


_LAST: WeakKeyDictionary[psycopg.Connection[Any], list[_Statement]] = WeakKeyDictionary()


def with_commit(
    conn: psycopg.Connection[Any], statement: str, values: Mapping[str, Any], told: Told | None = None
) -> None:
    """Let a statement be executed when the transaction ends well, after all others; what it meets, that end raises.

    Args:
        conn: Of `Database.transaction`.
        statement: One, without a semicolon.
        values: Of its placeholders.
        told: Given the cursor that has its result, once it is committed.
    """
    _LAST.setdefault(conn, []).append(_Statement(statement, values, told))


def commit(conn: psycopg.Connection[Any]) -> None:
    """Send what was kept for the end with the commit behind it, and wait for both; without any leave it to the caller.

    What fails keeps the commit behind it from being executed.
    """
    if not (statements := _LAST.pop(conn, [])):
        return
    with conn.pipeline() as pipeline:
        try:
            cursors = [conn.execute(one.text.encode(), one.values) for one in statements]
            conn.commit()
        except psycopg.Error:
            with suppress(psycopg.Error):  # what stands behind was not executed; unheard, psycopg would warn of that
                pipeline.sync()
            raise
    for one, cursor in zip(statements, cursors, strict=True):
        if one.told:
            one.told(cursor)


def forget(conn: psycopg.Connection[Any]) -> None:
    """Forget what was kept, because the transaction ends badly."""
    _LAST.pop(conn, None)
