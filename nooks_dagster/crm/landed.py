"""What a chunk has landed: kept in its progress, merged by its successor, published by its window.

Belongs here: that record, and finding those of a window. Does not: landing (`crm.chunks`), the catalog of all
parts (`lake.catalog`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import psycopg

from nooks_dagster.crm.work import moment
from nooks_dagster.lake.handle import Handle

OF_WINDOW = """
    SELECT i.progress ->> 'shape', p.uri, p.rows, p.bytes, p.sha256
    FROM work.items i JOIN lake.parts p ON p.item_id = i.id
    WHERE i.parent = %s ORDER BY p.created_at, p.uri
"""


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
        return cls(Handle.from_json(progress["landed"]), moment(progress["observed_at"]), progress["shape"])

    def to_json(self) -> dict[str, Any]:
        """Return what `of` reads."""
        return {"landed": self.handle.to_json(), "observed_at": self.observed_at.isoformat(), "shape": self.shape}


def landed_by_shape(conn: psycopg.Connection[Any], window: int) -> Mapping[str, Sequence[Handle]]:
    """Return the parts of a window, oldest first, under the shape that they were read with."""
    found: dict[str, list[Handle]] = {}
    for shape, *part in conn.execute(OF_WINDOW, (window,)):
        found.setdefault(shape, []).append(Handle(*part))
    return found
