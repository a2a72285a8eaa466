"""Compaction: the deltas of a dataset are folded into its base, which becomes the next generation.

Belongs here: when it is worth it, naming and registering what is written, swapping it in.
Does not: the pass itself (`crm.upkeep.next_base`), when it runs (`crm.upkeep.lake`).

It may die anywhere. Before the swap nobody reads what it wrote, and its successor begins the pass anew; the swap is one
write. A reader of the old generation is not disturbed for as long as its parts are kept (`crm.upkeep.janitor`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.rows.raw_parts import RawParts
from nooks_dagster.crm.upkeep.next_base import NextBase
from nooks_dagster.crm.upkeep.rewriting import Shape
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.catalog import add_part
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Manifest, Part
from nooks_dagster.lake.parts import LocalPart
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

# Half a million versions, sorted, take some 150 MB.
PASS_ROWS = 500_000
# A reader makes a request for each part: as many deltas as base parts double its requests; below 50 nobody feels it.
FEW_DELTAS = 50
# From a tenth of the base on, each row is written ten times more often than it changes, at worst.
DELTA_SHARE = 0.1
# Base parts below a quarter of a chunk are folded along, or each compaction would leave one more of them for ever.
SMALL_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Extent:
    """What the manifest of a dataset names."""

    parts: int
    rows: int
    bytes: int

    @classmethod
    def of(cls, manifest: Manifest) -> "Extent":
        """Add it up."""
        handles = [part.handle for part in manifest.parts]
        return cls(len(handles), sum(h.rows for h in handles), sum(h.bytes for h in handles))


@dataclass(frozen=True, slots=True)
class Compacted:
    """A dataset before and after its compaction."""

    dataset: RawDataset
    before: Extent
    after: Extent


def worth_folding(manifest: Manifest) -> bool:
    """Say whether a dataset has enough deltas."""
    many = len(manifest.deltas) >= max(FEW_DELTAS, len(manifest.base))
    return bool(manifest.deltas) and (many or _rows(manifest.deltas) >= DELTA_SHARE * _rows(manifest.base))


class Compaction:
    """Runs compactions.

    Args:
        db: The platform's database.
        lake: Where the datasets lie.
        ledger: Where progress is recorded.
    """

    def __init__(self, db: Database, lake: Lake, ledger: Ledger) -> None:
        self._db = db
        self._lake = lake
        self._ledger = ledger

    def run(self, claim: Claim) -> Compacted:
        """Fold the deltas of a dataset until what is left is not worth it; each pass makes a generation.

        Raises:
            Corrupt: A part is not what was written, or not in the catalog.
            Missing: A part is gone.
            LostLease: Another worker has the dataset.
        """
        raw = RawDataset.of(claim.item.lane)
        dataset = Dataset(self._lake, raw.prefix)
        before = manifest = dataset.manifest()
        while worth_folding(manifest):
            self._fold(claim, raw, dataset, manifest)
            manifest = dataset.manifest()
        with self._db.transaction() as conn:
            self._ledger.complete(conn, claim, {"generation": manifest.generation})
        return Compacted(raw, Extent.of(before), Extent.of(manifest))

    def _fold(self, claim: Claim, raw: RawDataset, dataset: Dataset, seen: Manifest) -> None:
        """Make one pass; what it wrote is of no use if somebody else replaced the base meanwhile."""
        written = 0

        def land(shape: Shape, part: LocalPart) -> Handle:
            nonlocal written
            written += 1
            name = f"g{seen.generation + 1:04d}-{claim.item.id}-{written:05d}-f{claim.fence}.parquet"
            return self._land(claim, raw, f"{raw.prefix}/{name}", shape, part)

        deltas, small = _changed(seen)
        raw_parts = RawParts(self._db, self._lake, raw)
        base = NextBase(raw_parts, seen, [*small, *deltas], land, claim.tick).build()
        crash_point("rewritten")
        claim.tick()
        dataset.fold(seen, len(deltas), base)
        crash_point("swapped")

    def _land(self, claim: Claim, raw: RawDataset, name: str, shape: Shape, part: LocalPart) -> Handle:
        handle = self._lake.upload(part.path, name, part.rows, part.sha256)
        with self._db.transaction() as conn:
            self._ledger.advance(conn, claim, {"last_part": name})
            add_part(conn, raw.prefix, handle, claim.item.id, shape.name)
        crash_point("rewriting")
        return handle


def _changed(manifest: Manifest) -> tuple[Sequence[Part], Sequence[Part]]:
    """Return the deltas of one pass, at least one, and the small parts of the base that fit in beside them."""
    room = PASS_ROWS
    deltas: list[Part] = []
    small: list[Part] = []
    for part in manifest.deltas:
        room -= part.handle.rows
        if deltas and room < 0:
            return deltas, []
        deltas.append(part)
    for part in manifest.base:
        if part.handle.rows < min(SMALL_ROWS, room):
            room -= part.handle.rows
            small.append(part)
    return deltas, small


def _rows(parts: Sequence[Part]) -> int:
    return sum(part.handle.rows for part in parts)
