"""Which row of one type leads to which of another: arithmetic, and back without looking at every row.

Belongs here: one link. Does not: which links there are and how they are labelled (`sandbox.hubspot.generated.edges`).
"""

import numpy as np

from sandbox.world.hashing import Ints
from sandbox.world.shuffle import shuffled

NOWHERE = -1

_HUB_EVERY = 2_000
"""One target in so many is a hub, to which one source in 16 of its 2,000 neighbours leads instead."""


class Link:
    """A partial function from the rows of a source to those of a target.

    Args:
        key: What the link follows from.
        sources: How many rows may lead somewhere.
        targets: How many rows they may lead to.
        gaps: How many of 16 lead nowhere.
    """

    def __init__(self, key: int, sources: int, targets: int, gaps: int) -> None:
        self._source_count, self._targets, self._gaps = sources, targets, gaps
        self._shift = key % 16
        self._shuffle = shuffled(targets, key)
        self._back = self._shuffle.inverse()
        self._hubs = max(targets // _HUB_EVERY, 1)
        self._apart = targets // self._hubs

    def targets(self, indexes: Ints) -> Ints:
        """Return where each row leads, or NOWHERE."""
        places = self._shuffle.ranks(indexes % self._targets)
        turns = (indexes + indexes // self._targets + self._shift) % 16
        led = np.where(turns == 15, places % self._hubs * self._apart, places)
        targets: Ints = np.where(turns < self._gaps, NOWHERE, led)
        return targets

    def sources(self, targets: Ints) -> tuple[Ints, Ints]:
        """Return the rows that lead to each, and beforehand the place of the one to which they lead; some twice."""
        hubs, within = np.divmod(targets, self._apart)
        found = [self._sources(np.arange(len(targets)), targets, targets)]
        for place in np.flatnonzero((within == 0) & (hubs < self._hubs)):
            neighbours = np.arange(hubs[place], self._targets, self._hubs)
            found.append(self._sources(np.full(len(neighbours), place), neighbours, targets))
        places, sources = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return places, sources

    def _sources(self, places: Ints, neighbours: Ints, targets: Ints) -> tuple[Ints, Ints]:
        """Return (place, row) of the rows whose own targets these neighbours are, if they lead to `targets[place]`."""
        rounds = np.arange(-(-self._source_count // self._targets)) * self._targets
        candidates = self._back.ranks(neighbours)[:, None] + rounds
        led = (candidates < self._source_count) & (self.targets(candidates) == targets[places][:, None])
        return places[np.nonzero(led)[0]], candidates[led]
