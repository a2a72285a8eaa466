"""The next base of a dataset: what is left of the old one, and the newest versions of the rows that changed.

Belongs here: one pass over the parts.
Does not: which version wins (`crm.upkeep.folding`), naming and publishing what it
writes (`crm.upkeep.compaction`).

Memory is bounded whatever the size of the base: the versions of the changed rows are held, without their values, and
all parts are streamed. A part of the base that holds none of those rows stays as it is.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter

import numpy as np
import pyarrow as pa

from nooks_dagster.crm.rows.raw import raw_schema
from nooks_dagster.crm.rows.raw_parts import RawParts
from nooks_dagster.crm.upkeep.folding import Versions, folded, joined
from nooks_dagster.crm.upkeep.rewriting import LocalInput, PartCutter, Shape
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Group, Manifest, Part
from nooks_dagster.lake.parts import LocalPart

Land = Callable[[Shape, LocalPart], Handle]
"""Makes a local part one of the lake."""


class NextBase:
    """One pass.

    Args:
        raw_parts: Where parts are read from.
        seen: The manifest that is folded.
        changed: The parts whose rows go into the base: deltas, and base parts that are too small to stay.
        land: Where parts are written to.
        tick: Told that the work moves.
    """

    def __init__(
        self, raw_parts: RawParts, seen: Manifest, changed: Sequence[Part], land: Land, tick: Callable[[], None]
    ) -> None:
        self._raw_parts = raw_parts
        self._seen = seen
        self._changed = changed
        self._land = land
        self._tick = tick
        self._base: list[tuple[Handle, pa.Schema]] = []

    def build(self) -> Sequence[Group]:
        """Write it, and return its parts."""
        with ExitStack() as local:
            inputs = [local.enter_context(self._raw_parts.fetched(part.handle)) for part in self._changed]
            newest = folded(joined([one.versions(number) for number, one in enumerate(inputs)]))
            staying = (part for part in self._seen.base if part not in self._changed)
            for number, part in enumerate(staying, len(inputs)):
                newest = self._meet(number, part, newest)
            for _, alike in groupby(sorted(enumerate(inputs), key=_shape), _shape):
                self._write(list(alike), newest)
        return [([handle for handle, _ in alike], schema) for schema, alike in groupby(self._base, itemgetter(1))]

    def _meet(self, number: int, part: Part, newest: Versions) -> Versions:
        """Keep what a part of the base has that is not superseded; return the newest versions after that."""
        self._tick()
        with self._raw_parts.fetched(part.handle) as old:
            mine = old.versions(number)
            met = mine.among(newest.ids)
            if not met.any():
                self._base.append((part.handle, self._seen.schemas[part.schema]))
                return newest
            theirs = newest.among(mine.ids.filter(pa.array(met)))
            both = folded(joined([mine.take(met), newest.take(theirs)]))
            kept = both.take(both.part == number)
            stay, present = ~met, mine.present.copy()
            stay[kept.row], present[kept.row] = True, kept.present
            if stay.any():
                with self._cutter(old.shape) as cutter:
                    for batch in old.staying(stay, present):
                        cutter.write(batch)
                    cutter.finish()
        return joined([newest.take(~theirs), both])

    def _write(self, inputs: Sequence[tuple[int, LocalInput]], newest: Versions) -> None:
        """Write the newest versions that lie in parts of one shape."""
        with self._cutter(inputs[0][1].shape) as cutter:
            for number, one in inputs:
                chosen = newest.take(newest.part == number)
                stay, present = np.zeros(one.rows, np.bool_), np.zeros(one.rows, np.int64)
                stay[chosen.row], present[chosen.row] = True, chosen.present
                for batch in one.staying(stay, present):
                    cutter.write(batch)
            cutter.finish()

    def _cutter(self, shape: Shape) -> PartCutter:
        schema = raw_schema(shape.source)

        def landed(part: LocalPart) -> None:
            self._base.append((self._land(shape, part), schema))
            self._tick()

        return PartCutter(self._raw_parts.scratch, schema, landed)


def _shape(numbered: tuple[int, LocalInput]) -> str:
    return numbered[1].shape.name
