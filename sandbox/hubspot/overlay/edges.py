"""Edges that were made, labelled anew or removed.

Belongs here: the last word on each, from both ends. Does not: edges of generated rows (`sandbox.hubspot.generated`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.hubspot.model import Label

Labels = tuple[Label, ...]

End = tuple[str, int, str, int]
"""Type and id of where one looks from, type and id of where the edge leads."""


class Edges:
    """What was written about edges; no labels are the removal of one."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int, str], dict[int, Labels]] = {}

    def add(self, written: Sequence[Any]) -> None:
        """Take in an edge from the log, as seen from one end."""
        kind, record_id, to, to_id, labels = written
        self._last.setdefault((kind, record_id, to), {})[to_id] = tuple(Label(*label) for label in labels)

    def among(self, kind: str, ids: Iterable[int], to: str) -> Iterator[tuple[int, Mapping[int, Labels]]]:
        """Yield those of some records of whose edges to a type something was written, and what."""
        if self._last:
            yield from ((each, self._last[kind, each, to]) for each in ids if (kind, each, to) in self._last)


def written_edge(end: End, labels: Labels) -> list[Any]:
    """Return an edge for the log."""
    return [*end, [[label.category, label.type_id, label.label] for label in labels]]
