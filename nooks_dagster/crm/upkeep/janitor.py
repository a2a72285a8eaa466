"""The janitor: removes raw parts that nobody can come to need, a week after they were superseded.

Belongs here: which those are. Does not: objects of other assets; it looks below `crm_raw/` only.

A part is superfluous when no manifest names it and no unfinished work may still publish or merge it: superseded
generations, parts that were struck out, uploads of workers that lost their lease. A landed part is kept for a week from
when it was first found so; one that never landed, from when it was created. A reader that began on an old generation
has that long to end.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.lifecycle.removing import remove_what_came_back
from nooks_dagster.crm.work import RAW
from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Permanent
from nooks_dagster.lake.bucket import Stored
from nooks_dagster.lake.catalog import cataloged, expired, forget_parts, mark_unnamed
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
BATCH = 1_000  # parts struck out in one transaction

# Work that is not done may name its parts later; a window that is, has named those of its chunks.
NEEDED = """
    SELECT p.uri FROM lake.parts p
    JOIN work.items i ON i.id = p.item_id LEFT JOIN work.items w ON w.id = i.parent
    WHERE p.dataset = %s AND (i.state NOT IN ('done', 'dead') OR w.state NOT IN ('done', 'dead'))
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What went of a dataset, or would go; and what is superfluous but not old enough."""

    dataset: str
    removed: Sequence[str]
    removed_bytes: int
    waiting: int


class Janitor:
    """Sweeps the raw rows.

    Args:
        db: The platform's database.
        lake: Where they lie.
        kept: How long superfluous parts are kept.
    """

    def __init__(self, db: Database, lake: Lake, kept: timedelta = KEPT) -> None:
        self._db = db
        self._lake = lake
        self._kept = kept

    def sweep(self, *, dry_run: bool = False) -> Iterator[Swept]:
        """Remove what is superfluous and old enough, one dataset after the other; yield those that had any.

        Args:
            dry_run: Change nothing, only say what would go.
        """
        if not dry_run:
            remove_what_came_back(self._db, self._lake)
        parts = (stored for stored in self._lake.objects(RAW) if stored.name.endswith(".parquet"))
        for dataset, listed in groupby(parts, lambda stored: stored.name.rpartition("/")[0]):
            try:
                swept = self._sweep(dataset, list(listed), dry_run)
            except (Corrupt, Permanent) as broken:  # without its manifest nothing of it may go; the others can
                log.warning("%s is not swept. %s", dataset, broken)
                continue
            if swept.removed or swept.waiting:
                yield swept

    def _sweep(self, dataset: str, listed: Sequence[Stored], dry_run: bool) -> Swept:
        # The work first, then the manifest: what was done by then is named by now.
        with self._db.transaction() as conn:
            needed = {uri for (uri,) in conn.execute(NEEDED, (dataset,))}
            landed = cataloged(conn, dataset)
            oldest = clock.now(conn) - self._kept
        named = {part.handle.uri for part in Dataset(self._lake, dataset).manifest().parts} | needed
        with self._db.transaction() as conn:
            if not dry_run:
                mark_unnamed(conn, dataset, named)
            old = expired(conn, dataset, self._kept)
        superfluous = {self._lake.uri(one.name): one for one in listed if self._lake.uri(one.name) not in named}
        gone = {uri: size for uri, size in old.items() if uri not in named}
        gone |= {uri: one.bytes for uri, one in superfluous.items() if uri not in landed and one.created < oldest}
        if not dry_run:
            self._remove(list(gone))
        return Swept(dataset, sorted(gone), sum(gone.values()), len(superfluous.keys() - gone.keys()))

    def _remove(self, uris: Sequence[str]) -> None:
        """Strike parts from the catalog, then remove them: one that is left over goes next time, as never landed."""
        for start in range(0, len(uris), BATCH):
            group = uris[start : start + BATCH]
            with self._db.transaction() as conn:
                forget_parts(conn, group)
            crash_point("forgotten")
            self._lake.remove([uri.removeprefix(self._lake.uri("")) for uri in group])
