"""The upkeep of the lake: each night the datasets that have enough deltas are compacted, then the janitor sweeps.

Belongs here: planning that work, and having it drained.
Does not: the work (`crm.upkeep.compaction`, `crm.upkeep.janitor`).
"""

from collections.abc import Iterator
from functools import partial

from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.sync.watermarks import watermark
from nooks_dagster.crm.upkeep.compaction import Compacted, Compaction, worth_folding
from nooks_dagster.crm.work import COMPACTIONS, RAW, RawDataset
from nooks_dagster.failures import Corrupt, Permanent
from nooks_dagster.lake.catalog import datasets
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.parts import sweep
from nooks_dagster.ledger.giving_way import in_background
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.leases import keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.one_by_one import Missed, one_by_one

SCOPE = "crm_lake"


class Upkeep:
    """Compacts the raw rows of all workspaces, one dataset after the other: memory and scratch space of one.

    Args:
        platform: What it stands on.
        run_id: Who does it, for people to read.
    """

    def __init__(self, platform: Platform, run_id: str) -> None:
        self._platform = platform
        self._ledger = Ledger.of(platform.db, platform.settings, run_id)
        self._compaction = Compaction(platform.db, platform.lake, self._ledger)

    def compact(self) -> Iterator[Compacted | Missed]:
        """Plan what is worth it, then drain it; yield what became of each dataset, named by its lane."""
        sweep(self._platform.lake.scratch)
        yield from self._plan()
        with keeping(self._platform.settings) as keeper:
            yield from one_by_one(self._ledger, keeper, COMPACTIONS, SCOPE, self._fold)

    def _fold(self, claim: Claim) -> Compacted:
        return in_background(self._platform.settings.background_nice, partial(self._compaction.run, claim))

    def _plan(self) -> Iterator[Missed]:
        """Plan a compaction of each dataset with enough deltas; a generation is folded once, whoever plans it.

        Yields those whose manifest cannot be read; they hold up no other.
        """
        with self._platform.db.transaction() as conn:
            found = [RawDataset.of(prefix) for prefix in datasets(conn, RAW)]
            # Without a history that is complete there is no base yet, or the connection was removed.
            complete = [raw for raw in found if watermark(conn, raw.connection, raw.source)]
        for raw in complete:
            try:
                manifest = Dataset(self._platform.lake, raw.prefix).manifest()
            except (Corrupt, Permanent) as broken:
                yield Missed(raw.prefix, str(broken))
                continue
            if worth_folding(manifest):
                key = f"g{manifest.generation:04d}"
                item = NewItem(COMPACTIONS, SCOPE, raw.prefix, key, {}, WorkClass.NIGHTLY)
                with self._platform.db.transaction() as conn:
                    self._ledger.plan(conn, [item])
