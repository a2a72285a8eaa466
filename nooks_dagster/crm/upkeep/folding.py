"""Folding: of many versions of a row the one that the merge would end with (`crm.rows.merge`), in Arrow and NumPy.

Belongs here: the rule, on versions alone, without their values. Does not: files (`crm.upkeep.compaction`).

A version takes 60 bytes whatever the row holds, so that half a million of them fit in a few dozen megabytes.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.raw import MISSING, OBSERVED, PRESENT, read_raw

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).min
READ_ROWS = 50_000  # five narrow columns: 4 MB


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of rows; times are microseconds.

    Attributes:
        ids: The keys.
        stamp: When the source last changed the row, by its own word.
        observed: When the query began that saw these values.
        present: When the last query began that saw the row at all.
        deleted: Whether it was in the recycle bin, or gone without a trace.
        part: Which part it lies in, a number of the caller's.
        row: Its place in that part.
    """

    ids: pa.Array
    stamp: Numbers
    observed: Numbers
    present: Numbers
    deleted: Flags
    part: Numbers
    row: Numbers

    def take(self, where: Numbers | Flags) -> "Versions":
        """Return some of them, by place or by mask."""
        places = np.flatnonzero(where) if where.dtype == np.bool_ else where
        return Versions(
            self.ids.take(pa.array(places)),
            self.stamp[places],
            self.observed[places],
            self.present[places],
            self.deleted[places],
            self.part[places],
            self.row[places],
        )

    def among(self, ids: pa.Array) -> Flags:
        """Say of each whether its id is one of some."""
        found: Flags = pc.is_in(self.ids, value_set=ids).to_numpy(zero_copy_only=False)
        return found


def versions(path: Path, source: SourceObject, observed_at: datetime | None, part: int) -> Versions:
    """Read the versions of the rows of a local part.

    Args:
        path: The file.
        source: The shape that it was read with.
        observed_at: When its query began, for a part whose rows do not say it.
        part: Its number.
    """
    wanted = [source.key, source.stamp, *([source.deleted] if source.deleted else []), OBSERVED, PRESENT, MISSING]
    table = pa.Table.from_batches(read_raw(path, READ_ROWS, observed_at, wanted))
    count = table.num_rows
    observed = _micros(table[OBSERVED])
    present = _micros(pc.coalesce(table[PRESENT], table[OBSERVED]))
    deleted = pc.fill_null(table[MISSING], False).to_numpy()
    if source.deleted:
        deleted = deleted | pc.fill_null(table[source.deleted], False).to_numpy()
    ids = table[source.key].combine_chunks()
    return Versions(
        ids, _micros(table[source.stamp]), observed, present, deleted, np.full(count, part), np.arange(count)
    )


def joined(several: list[Versions]) -> Versions:
    """Return all of several as one."""
    return Versions(
        pa.concat_arrays([one.ids for one in several]),
        np.concatenate([one.stamp for one in several]),
        np.concatenate([one.observed for one in several]),
        np.concatenate([one.present for one in several]),
        np.concatenate([one.deleted for one in several]),
        np.concatenate([one.part for one in several]),
        np.concatenate([one.row for one in several]),
    )


def folded(found: Versions) -> Versions:
    """Return one version for each id: what merging them all, in the order of their queries, would end with.

    The latest tombstone stands against all that was not seen after it. Of what was seen after it, the newest values
    win by (stamp, observed), and keep the latest sight.
    """
    codes, count = _codes(found.ids)
    grave = _last(codes, found.deleted, (found.stamp, found.present))
    since, stamp = (np.full(count, NEVER) for _ in range(2))
    since[codes[grave]], stamp[codes[grave]] = found.present[grave], found.stamp[grave]
    later = (found.present > since[codes]) | ((found.present == since[codes]) & (found.stamp > stamp[codes]))
    alive = ~found.deleted & later
    newest = _last(codes, alive, (found.observed, found.stamp))
    seen = np.full(count, NEVER)
    np.maximum.at(seen, codes[alive], found.present[alive])
    chosen = np.full(count, -1)
    chosen[codes[grave]] = grave
    chosen[codes[newest]] = newest
    winners = found.take(chosen)
    return replace(winners, present=np.where(winners.deleted, winners.present, seen))


def _last(codes: Numbers, mask: Flags, by: tuple[Numbers, Numbers]) -> Numbers:
    """Return the place of the greatest of each id within a mask; of equals, the last."""
    places = np.flatnonzero(mask)
    minor, major = (column[places] for column in by)
    ordered = places[np.lexsort((minor, major, codes[places]))]
    last = np.ones(len(ordered), np.bool_)
    last[:-1] = codes[ordered][1:] != codes[ordered][:-1]
    return ordered[last]


def _codes(ids: pa.Array) -> tuple[Numbers, int]:
    """Number the ids."""
    encoded = pc.dictionary_encode(ids)
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _micros(column: pa.ChunkedArray) -> Numbers:
    numbers: Numbers = column.cast(pa.int64()).to_numpy()
    return numbers
