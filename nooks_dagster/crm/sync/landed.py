"""What a chunk has landed: kept in its progress, merged by its successor, published by its window.

Belongs here: that record, and finding those of a window. Does not: landing (`crm.sync.chunks`), the catalog of all
parts (`lake.catalog`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import psycopg

from nooks_dagster.crm.work import SWEEPS, moment
from nooks_dagster.lake.handle import Handle

OF_WINDOW = """
    SELECT p.shape, p.uri, p.rows, p.bytes, p.sha256
    FROM work.items i JOIN lake.parts p ON p.item_id = i.id
    WHERE i.parent = %s ORDER BY p.created_at, p.uri
"""
# By sweeps, which go beside the windows: those since this one was first claimed may know more than it read.
SWEPT = """
    SELECT p.shape, p.uri, p.rows, p.bytes, p.sha256
    FROM lake.parts p JOIN work.items i ON i.id = p.item_id JOIN work.items s ON s.id = i.parent
    WHERE p.dataset = %s AND s.queue = %s
        AND p.created_at >= (SELECT min(a.started_at) FROM work.attempts a WHERE a.item_id = %s)
    ORDER BY p.created_at, p.uri
"""

OBSERVED_AT = "observed_at"  # in the progress of a chunk, and in its outcome: when its query began
FIRST_OBSERVED = "SELECT min((outcome ->> 'observed_at')::timestamptz) FROM work.items WHERE parent = %s"


@dataclass(frozen=True, slots=True)
class Landed:
    """A part in the lake, when its query began, and the hash of the shape that it was read with."""

    handle: Handle
    observed_at: datetime
    shape: str

    @classmethod
    def of(cls, progress: Mapping[str, Any]) -> Self | None:
        """Read the progress of a chunk; None if nothing has landed."""
        if "landed" not in progress:
            return None
        return cls(Handle.from_json(progress["landed"]), moment(progress[OBSERVED_AT]), progress["shape"])

    def to_json(self) -> dict[str, Any]:
        """Return what `of` reads."""
        return {"landed": self.handle.to_json(), OBSERVED_AT: self.observed_at.isoformat(), "shape": self.shape}


def first_observed(conn: psycopg.Connection[Any], window: int) -> datetime | None:
    """Return when the first query of a window that is read began, by the source's clock; None if it asked nothing."""
    row = conn.execute(FIRST_OBSERVED, (window,)).fetchone()
    return row[0] if row else None


def landed_by_shape(conn: psycopg.Connection[Any], window: int) -> Mapping[str, Sequence[Handle]]:
    """Return the parts of a window, oldest first, under the shape that they were read with."""
    return _by_shape(conn.execute(OF_WINDOW, (window,)))


def swept_by_shape(conn: psycopg.Connection[Any], dataset: str, window: int) -> Mapping[str, Sequence[Handle]]:
    """Return the parts that sweeps landed while a window was read, oldest first, under their shape."""
    return _by_shape(conn.execute(SWEPT, (dataset, SWEEPS.name, window)))


def _by_shape(rows: Iterable[Sequence[Any]]) -> Mapping[str, Sequence[Handle]]:
    found: dict[str, list[Handle]] = {}
    for shape, *part in rows:
        found.setdefault(shape, []).append(Handle(*part))
    return found
