"""Raw parts: published ones on the local disk, with all that is needed to read them.

Belongs here: putting together what lake, catalog and shapes know of a part. Does not: what is done with its rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nooks_dagster.crm.rows.schemas import recall
from nooks_dagster.crm.upkeep.rewriting import LocalInput, Shape
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.catalog import CatalogedPart, cataloged
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake


class RawParts:
    """The parts of one dataset as the catalog knows them now.

    Args:
        db: The platform's database.
        lake: Where the parts lie.
        dataset: Whose they are.
    """

    def __init__(self, db: Database, lake: Lake, dataset: RawDataset) -> None:
        self._db = db
        self._lake = lake
        self._dataset = dataset
        self._shapes: dict[str, Shape] = {}
        with db.transaction() as conn:
            self._known = cataloged(conn, dataset.prefix)

    @property
    def scratch(self) -> Path:
        """The folder of files that live for one part."""
        return self._lake.scratch

    @contextmanager
    def fetched(self, handle: Handle) -> Iterator[LocalInput]:
        """Yield a part on the local disk, verified; it goes afterwards.

        Raises:
            Corrupt: It is in no catalog, its shape is not kept, or its bytes are not those that were written.
            Missing: It is gone.
        """
        known = self._cataloged(handle)
        shape = self._shape(known.shape)
        with self._lake.fetched(handle) as path:
            yield LocalInput(path, handle.rows, shape, known.observed_at)

    def shape_of(self, handle: Handle) -> Shape:
        """Return the shape that a part was read with.

        Raises:
            Corrupt: It is in no catalog, or its shape is not kept.
        """
        return self._shape(self._cataloged(handle).shape)

    def _cataloged(self, handle: Handle) -> CatalogedPart:
        known = self._known.get(handle.uri)
        if known is None:
            raise Corrupt(
                "The part is in no catalog.",
                subject=handle.uri,
                next_step="Materialise its object with refresh: true, which begins the raw rows anew.",
            )
        return known

    def _shape(self, name: str) -> Shape:
        if name not in self._shapes:
            with self._db.transaction() as conn:
                source = recall(conn, self._dataset.connection, self._dataset.source, name)
            self._shapes[name] = Shape(name, source)
        return self._shapes[name]
