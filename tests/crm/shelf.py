"""The raw rows of one object, landed part by part as windows do, for tests of compaction, janitor and rebuild."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import raw_schema, read_raw
from nooks_dagster.crm.rows.raw_parts import RawParts
from nooks_dagster.crm.rows.schemas import remember
from nooks_dagster.crm.upkeep.compaction import Compacted, Compaction
from nooks_dagster.crm.work import COMPACTIONS, RawDataset
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.catalog import add_part
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.parts import PartWriter
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.things import CONNECTION, THING, Part, batch, table

_numbers = count()


class Shelf:
    """One dataset of things; each has a name of its own in the lake."""

    def __init__(self, db: Database, lake: Lake) -> None:
        self.db = db
        self.lake = lake
        self.raw = RawDataset("custom_objects", f"acme{next(_numbers)}", CONNECTION, THING.name)
        self.schema = raw_schema(THING)
        self.ledger = Ledger(db, "shelf", timedelta(seconds=30))
        self.compaction = Compaction(db, lake, self.ledger)

    @property
    def dataset(self) -> Dataset:
        """The dataset as it is now."""
        return Dataset(self.lake, self.raw.prefix)

    def land(self, part: Part, item: int | None = None) -> Handle:
        """Upload and catalogue a part, unpublished."""
        with PartWriter(self.lake.scratch, self.schema) as writer:
            writer.write(batch(part.rows, part.observed))
            local = writer.finish()
            name = f"{self.raw.prefix}/{next(_numbers)}.parquet"
            handle = self.lake.upload(local.path, name, local.rows, local.sha256)
        with self.db.transaction() as conn:
            add_part(conn, self.raw.prefix, handle, item, remember(conn, CONNECTION, THING))
        return handle

    def begin_anew(self, parts: Sequence[Part]) -> None:
        """Publish as a history does."""
        self.dataset.begin_anew([([self.land(part) for part in parts if part.rows], self.schema)])

    def add(self, part: Part) -> None:
        """Publish as an incremental window does."""
        if part.rows:
            self.dataset.publish([self.land(part)], self.schema)

    def claim(self) -> Claim:
        """Plan and claim a compaction."""
        with self.db.transaction() as conn:
            item = NewItem(COMPACTIONS, "crm_lake", self.raw.prefix, str(next(_numbers)), {}, WorkClass.NIGHTLY)
            self.ledger.plan(conn, [item])
        (claim,) = self.ledger.claim(COMPACTIONS, limit=1, lanes=[self.raw.prefix])
        return claim

    def compact(self) -> Compacted:
        """Compact as the nightly job does."""
        return self.compaction.run(self.claim())

    def rebuilt(self, handles: Sequence[Handle]) -> dict[str, tuple[Any, ...]]:
        """Return the table that some parts make, merged in their order."""
        parts = RawParts(self.db, self.lake, self.raw)
        with self.db.transaction() as conn:
            conn.execute("delete from crm.custom_objects")
        for handle in handles:
            with parts.fetched(handle) as part, self.db.transaction() as conn:
                merge(conn, part.shape.source, THING.columns, CONNECTION, read_raw(part.path, 2, part.observed_at))
        return table(self.db)

    def rows(self) -> list[dict[str, Any]]:
        """Return the raw rows as they are published, by id."""
        found: list[dict[str, Any]] = self.dataset.to_arrow().to_pylist()
        return sorted(found, key=lambda row: str(row["Id"]))
