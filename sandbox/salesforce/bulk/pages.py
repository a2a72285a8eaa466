"""Pages of a job's result: rows that go together, named by a locator.

Belongs here: locators, which hold the row a page begins with, so they stay good as long as the job.
Does not: rows and bytes (`results`).
"""

import base64
import binascii
from dataclasses import dataclass

from sandbox.salesforce.bulk.jobs import Job
from sandbox.salesforce.org import SoqlError


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Rows `start` up to but excluding `stop` of a job's result."""

    job: Job
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.stop - self.start

    @property
    def next(self) -> str:
        """The locator of the page behind it, or the word null."""
        return locator(self.stop) if self.stop < self.job.rows else "null"


def page_at(job: Job, text: str | None, most: int) -> ResultPage:
    """Return the page of up to `most` rows at a locator, or the first one.

    Raises:
        SoqlError: INVALID_QUERY_LOCATOR for what is no locator of this job.
    """
    start = 0 if text is None else row_of(text, job.rows)
    return ResultPage(job, start, min(start + most, job.rows))


def locator(row: int) -> str:
    """Return the locator of the page beginning with a row: `MTAwMDA` for 10,000."""
    return base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def row_of(text: str, rows: int) -> int:
    """Return the row that a locator leads to, of so many.

    Raises:
        SoqlError: INVALID_QUERY_LOCATOR.
    """
    try:
        row = int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        row = -1
    if not 0 <= row < max(rows, 1) or locator(row) != text:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return row
