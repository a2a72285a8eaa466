"""How fast an org processes bulk jobs, and how many of them its contract allows.

Belongs here: the numbers, and reading them from `name=value`. Does not: acting on them (`jobs`, `registry`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BulkTerms:
    """What holds for the bulk jobs of every org.

    Args:
        seconds: What a job takes at least, by the org's clock.
        rows_per_second: How fast the rows of a job are processed.
        page_rows: Rows of a page whose size the client leaves open.
        header_everywhere: 1 to begin each page with the names of the columns, 0 to begin only the first one so.
        daily_jobs: Query jobs of Bulk API 2.0 in 24 hours.
        daily_batches: Batches of Bulk API 1.0 in 24 hours.
        daily_kilobytes: Size of the results of 2.0 in 24 hours, uncompressed.
    """

    seconds: float = 1.0
    rows_per_second: int = 500_000
    page_rows: int = 50_000
    header_everywhere: int = 1
    daily_jobs: int = 10_000
    daily_batches: int = 15_000
    daily_kilobytes: int = 1_000_000_000

    def __post_init__(self) -> None:
        if min(self.rows_per_second, self.page_rows) < 1:
            raise ValueError("the bulk terms rows_per_second and page_rows are at least 1")

    def duration(self, rows: int) -> float:
        """Return the seconds that a job of so many rows takes."""
        return max(self.seconds, rows / self.rows_per_second)
