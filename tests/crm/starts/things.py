"""Starts that fall due, and what became of them.

Belongs here: what tests of starts have in common. Does not: fixtures (`conftest`), when they fall due (`test_clock`).
"""

from collections.abc import Callable
from typing import Any

from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.database.pool import Database
from tests.crm.fake_crm import row

CONNECTION = "acme-salesforce"

Due = Callable[..., None]
Launch = Callable[[], list[WindowReport]]


def of_accounts(reports: list[WindowReport]) -> list[tuple[Ending, str]]:
    """How the windows of accounts ended, and up to where they read."""
    mine = [r for r in reports if r.task.source == "Account"]
    return [(r.ending, r.until.isoformat() if r.until else "") for r in mine]


def outcomes(db: Database) -> list[Any]:
    """What became of the starts that are done, without how many objects there are."""
    query = """
        SELECT outcome FROM work.items
        WHERE queue = 'crm.discoveries' AND payload ? 'due' AND state = 'done' ORDER BY id
    """
    with db.transaction() as conn:
        return [{k: v for k, v in found.items() if k != "objects"} for (found,) in conn.execute(query.encode())]


def open_windows(db: Database) -> int:
    query = "SELECT count(*) FROM work.items WHERE queue = 'crm.windows' AND lane LIKE '%/Account' AND state <> 'done'"
    with db.transaction() as conn:
        ((count,),) = conn.execute(query.encode()).fetchall()
    return int(count)


def changed_each_minute(*minutes: int) -> list[dict[str, Any]]:
    return [row(minute, minute=minute) for minute in minutes]
