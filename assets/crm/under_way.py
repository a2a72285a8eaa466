"""What a long run tells of its objects before they are done: how far each is, every five minutes.

Belongs here: when, and what an observation shows. Does not: counting (`nooks_dagster.crm.reporting.progress`), the end
(`assets.crm.telling`).
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence

import dagster as dg

from assets.bounded import markdown
from assets.crm.specs import raw_key, table_key
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.reporting.progress import Tally, WindowProgress
from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.sync.runs import WorkspaceSync
from nooks_dagster.crm.work import Request

EVERY = 300.0  # seconds: 12 events an hour for each object that is being read, and none in a run that is shorter
SHOWN_WINDOWS = 20


class UnderWay:
    """Observes the objects that a run is reading.

    Args:
        sync: What is observed.
        request: What was wanted.
        selected: The assets that may be observed.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        sync: WorkspaceSync,
        request: Request,
        selected: Collection[dg.AssetKey],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sync = sync
        self._selected = selected
        self._wanted = [name for name in OBJECTS if request.wants(name)]
        self._clock = clock
        self._looked_at = clock()

    def beat(self) -> Iterator[dg.AssetObservation]:
        """Yield an observation of each object that is being read, if the last ones are five minutes old."""
        if self._clock() - self._looked_at < EVERY:
            return
        self._looked_at = self._clock()
        windows = [w for w in self._sync.progress() if w.standing is Standing.READING]
        for canonical in self._wanted:
            if found := [w for w in windows if w.canonical == canonical]:
                yield self._observed(canonical, found)

    def _observed(self, canonical: str, windows: Sequence[WindowProgress]) -> dg.AssetObservation:
        keys = (table_key(canonical), raw_key(canonical))
        return dg.AssetObservation(
            next(key for key in keys if key in self._selected),
            partition=self._sync.workspace,
            metadata=_metadata(windows) | {"api_calls_of_this_run": dg.IntMetadataValue(self._sync.calls())},
        )


def _metadata(windows: Sequence[WindowProgress]) -> dict[str, dg.MetadataValue]:
    tally = Tally.of(windows)
    metadata: dict[str, dg.MetadataValue] = {
        "rows_landed": dg.IntMetadataValue(tally.landed),
        "rows_merged": dg.IntMetadataValue(tally.merged),
        "rows_per_second": dg.FloatMetadataValue(round(tally.rows_per_second, 1)),
        "windows": dg.MarkdownMetadataValue(_table(windows)),
    }
    if tally.expected is not None:
        metadata["rows_expected"] = dg.IntMetadataValue(tally.expected)
    if tally.part is not None:
        metadata["percent"] = dg.FloatMetadataValue(round(100 * tally.part, 1))
    if tally.left is not None:
        metadata["minutes_left"] = dg.FloatMetadataValue(round(tally.left.total_seconds() / 60, 1))
    return metadata


def _table(windows: Sequence[WindowProgress]) -> str:
    """Draw the windows, the largest first."""
    ranked = sorted(windows, key=lambda w: -(w.tally.expected or w.rows_landed))
    numbers = ("landed", "merged", "expected", "chunks", "MB", "rows/s", "minutes left")
    return markdown([_row(w) for w in ranked], SHOWN_WINDOWS, numbers)


def _row(window: WindowProgress) -> dict[str, str]:
    tally = window.tally
    return {
        "source": window.source,
        "window": window.kind,
        "landed": f"{tally.landed:,}",
        "merged": f"{tally.merged:,}",
        "expected": "unknown" if tally.expected is None else f"{tally.expected:,}",
        "chunks": f"{window.chunks_done:,} of {window.chunks:,}",
        "MB": f"{window.bytes_landed / 1e6:.1f}",
        "rows/s": f"{tally.rows_per_second:,.0f}",
        "minutes left": "unknown" if tally.left is None else f"{tally.left.total_seconds() / 60:.0f}",
    }
