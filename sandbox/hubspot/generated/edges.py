"""Which types are related, how their associations are labelled, and the edges of rows.

Belongs here: HubSpot's numbers of association types, and the edges of a row as indexes of rows.
Does not: edges that were made or removed since (`sandbox.hubspot.overlay`), ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sandbox.hubspot.generated.links import NOWHERE, Link
from sandbox.hubspot.model import Label
from sandbox.world.hashing import Ints, mix, salt
from sandbox.world.population import Population

Pair = tuple[Label, Label]
"""A label as seen from the source, and as seen from the target."""


@dataclass(frozen=True)
class Relation:
    """What may lead from a type to another; the links all have the first pair, the first link may have a second.

    The last pairs are on no generated edge.
    """

    source: str
    target: str
    pairs: tuple[Pair, ...]
    links: tuple[Link, ...] = ()
    primary: bool = False

    def labels(self, *, backwards: bool) -> tuple[Label, ...]:
        """Return the types of association in one direction."""
        return tuple(pair[backwards] for pair in self.pairs)

    def of_links(self, *, backwards: bool) -> list[tuple[Label, ...]]:
        """Return the labels of the edges that each link makes."""
        labels = self.labels(backwards=backwards)
        return [labels[: 2 if self.primary and number == 0 else 1] for number in range(len(self.links))]

    def led(self, rows: Ints, *, backwards: bool) -> tuple[Ints, Ints, Ints]:
        """Return the edges of rows of the source, or of the target if `backwards`, in columns.

        That is the place of the row among those given, the row at the other end, the number of the link. Each edge is
        there once, made by the first of its links; they ascend by place, then by row.
        """
        ends = [link.sources(rows) if backwards else _ends(link.targets(rows)) for link in self.links]
        places, others = (np.concatenate(parts) for parts in zip(*ends, strict=True))
        links = np.repeat(np.arange(len(ends)), [len(end[0]) for end in ends])
        order = np.lexsort((links, others, places))
        places, others, links = places[order], others[order], links[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(places) != 0) | (np.diff(others) != 0)
        return places[new], others[new], links[new]


def _ends(targets: Ints) -> tuple[Ints, Ints]:
    places = np.flatnonzero(targets != NOWHERE)
    return places, targets[places]


def _defined(forward: int, back: int, label: str | None = None) -> Pair:
    return Label("HUBSPOT_DEFINED", forward, label), Label("HUBSPOT_DEFINED", back, label)


def _own(forward: int, back: int, label: str | None = None) -> Pair:
    return Label("USER_DEFINED", forward, label), Label("USER_DEFINED", back, label)


_RELATIONS = (
    Relation(
        "contacts", "companies", (_defined(279, 280), _defined(1, 2, "Primary"), _own(28, 29, "Billing")), primary=True
    ),
    Relation("deals", "companies", (_defined(341, 342), _defined(5, 6, "Primary")), primary=True),
    Relation("deals", "contacts", (_defined(3, 4), _own(30, 31, "Decision maker"))),
    Relation("leads", "contacts", (_defined(608, 607), _defined(578, 577, "Primary")), primary=True),
    Relation("leads", "companies", (_defined(610, 609),)),
    Relation("calls", "contacts", (_defined(194, 193),)),
    Relation("calls", "companies", (_defined(182, 181),)),
    Relation("calls", "deals", (_defined(206, 205),)),
    Relation("meetings", "contacts", (_defined(200, 199),)),
    Relation("meetings", "companies", (_defined(188, 187),)),
    Relation("meetings", "deals", (_defined(212, 211),)),
    Relation("subscriptions", "companies", (_own(35, 36),)),
)

_GAPS: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("contacts", "companies"): (1, 13),
    ("deals", "contacts"): (2, 9),
    ("calls", "contacts"): (1, 12),
    ("calls", "deals"): (10,),
    ("meetings", "contacts"): (1, 6),
    ("meetings", "deals"): (8,),
    ("leads", "contacts"): (5,),
}
"""How many of 16 rows the links of a relation leave out; one link that leaves out 2, unless it says otherwise."""


def relations(populations: Mapping[str, Population]) -> tuple[Relation, ...]:
    """Return every relation with its links."""
    return tuple(_linked(relation, populations) for relation in _RELATIONS)


def _linked(relation: Relation, populations: Mapping[str, Population]) -> Relation:
    sources, targets = populations[relation.source], populations[relation.target]
    key = mix(sources.key ^ salt(relation.target))
    gaps = _GAPS.get((relation.source, relation.target), (2,))
    links = (Link(mix(key + number), sources.count, targets.count, gap) for number, gap in enumerate(gaps))
    return replace(relation, links=tuple(links))
