"""Answers that are pages of records.

Belongs here: the shape of a record on the wire. Does not: parsing (`bodies`), asking (`listing`, `reading`), types of
values (`rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nooks_dagster.crm.access.json_text import as_text
from nooks_dagster.crm.hubspot.bodies import Bodies
from nooks_dagster.crm.hubspot.session import Reply

Ids = npt.NDArray[np.int64]

_RECORD = {
    "id": pa.string(),
    "createdAt": pa.string(),
    "updatedAt": pa.string(),
    "archived": pa.bool_(),
    "archivedAt": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Records as they came: `id`, times as texts, `archived` and a struct of `properties`.

    `numbers` are their ids; `next` is where the server says that the list goes on, `began` when it was asked.
    """

    records: pa.RecordBatch
    numbers: Ids
    next: str | None
    began: datetime

    def only(self, wanted: slice | Ids) -> "Page":
        """Return some of the records, in the order of their places."""
        if isinstance(wanted, slice):
            start, stop, _ = wanted.indices(len(self.numbers))
            records = self.records.slice(start, max(0, stop - start))
        else:
            records = self.records.take(pa.array(wanted))
        return Page(records, self.numbers[wanted], self.next, self.began)


class Pages:
    """Reads pages of records that have these properties.

    Args:
        properties: The properties to keep.
        subject: The object, named in failures.
    """

    def __init__(self, properties: Sequence[str], subject: str) -> None:
        values = pa.struct([(name, pa.string()) for name in properties])
        self._bodies = Bodies(pa.struct([*_RECORD.items(), ("properties", values)]), _tidy, subject)

    def read(self, reply: Reply) -> Page:
        """Return the records of an answer.

        Raises:
            Transient: The body was cut.
            Corrupt: It is something else than a page of records.
        """
        body = self._bodies.read(reply.content)
        records = pa.RecordBatch.from_struct_array(body.results)
        return Page(records, self._numbers(records), body.next, reply.began)

    def _numbers(self, records: pa.RecordBatch) -> Ids:
        ids = records.column("id")
        try:
            if not ids.null_count:
                found: Ids = ids.cast(pa.int64()).to_numpy()
                return found
        except pa.ArrowInvalid:
            pass
        raise self._bodies.nonsense()


def _tidy(record: dict[str, Any]) -> dict[str, Any]:
    properties = {name: as_text(value) for name, value in (record.get("properties") or {}).items()}
    return {**record, "id": as_text(record["id"]), "properties": properties}
