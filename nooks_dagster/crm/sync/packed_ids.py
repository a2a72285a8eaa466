"""The ids of a chunk as one short text, so that a thousand of them fit in the 8 KB of an item.

Belongs here: that text. Does not: how many ids a chunk has (each connector).

Numbers are written as the steps between them in base 36: a thousand of HubSpot's eleven digits take 5 to 7 KB, where
a JSON list of them takes 15.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

_NUMBERS = "+"


def pack(ids: Sequence[str]) -> str:
    """Return ids as a text; those that are no numbers as they are, without commas in them."""
    if not all(id_.isdecimal() and id_.isascii() and (id_ == "0" or id_[0] != "0") for id_ in ids):
        return ",".join(ids)
    steps = (after - before for before, after in pairwise([0, *map(int, ids)]))
    return _NUMBERS + ",".join(np.base_repr(step, 36) for step in steps)


def unpack(packed: str | Sequence[str]) -> Sequence[str]:
    """Return the ids of a text; an older release kept a list."""
    if not isinstance(packed, str):
        return packed
    if packed.startswith(_NUMBERS):
        return [str(number) for number in accumulate(int(step, 36) for step in packed[1:].split(",") if step)]
    return [id_ for id_ in packed.split(",") if id_]
