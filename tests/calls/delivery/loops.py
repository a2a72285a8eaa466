"""Delivery loops that a test can run until everything is quiet."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.crm.activities import ActivityWriter
from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline
from nooks_dagster.settings import Settings

LANE = "select failure, reason, strikes, next_at > now() + interval '5 minutes' from calls.lanes"
Read = Callable[[], list[dict[str, Any]]]
"""Reads the rows of deliveries."""


def open_loop(db: Database, folder: Path, writer: ActivityWriter, *, worker: str = "worker") -> DeliveryLoop:
    """Return a loop whose every connection is written by one writer."""
    settings = Settings(home=folder, calls_link="https://calls.example.com/{call}")
    doors = Doors(db, settings, lambda: False, lambda _connection: writer)
    return DeliveryLoop(db, settings, worker, doors)


@contextmanager
def running(*loops: DeliveryLoop) -> Iterator[None]:
    """Run loops in threads for as long as the block lasts."""
    stop = threading.Event()
    threads = [threading.Thread(target=loop.run, args=(stop.is_set,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def until(true: Callable[[], bool]) -> None:
    """Return when something has become so."""
    for _ in deadline.polls(60):
        if true():
            return
    raise AssertionError("It did not become so within a minute.")


def all_are(deliveries: Read, state: str) -> Callable[[], bool]:
    return lambda: {row["state"] for row in deliveries()} == {state}


def attempts(db: Database) -> list[int]:
    with db.transaction() as conn:
        return [row[0] for row in conn.execute("select attempts from work.items order by id")]


def unpark(db: Database) -> None:
    """Let all that waits be due."""
    with db.transaction() as conn:
        conn.execute("update calls.lanes set next_at = now()")
        conn.execute("update work.items set due_at = now() where state = 'waiting'")


def lane(db: Database) -> tuple[Any, ...]:
    """Return why the one lane waits, its strikes, and whether that is for long."""
    with db.transaction() as conn:
        return next(iter(conn.execute(LANE)), ())
