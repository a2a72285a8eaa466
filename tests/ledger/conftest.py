"""A ledger of each worker that a test needs, over one fresh database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "worker-1", timedelta(seconds=60))


@pytest.fixture
def expire(db: Database) -> Callable[[], None]:
    """Let every lease run out, as the database's clock would."""

    def run_out() -> None:
        with db.transaction() as conn:
            conn.execute("UPDATE work.items SET lease_until = now() - interval '1 second' WHERE state = 'leased'")

    return run_out
