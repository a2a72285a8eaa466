"""The rows of an ingest job: from CSV to what they want, and back with what came of it.

Belongs here: CSV, `#N/A`, empty fields, the columns that results add. Does not: jobs (`ingest`).
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sandbox.salesforce.bulk.ingest import IngestJob
from sandbox.salesforce.bulk.results import DELIMITERS, LINE_ENDINGS
from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.writing.wishes import Deed, Outcome, Wish

CHUNK = 200
"""Rows that Salesforce writes together: a name may stand once in each."""

_NULL = "#N/A"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a job, as they were uploaded."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def unknown(self, sobject: SObjectType) -> str | None:
        """Return a column that is no field of an object, None if all are."""
        known = {field.name.lower() for field in sobject.fields}
        return next((name for name in self.header if name.lower() not in known), None)


def read_sheet(job: IngestJob) -> Sheet:
    """Read what was uploaded to a job."""
    lines = csv.reader(io.StringIO(job.data.decode("utf-8-sig"), newline=""), delimiter=DELIMITERS[job.delimiter])
    header, *rows = [line for line in lines if line] or [[]]
    return Sheet(header, rows)


def ends_otherwise(job: IngestJob) -> bool:
    """Return whether the first line of what was uploaded ends otherwise than the job says."""
    first, end, _ = job.data.partition(b"\n")
    return bool(end) and first.endswith(b"\r") != (job.line_ending == "CRLF")


def wishes_of(job: IngestJob, sheet: Sheet, rows: Iterable[Sequence[str]]) -> list[Wish]:
    """Return what rows want: an empty field is none, `#N/A` clears one."""
    return [_wish(job, dict(zip(sheet.header, row, strict=False))) for row in rows]


def _wish(job: IngestJob, texts: dict[str, str]) -> Wish:
    deed, key = Deed(job.operation), job.key or "Id"
    given = {name: None if text == _NULL else text for name, text in texts.items() if text}
    named = next((given.pop(name) for name in list(given) if name.lower() == key.lower()), None)
    return Wish(deed, job.sobject, {} if deed is Deed.DELETE else given, named, key)


def successful(job: IngestJob, sheet: Sheet, outcomes: Sequence[Outcome]) -> bytes:
    """Return the rows that were written."""
    return _results(
        job, sheet, outcomes, ("sf__Id", "sf__Created"), lambda each: (str(each.id), str(each.created).lower())
    )


def failed(job: IngestJob, sheet: Sheet, outcomes: Sequence[Outcome]) -> bytes:
    """Return the rows that were refused, and why."""
    return _results(job, sheet, outcomes, ("sf__Id", "sf__Error"), _error)


def unprocessed(job: IngestJob, sheet: Sheet, outcomes: Sequence[Outcome]) -> bytes:
    """Return the rows that nobody came to."""
    return _csv(job, [sheet.header, *sheet.rows[len(outcomes) :]])


def _results(
    job: IngestJob,
    sheet: Sheet,
    outcomes: Sequence[Outcome],
    added: tuple[str, str],
    told: Callable[[Outcome], tuple[str, str]],
) -> bytes:
    refused = added[1] == "sf__Error"
    pairs = zip(outcomes, sheet.rows, strict=False)
    lines = [[*told(outcome), *row] for outcome, row in pairs if (outcome.refusal is not None) == refused]
    return _csv(job, [[*added, *sheet.header], *lines])


def _error(outcome: Outcome) -> tuple[str, str]:
    refusal = outcome.refusal
    fields = " ".join([*refusal.fields, "--"] if refusal else [])
    return outcome.id or "", f"{refusal.code}:{refusal.message}:{fields}" if refusal else ""


def _csv(job: IngestJob, lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    ending, delimiter = LINE_ENDINGS[job.line_ending], DELIMITERS[job.delimiter]
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(lines)
    return out.getvalue().encode()
