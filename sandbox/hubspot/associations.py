"""The edges between records: those that were generated, and over them what was written since.

Belongs here: which edges there are now, from either end, and how they are labelled.
Does not: which relations a generated world has (`sandbox.hubspot.generated.edges`).
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from sandbox.hubspot.generated.edges import Pair, Relation
from sandbox.hubspot.model import Edge, ObjectType, Refused
from sandbox.hubspot.overlay.edges import End, Labels, written_edge
from sandbox.hubspot.overlay.overlay import Overlay
from sandbox.hubspot.overlay.versions import LIVE
from sandbox.hubspot.shelf import Shelf
from sandbox.world.hashing import Ints

_PRIMARY = "Primary"


class Associations:
    """Every edge of a portal. An edge is there while both of its ends are neither archived nor gone."""

    def __init__(self, shelves: Mapping[str, Shelf], relations: Sequence[Relation], overlay: Overlay) -> None:
        self._shelves = shelves
        self._forward = {(each.source, each.target): each for each in relations}
        self._overlay = overlay

    def of(self, kind: str, ids: Sequence[int], to: str) -> dict[int, list[Edge]]:
        """Return the edges of records towards a type, ascending by id; records without edges are left out."""
        wanted = np.array(list(dict.fromkeys(ids)), np.int64)
        live = wanted[self._shelves[kind].live(wanted)]
        edges_of = self._generated(kind, live, to)
        for record_id, written in self._overlay.edges.among(kind, live.tolist(), to):
            merged = {**{edge.to: edge.labels for edge in edges_of.pop(record_id, ())}, **written}
            edges = [Edge(to_id, merged[to_id]) for to_id in sorted(merged) if merged[to_id]]
            if edges := [edge for edge in edges if self._is_live(to, edge.to)]:
                edges_of[record_id] = edges
        return edges_of

    def labels(self, kind: str, to: str) -> Labels:
        """Return the types that an edge between two types may have, as seen from the first."""
        return tuple(pair[0] for pair in self._pairs(kind, to))

    def written(self, kind: str, record_id: int, to: str, edge: Edge) -> list[list[Any]]:
        """Return an edge with these labels, or without any, for the log: as seen from both ends.

        Raises:
            Refused: A label that edges of these types do not have, or an end that is not there.
        """
        known = {(pair[0].category, pair[0].type_id): pair for pair in self._pairs(kind, to)}
        unknown = [label.type_id for label in edge.labels if (label.category, label.type_id) not in known]
        if unknown:
            raise Refused(400, "VALIDATION_ERROR", f"{unknown[0]} is not a valid association type from {kind} to {to}")
        if edge.labels:
            self.need(to, edge.to)
        pairs = [known[label.category, label.type_id] for label in edge.labels]
        if pairs and (plain := self._pairs(kind, to)[0]) not in pairs:
            pairs.insert(0, plain)
        made = _from_both_ends((kind, record_id, to, edge.to), pairs)
        return made + self._demoted(kind, record_id, to, edge.to) if _PRIMARY in _names(pairs) else made

    def need(self, kind: str, record_id: int) -> None:
        """Make sure that a record is there.

        Raises:
            Refused: It is not.
        """
        if not self._is_live(kind, record_id):
            raise not_there([(self._shelves[kind].kind, record_id)])

    def moved(self, kind: str, old: Sequence[int], new: int) -> list[list[Any]]:
        """Return for the log all edges of some records as those of a new one, the labels of the first before others."""
        moved: list[list[Any]] = []
        for to in self._shelves:
            of_old, backwards = self.of(kind, old, to), dict(self._pairs(kind, to))
            edges: dict[int, Labels] = {}
            for edge in chain.from_iterable(of_old.get(record_id, ()) for record_id in old):
                edges.setdefault(edge.to, edge.labels)
            for to_id, labels in (_one_primary(edges) if (kind, to) in self._forward else edges).items():
                moved += _from_both_ends((kind, new, to, to_id), [(label, backwards[label]) for label in labels])
        return moved

    def _demoted(self, kind: str, record_id: int, to: str, to_id: int) -> list[list[Any]]:
        """Return for the log what a new primary edge makes of the one that was: of the source, there is only one."""
        if (kind, to) not in self._forward:
            kind, record_id, to, to_id = to, to_id, kind, record_id
        backwards = dict(self._pairs(kind, to))
        demoted: list[list[Any]] = []
        for edge in self.of(kind, [record_id], to).get(record_id, ()):
            left = [(label, backwards[label]) for label in edge.labels if label.label != _PRIMARY]
            if edge.to != to_id and len(left) < len(edge.labels):
                demoted += _from_both_ends((kind, record_id, to, edge.to), left)
        return demoted

    def _pairs(self, kind: str, to: str) -> Sequence[Pair]:
        if relation := self._forward.get((kind, to)):
            return relation.pairs
        relation = self._forward.get((to, kind))
        return [(back, forward) for forward, back in relation.pairs] if relation else []

    def _generated(self, kind: str, ids: Ints, to: str) -> dict[int, list[Edge]]:
        """Return the generated edges of records to those that are there."""
        backwards = (kind, to) not in self._forward
        relation = self._forward.get((to, kind) if backwards else (kind, to))
        if relation is None:
            return {}
        rows = self._shelves[kind].table.population.ids.rows(ids)
        ids, rows = ids[rows >= 0], rows[rows >= 0]
        places, others, links = relation.led(rows, backwards=backwards)
        ends = self._shelves[to].table.population.ids.ids(others)
        live, labels = self._shelves[to].live(ends), relation.of_links(backwards=backwards)
        found: dict[int, list[Edge]] = {}
        columns = (column[live].tolist() for column in (ids[places], ends, links))
        for record_id, end, link in zip(*columns, strict=True):
            found.setdefault(record_id, []).append(Edge(end, labels[link]))
        return found

    def _is_live(self, kind: str, record_id: int) -> bool:
        return self._shelves[kind].state(record_id) == LIVE


def not_there(ends: Sequence[tuple[ObjectType, int]]) -> Refused:
    """Return the refusal of edges to records that are not there."""
    named = [(kind.singular.upper(), str(record_id)) for kind, record_id in ends]
    context = {
        "INVALID_OBJECT_IDS": [f"{name}={record_id} is not valid" for name, record_id in named],
        "objectId": [record_id for _, record_id in named],
        "objectType": [name for name, _ in named],
    }
    return Refused(400, "VALIDATION_ERROR", "One or more associations are invalid", context=context)


def _from_both_ends(end: End, pairs: Sequence[Pair]) -> list[list[Any]]:
    kind, record_id, to, to_id = end
    return [
        written_edge(end, tuple(pair[0] for pair in pairs)),
        written_edge((to, to_id, kind, record_id), tuple(pair[1] for pair in pairs)),
    ]


def _names(pairs: Sequence[Pair]) -> set[str | None]:
    return {pair[0].label for pair in pairs}


def _one_primary(edges: Mapping[int, Labels]) -> dict[int, Labels]:
    """Return the edges, of the primary ones only the first as such."""
    primary = [to for to, labels in edges.items() if any(label.label == _PRIMARY for label in labels)]
    demoted = {to: tuple(label for label in edges[to] if label.label != _PRIMARY) for to in primary[1:]}
    return {**edges, **demoted}
