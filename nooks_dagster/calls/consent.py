"""Consent: recordings of calls without it that were uploaded when nobody waited for them any more.

Belongs here: which they are, and that they go. Does not: those that are there in time, which `calls.stages.validate`
removes; when this is done (`calls.retention`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nooks_dagster.calls.recordings import Recordings
from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake

LATEST = timedelta(days=8)
"""An upload's session is good for a week from when a place was asked for; a night may be missed."""
BATCH = 2_000
# By an index of these calls alone: in eight days there may be eight million others.
LATE = f"""
    select hour, id, workspace, submission -> 'recording' ->> 'uri' from calls.calls
    where submission ->> 'recording_consent' = 'false' and submission -> 'recording' ->> 'uri' is not null
        and (hour, id) > (%s, %s)
    order by hour, id limit {BATCH}
"""  # noqa: S608 - a number


def remove_unagreed(db: Database, lake: Lake) -> None:
    """Remove what the calls of the last days without consent name, unread, whatever became of the calls.

    Nobody asks first whether it is there: a hundred go in one request, and what is gone already is no error.
    """
    recordings = Recordings(lake)
    with db.transaction() as conn:
        since = clock.now(conn) - LATEST
    last, found = (since, 0), True
    while found:
        with db.transaction() as conn:
            rows: Sequence[tuple[datetime, int, str, str]] = conn.execute(LATE.encode(), last).fetchall()
        recordings.remove_all([uri for _, _, workspace, uri in rows if recordings.owns(workspace, uri)])
        found = bool(rows)
        last = rows[-1][:2] if rows else last
