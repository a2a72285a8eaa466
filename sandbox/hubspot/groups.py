"""Conditions joined by AND: what they leave to be counted, walked or looked at.

Belongs here: which conditions are parts of the plane of ids and stamps, which name their records, which need a look.
Does not: what one condition means (`sandbox.hubspot.conditions`).
"""

from collections.abc import Iterable
from functools import reduce

import numpy as np
import pyarrow as pa

from sandbox.hubspot.conditions import Part, Test, part_of, test_of, words_test
from sandbox.hubspot.defaults import searched
from sandbox.hubspot.model import Filter
from sandbox.hubspot.shelf import Shelf
from sandbox.world.columns import Flags, pc


class Group:
    """Conditions that all must be met: a part of the plane of ids and stamps, and tests of what lies there.

    `candidates` are the only records that can meet them, if values say so by themselves.
    """

    def __init__(self, shelf: Shelf, conditions: Iterable[Filter], query: str) -> None:
        self._query = words_test(query) if query.strip() else None
        self._searched = searched(shelf.kind)
        self.candidates: set[int] | None = None
        self._tests: list[tuple[str, Test]] = []
        parts = [Part()]
        for condition in conditions:
            part = part_of(shelf.kind, condition)
            if part is None:
                self._tests.append((condition.property, test_of(shelf.kind, condition)))
                self._narrow(_candidates(shelf, condition))
            else:
                parts.append(part)
        self.part = reduce(Part.__and__, parts)
        self.exact = not self._tests and self._query is None

    @property
    def looks_at(self) -> set[str]:
        """The properties whose values matter."""
        return {name for name, _ in self._tests} | set(self._searched if self._query else ())

    def _narrow(self, candidates: set[int] | None) -> None:
        if candidates is not None:
            self.candidates = candidates if self.candidates is None else self.candidates & candidates

    def met(self, columns: dict[str, pa.Array], rows: int) -> Flags:
        """Tell which rows meet all conditions."""
        met = np.ones(rows, np.bool_)
        for name, test in self._tests:
            met &= test(columns[name]).fill_null(False).to_numpy(zero_copy_only=False)
        if self._query is not None:
            texts = (columns[name] for name in self._searched)
            whole = pc.binary_join_element_wise(*texts, " ", null_handling="replace", null_replacement="")
            met &= self._query(whole).fill_null(False).to_numpy(zero_copy_only=False)
        return met


def _candidates(shelf: Shelf, condition: Filter) -> set[int] | None:
    """Return the only records that can meet a condition, None if they may be any."""
    if condition.property == "hs_object_id" and condition.operator == "IN":
        return {int(value) for value in condition.values if value.isdecimal()}
    if condition.operator == "EQ" and condition.property in shelf.versions.unique:
        value = condition.values[0]
        return shelf.candidates(condition.property, value.lower() if condition.property == "email" else value)
    return None
