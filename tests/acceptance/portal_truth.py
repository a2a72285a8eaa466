"""Everything that a portal has, as records: those of its types with their edges, owners, pipelines.

Belongs here: the one shape in which `portal_comparison` takes them. Does not: where we keep any of it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nooks_dagster.crm.hubspot.object_types import ASSOCIATED, OWNERS, PIPELINES
from sandbox.hubspot.http import pipelines
from sandbox.hubspot.model import Edge, ObjectType, Owner, Pipeline
from sandbox.hubspot.moments import written
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.truth import lines

Record = dict[str, Any]


def portal_truth(portal: Portal, *, edges: bool = True) -> Mapping[str, list[Record]]:
    """Return what each source object of a portal has, by its name here.

    Args:
        portal: Whose truth it is.
        edges: Whether records come with theirs. One that goes with the record at its other end moves no stamp of this
            one, so only a refresh sees it.
    """
    read = _with_edges if edges else lines
    found = {kind.qualified_name or kind.name: list(read(portal, kind)) for kind in portal.types()}
    found[OWNERS] = [_owner(owner) for owner in portal.owners()]
    kinds = {kind.name: kind for kind in portal.types()}
    for name, of in PIPELINES.items():
        if of in kinds:
            found[name] = [_pipeline(one) for one in portal.pipelines(kinds[of])]
    return found


def _with_edges(portal: Portal, kind: ObjectType) -> Iterator[Record]:
    found = list(lines(portal, kind))
    living = [int(record["id"]) for record in found if record.get("archived") is False]
    ends = ASSOCIATED.get(kind.name, kind.associated if kind.custom else ())
    edges = {to: portal.associated(kind, living, portal.type(to)) for to in ends}
    for record in found:
        towards = {to: [_edge(edge) for edge in known.get(int(record["id"]), ())] for to, known in edges.items()}
        yield record | {"associations": towards}


def _edge(edge: Edge) -> Record:
    labels = [{"category": one.category, "typeId": one.type_id, "label": one.label} for one in edge.labels]
    return {"toObjectId": edge.to, "associationTypes": labels}


def _owner(owner: Owner) -> Record:
    return _listed(
        owner,
        {
            "firstName": owner.first_name,
            "lastName": owner.last_name,
            "email": owner.email,
            "userId": str(owner.user_id) if owner.user_id else None,
            "isActive": str(not owner.archived).lower(),
        },
    )


def _pipeline(pipeline: Pipeline) -> Record:
    stages = json.dumps(pipelines.shown(pipeline)["stages"], ensure_ascii=False)
    return _listed(pipeline, {"label": pipeline.label, "displayOrder": str(pipeline.order), "stages": stages})


def _listed(one: Owner | Pipeline, values: Mapping[str, str | None]) -> Record:
    return {"id": str(one.id), "updatedAt": written(one.updated), "archived": False, "properties": values}
