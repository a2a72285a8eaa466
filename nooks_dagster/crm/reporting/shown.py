"""When what we have of an object was last shown to people: what has not changed is shown again once an hour.

Belongs here: that record. Does not: showing (`assets.crm.telling`). Dagster knows too, but takes a query of 8 ms
for each asset, and a run that changes nothing has fourteen of them to ask about.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg

AGAIN_AFTER = timedelta(hours=1)

SHOW = """
    INSERT INTO crm.shown AS s (workspace, asset) SELECT %(workspace)s, asset FROM unnest(%(assets)s::text[]) AS asset
    ON CONFLICT (workspace, asset) DO UPDATE SET shown_at = now() WHERE s.shown_at <= now() - %(after)s
    RETURNING asset
"""


def show(
    conn: psycopg.Connection[Any], workspace: str, assets: Sequence[str], after: timedelta = AGAIN_AFTER
) -> Sequence[str]:
    """Return those of the assets that were not shown for so long, and take note that they are now."""
    return [asset for (asset,) in conn.execute(SHOW, {"workspace": workspace, "assets": [*assets], "after": after})]
