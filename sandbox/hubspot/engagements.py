"""What an activity does to the contacts that it is associated with: their notes are one more, and may be the last.

Belongs here: which contacts, and what they hold then; associations that apps make, which are the ones that tell.
Does not: what an association is (`sandbox.hubspot.associations`).

It is a change like any other: it moves the contact's stamp.
"""

import json
from collections import defaultdict
from collections.abc import Sequence

from sandbox.hubspot.model import Change, Edge, Label, ObjectType, Properties
from sandbox.hubspot.portal import Portal

_ACTIVITIES = {"calls", "meetings"}
_LAST, _COUNT = "notes_last_contacted", "num_notes"


def associate(
    portal: Portal, kind: ObjectType, to: ObjectType, wishes: Sequence[tuple[tuple[int, int], tuple[Label, ...]]]
) -> None:
    """Make edges, or set their labels anew, and let contacts know of activities that are new to them.

    Raises:
        Refused: An end or a label of one is not there; those before it are made.
    """
    with portal.writing():
        before = portal.associated(kind, [pair[0] for pair, _ in wishes], to)
        known = {(record_id, edge.to) for record_id, edges in before.items() for edge in edges}
        for pair, labels in wishes:
            portal.associate(kind, pair[0], to, Edge(pair[1], labels))
        engage(portal, kind, to, [pair for pair, _ in wishes if pair not in known])


def engage(portal: Portal, kind: ObjectType, to: ObjectType, pairs: Sequence[tuple[int, int]]) -> None:
    """Let contacts know of new edges between two types; the caller keeps others from writing."""
    if kind.name in _ACTIVITIES and to.name == "contacts":
        _tell(portal, kind, to, pairs)
    elif to.name in _ACTIVITIES and kind.name == "contacts":
        _tell(portal, to, kind, [(activity, contact) for contact, activity in pairs])


def _tell(portal: Portal, kind: ObjectType, contacts: ObjectType, pairs: Sequence[tuple[int, int]]) -> None:
    activities: dict[int, list[int]] = defaultdict(list)
    for activity, contact in pairs:
        activities[contact].append(activity)
    if not {_LAST, _COUNT} <= {made.name for made in contacts.properties}:
        return
    times = _values(portal, kind, [activity for activity, _ in pairs], ["hs_timestamp"])
    changes = []
    for contact, held in _values(portal, contacts, list(activities), [_LAST, _COUNT]).items():
        moments = [times.get(activity, {}).get("hs_timestamp") for activity in activities[contact]]
        last = max(moment or "" for moment in [held.get(_LAST), *moments])
        notes = int(float(held.get(_COUNT) or 0)) + len(moments)
        changes.append(Change({_LAST: last or None, _COUNT: str(notes)}, contact))
    portal.write(contacts, changes)


def _values(portal: Portal, kind: ObjectType, ids: Sequence[int], names: Sequence[str]) -> dict[int, Properties]:
    page = portal.read(kind, ids, names, archived=False)
    return {each: json.loads(text)["properties"] for each, text in zip(page.ids, page.texts, strict=True)}
