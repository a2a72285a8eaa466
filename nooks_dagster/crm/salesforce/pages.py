"""Result pages of Bulk jobs: CSV that is read as it comes, into Arrow, never a page at once.

Belongs here: the header of a page, its types, and what a body that breaks means. Does not: jobs (`jobs`).

Null and the empty text are the same in Bulk's CSV; Salesforce itself keeps no empty texts. Words like "NA" and
"NULL" are texts.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import pyarrow as pa
import requests
import urllib3
from pyarrow import csv as arrow_csv

from nooks_dagster.crm.model import Chunk, Extraction, FieldType, SourceObject
from nooks_dagster.crm.salesforce.bodies import BLOCK_BYTES, Body
from nooks_dagster.crm.salesforce.jobs import lost_as_stale
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.failures import Corrupt, Failure, Transient

_COLUMN = re.compile(r"In CSV column #(\d+)")
_PARSED = {FieldType.INTEGER: pa.decimal128(20, 1)}  # an int64, and the ".0" that some have
_AGAIN = "The platform tries again."
_RETYPED = "Its type may just have been changed: the next sync describes the object again."


def extract(session: Session, source: SourceObject, chunk: Chunk) -> Extraction:
    """Begin to read the page that a chunk is.

    Raises:
        StalePlan: Its job or its result is gone.
        Corrupt: It is not the page of this object.
    """
    with lost_as_stale(source.name):
        response = session.stream(chunk.spec["page"], kind="query", about=source.name)
    try:
        page = Page(source, response)
    except Failure:
        response.close()
        raise
    began = datetime.fromisoformat(chunk.spec["began"])
    return Extraction(began, page.batches(), page.expected_rows, page.source)


class Page:
    """One page on its way in. A field that the org has won or lost since the job began is not in `source`."""

    def __init__(self, source: SourceObject, response: requests.Response) -> None:
        self._response = response
        self._body = Body(response)
        self._asked = source.name
        self._names = self._header(source)
        if not {source.key, source.stamp} <= set(self._names):
            raise self._corrupt("A page of the result lacks the id or the stamp of its rows.")
        self.source = source.with_only(self._names)

    @property
    def expected_rows(self) -> int | None:
        """Rows of the page, by its header."""
        told = self._response.headers.get("Sforce-NumberOfRecords", "")
        return int(told) if told.isdigit() else None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows.

        Raises:
            Transient: The connection broke.
            Corrupt: A value is not of its field's type, or a row has too few or too many.
        """
        try:
            if self._body.at_end():
                return
            with arrow_csv.open_csv(self._body, *self._options()) as reader:
                for batch in reader:
                    yield self._whole_numbers(batch)
        except (urllib3.exceptions.HTTPError, OSError):
            raise Transient("The result page broke off.", subject=self._asked, next_step=_AGAIN) from None
        except pa.ArrowInvalid as error:
            raise self._misfit(str(error)) from None
        finally:
            self._response.close()

    def _whole_numbers(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows in the schema of the source; `5.0` is a whole number, as in a REST answer, `5.5` is not."""
        arrays = []
        for field, column in zip(self.source.fields, batch.columns, strict=True):
            try:
                arrays.append(column.cast(field.type.arrow))
            except pa.ArrowInvalid:
                raise self._corrupt(f"Field {field.name} holds a value that is not of its type.", _RETYPED) from None
        return pa.RecordBatch.from_arrays(arrays, schema=self.source.schema)

    def _header(self, source: SourceObject) -> Sequence[str]:
        """Return the columns of the page; one that begins with a row has those that were asked for."""
        try:
            line = self._body.first_line()
        except (urllib3.exceptions.HTTPError, OSError):
            raise Transient("The result page broke off.", subject=self._asked, next_step=_AGAIN) from None
        with suppress(csv.Error):  # no header is longer than the 128 KB that a value may have
            names = next(csv.reader([line.decode(errors="replace").removeprefix("\ufeff")]), [])
            if source.key in names:
                return names
        self._body.unread(line)
        return [field.name for field in source.fields]

    def _options(self) -> tuple[Any, Any, Any]:
        types = {field.name: _PARSED.get(field.type, field.type.arrow) for field in self.source.fields}
        return (
            arrow_csv.ReadOptions(column_names=list(self._names), block_size=BLOCK_BYTES, use_threads=False),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=[""],
                true_values=["true"],
                false_values=["false"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _misfit(self, message: str) -> Corrupt:
        """Name the field of a value that does not fit; the message itself quotes the value."""
        column = _COLUMN.search(message)
        if column is None:
            return self._corrupt("A page of the result is not whole CSV.")
        names = [field.name for field in self.source.fields]
        field = self._names[int(column[1])] if int(column[1]) < len(self._names) else names[-1]
        return self._corrupt(f"Field {field} holds a value that is not of its type.", _RETYPED)

    def _corrupt(self, what: str, next_step: str = _AGAIN) -> Corrupt:
        return Corrupt(what, subject=self._asked, next_step=next_step)
