"""What the search index knows of the records of one type: it is behind by the portal's lag.

Belongs here: parts of the plane of ids and stamps, counted and walked by arithmetic over the generated rows and by
looking at what was written since.
Does not: conditions that are no such parts (`sandbox.hubspot.finding`).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from heapq import merge
from itertools import combinations

from sandbox.hubspot.conditions import Part
from sandbox.hubspot.generated.table import GeneratedTable
from sandbox.hubspot.overlay.indexed import Indexed


class Index:
    """The index of one type. Callers keep everything as it is meanwhile."""

    def __init__(self, table: GeneratedTable, indexed: Indexed) -> None:
        self._table = table
        self.written = indexed

    def count(self, parts: Sequence[Part]) -> int:
        """Count the records in at least one part, by inclusion and exclusion."""
        return sum(
            (-1) ** (size + 1) * self._count(reduce(Part.__and__, chosen))
            for size in range(1, len(parts) + 1)
            for chosen in combinations(parts, size)
        )

    def walk(self, parts: Sequence[Part], *, descending: bool) -> Iterator[int]:
        """Yield the ids of the records in at least one part, in their order."""
        walks = [self._walk(part, descending=descending) for part in parts]
        last = None
        for record_id in merge(*walks, reverse=descending):
            if record_id != last:
                yield record_id
            last = record_id

    def rows(self, part: Part, *, descending: bool = False) -> Iterator[int]:
        """Yield the generated rows in a part that are as they were made, as far as the index knows."""
        rows, ranks = self._table.spans(part.ids, part.stamps)
        written, ids = self.written, self._table.population.ids
        walk = self._table.walk_live(rows, ranks, descending=descending)
        return (row for row in walk if ids.id(row) not in written) if written else walk

    def rows_of(self, ids: Iterable[int], part: Part) -> Iterator[int]:
        """Yield those of the generated rows in a part that have one of some ids."""
        population = self._table.population
        rows, ranks = self._table.spans(part.ids, part.stamps)
        for record_id in sorted(ids):
            row = population.ids.index(record_id)
            if row is None or population.is_deleted(row) or record_id in self.written:
                continue
            if rows[0] <= row < rows[1] and ranks[0] <= population.shuffle.rank(row) < ranks[1]:
                yield row

    def _walk(self, part: Part, *, descending: bool) -> Iterator[int]:
        generated = map(self._table.population.ids.id, self.rows(part, descending=descending))
        written = self.written.live(part.ids, part.stamps)
        return merge(generated, reversed(written) if descending else written, reverse=descending)

    def _count(self, part: Part) -> int:
        rows, ranks = self._table.spans(part.ids, part.stamps)
        hidden = self.written.count_hidden(rows, ranks)
        return self._table.count_live(rows, ranks) - hidden + len(self.written.live(part.ids, part.stamps))
