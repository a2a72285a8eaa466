"""Where the changes of a day lie in the lake, and when they go.

Belongs here: names and removal. Does not: what a day holds (`crm.changes.deriving`).

```
crm/changes/date=2026-01-31/workspace=acme/connection=acme-salesforce/
```
"""

from collections.abc import Sequence
from datetime import date, timedelta

from nooks_dagster.crm.changes.days import forget_before
from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake

CHANGES = "crm/changes"


def change_folder(day: date, workspace: str, connection: str) -> str:
    """Return where the changes of a day lie."""
    return f"{CHANGES}/date={day.isoformat()}/workspace={workspace}/connection={connection}"


def change_folders(lake: Lake, workspace: str, connection: str) -> Sequence[str]:
    """Return where the changes of a connection lie, on whatever day."""
    return [change_folder(day, workspace, connection) for day in _days(lake)]


def expire_changes(db: Database, lake: Lake, kept: timedelta) -> int:
    """Remove the days that are older than they are kept, and return how many those were."""
    with db.transaction() as conn:
        oldest = (clock.now(conn) - kept).date()
    old = [day for day in _days(lake) if day < oldest]
    for day in old:
        lake.remove([stored.name for stored in lake.objects(f"{CHANGES}/date={day.isoformat()}/")])
    with db.transaction() as conn:
        forget_before(conn, oldest)
    return len(old)


def _days(lake: Lake) -> list[date]:
    """Return the days of which there are changes."""
    return [date.fromisoformat(folder.rstrip("/").rpartition("=")[2]) for folder in lake.folders(f"{CHANGES}/")]
