"""Cutting a window into chunks: a history by immutable id ranges, a time window into equal slices.

Belongs here: the arithmetic. Does not: asking the org how much there is (`connector`).

A chunk's spec says all that is needed to go on behind it, so a resumed plan draws the same borders:
`low`, `high` (ids), `step` (ids a range) or `since`, `until` (literals). The first range is open below, the
last one above, so a row inserted meanwhile has its range too.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from nooks_dagster.crm.model import Chunk
from nooks_dagster.crm.salesforce import ids
from nooks_dagster.crm.salesforce.soql import moment

CHUNK_ROWS = 20_000  # ten pages: seconds lost when a worker dies, 2,000 ledger rows for 40 million records
MOST_CHUNKS = 5_000  # keys have four digits, and the org may double while it is read


def parts(rows: int, chunk_rows: int = CHUNK_ROWS) -> int:
    """Return how many chunks so many rows make."""
    return min(MOST_CHUNKS, max(1, -(-rows // chunk_rows)))


def id_step(smallest: str, largest: str, count: int) -> int:
    """Return how many ids a range spans when the ids of an object are cut into `count` ranges."""
    return (ids.to_number(largest) - ids.to_number(smallest)) // count + 1


def first_ranges(smallest: str, largest: str, step: int) -> Iterator[Chunk]:
    """Yield ranges over all ids of an object, whose smallest and largest are known.

    Ids of two forms or prefixes have no arithmetic: they make one range over everything.
    """
    if not (ids.is_id(smallest) and ids.is_id(largest)) or smallest[: ids.PREFIX] != largest[: ids.PREFIX]:
        yield Chunk(_key(0), {"step": str(step)})
        return
    yield from _ranges(0, "", ids.to_number(smallest), largest, step)


def ranges_after(chunk: Chunk, largest: str) -> Iterator[Chunk]:
    """Yield the ranges behind a chunk; none when it was the one that is open above."""
    low = chunk.spec.get("high")
    if low:
        yield from _ranges(int(chunk.key) + 1, low, ids.to_number(low), largest, int(chunk.spec["step"]))


def _ranges(number: int, low: str, edge: int, largest: str, step: int) -> Iterator[Chunk]:
    top = ids.to_number(largest)
    while edge + step <= top:
        edge += step
        high = ids.from_number(largest[: ids.PREFIX], edge)
        yield Chunk(_key(number), {**({"low": low} if low else {}), "high": high, "step": str(step)})
        number, low = number + 1, high
    yield Chunk(_key(number), {**({"low": low} if low else {}), "step": str(step)})


def time_slices(since: datetime, until: datetime, count: int, number: int = 0) -> Iterator[Chunk]:
    """Yield at most `count` slices of [since, until), cut at whole seconds: equal stamps stay together."""
    width = (until - since) / count
    inner = {(since + width * place).replace(microsecond=0) for place in range(1, count)}
    borders = [since, *sorted(border for border in inner if since < border < until), until]
    for place, (start, end) in enumerate(pairwise(borders) if since < until else ()):
        yield Chunk(_key(number + place), {"since": moment(start), "until": moment(end)})


def _key(number: int) -> str:
    return f"{number:04d}"
