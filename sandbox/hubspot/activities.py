"""The calls that apps made in a portal, for who wants to know whether each was logged once.

Belongs here: what is told of each. Does not: making them (`sandbox.hubspot.changes`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.hubspot.model import Edge, ObjectType
from sandbox.hubspot.overlay.versions import LIVE, Version
from sandbox.hubspot.records import Records

KEY = "nooks_call_id"


def activities(name: str, portal: Records, key: str = KEY) -> Iterator[dict[str, Any]]:
    """Yield the calls that apps made in a portal of a name, ascending by id, archived ones too."""
    kind = portal.type("calls")
    made = [versions for versions in portal.versions(kind) if _by_app(kind, versions[0])]
    ids = [versions[0].id for versions in made]
    edges = {other: portal.associated(kind, ids, portal.type(other)) for other in kind.associated}
    for versions in made:
        last = versions[-1]
        fields = {name: value for name, value in last.changed.items() if value is not None}
        yield {
            "connection": name,
            "key": fields.get(key),
            "id": str(last.id),
            "deleted": last.state != LIVE,
            "writes": len(versions),
            "fields": fields,
            "associations": {to: _shown(found[last.id]) for to, found in edges.items() if last.id in found},
        }


def _by_app(kind: ObjectType, first: Version) -> bool:
    """Return whether an app made a record: it must say what the type requires, of which the world knows nothing."""
    made = not first.based and first.state == LIVE and not first.merged
    return made and all(first.changed.get(name) for name in kind.required)


def _shown(edges: Sequence[Edge]) -> list[dict[str, Any]]:
    return [{"id": str(edge.to), "types": [label.type_id for label in edge.labels]} for edge in edges]
