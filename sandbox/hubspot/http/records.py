"""Records as replies have them: the portal's texts, and what is put into them on demand.

Belongs here: property history and associations in a record, reading records that were just written.
Does not: the texts (`sandbox.hubspot.portal`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.replies import as_json
from sandbox.hubspot.model import Edge, ObjectType, Page
from sandbox.hubspot.moments import written
from sandbox.hubspot.portal import Portal

MOST_EDGES = 500
"""Edges that are told at once; the next come by paging."""


def with_more(text: bytes, more: Mapping[str, Any]) -> bytes:
    """Return a record's text with more members."""
    return text[:-1] + b"," + as_json(more)[1:]


def whole(text: object) -> int | None:
    """Return an id that the wire has as a text; None if it is no number."""
    shown = str(text)
    return int(shown) if shown.isdecimal() and len(shown) < 19 else None


def id_of(portal: Portal, kind: ObjectType, named: object, by: object) -> int | None:
    """Return the id of what is named, by a unique property if `by` names one; None if there is no such record."""
    if not by or by == "hs_object_id":
        return whole(named)
    return portal.find(kind, str(by), str(named))


def with_history(call: Call, kind: ObjectType, page: Page, names: Sequence[str]) -> Sequence[bytes]:
    """Return the texts of a page with the history of some properties in each."""
    if not names:
        return page.texts
    known = {made.name for made in kind.properties}
    texts = []
    for record_id, text in zip(page.ids, page.texts, strict=True):
        told = {
            name: [
                {"value": value, "timestamp": written(moment), "sourceType": "CRM_UI"}
                for moment, value in call.portal.history(kind, record_id, name)
            ]
            for name in names
            if name in known
        }
        texts.append(with_more(text, {"propertiesWithHistory": told}))
    return texts


def with_associations(
    call: Call, kind: ObjectType, ids: Sequence[int], texts: Sequence[bytes], names: Sequence[str]
) -> Sequence[bytes]:
    """Return texts with the associations to some types in each that has any."""
    told: dict[int, dict[str, Any]] = {}
    for to in (call.portal.type(name) for name in dict.fromkeys(names)):
        name_of = edge_names(call.portal, kind, to)
        for record_id, edges in call.portal.associated(kind, ids, to).items():
            told.setdefault(record_id, {})[to.name] = {
                "results": named(edges, name_of),
                **paging(call, kind, record_id, to, edges),
            }
    return [
        with_more(text, {"associations": told[record_id]}) if record_id in told else text
        for record_id, text in zip(ids, texts, strict=True)
    ]


def edge_names(portal: Portal, kind: ObjectType, to: ObjectType) -> Mapping[int, str]:
    """Return the word that version 3 has for each type of association: `contact_to_company_unlabeled`."""
    base = f"{kind.singular}_to_{to.singular}"
    labels = portal.labels(kind, to)
    primary = any(label.label and label.category == "HUBSPOT_DEFINED" for label in labels)
    suffix = "_unlabeled" if primary else ""
    names = {label.type_id: base + suffix for label in labels if label.label is None}
    for label in labels:
        if label.label is not None:
            own = label.label.lower().replace(" ", "_")
            names[label.type_id] = base if label.category == "HUBSPOT_DEFINED" else own
    return names


def named(edges: Sequence[Edge], names: Mapping[int, str]) -> list[dict[str, str]]:
    """Return the first edges as version 3 has them: one entry for each type of each."""
    return [{"id": str(edge.to), "type": names[label.type_id]} for edge in edges[:MOST_EDGES] for label in edge.labels]


def paging(call: Call, kind: ObjectType, record_id: int, to: ObjectType, edges: Sequence[Edge]) -> dict[str, Any]:
    """Return the `paging` of a record that has more edges than are told at once; nothing if it has not."""
    if len(edges) <= MOST_EDGES:
        return {}
    after = str(edges[MOST_EDGES].to)
    path = f"/crm/v4/objects/{kind.name}/{record_id}/associations/{to.name}"
    link = f"{call.asked.base}{path}?limit={MOST_EDGES}&after={after}"
    return {"paging": {"next": {"after": after, "link": link}}}


def read_back(call: Call, kind: ObjectType, ids: Sequence[int], names: Sequence[str]) -> Sequence[bytes]:
    """Return the texts of records that were just written, in the order of `ids`, with what was written."""
    page = call.portal.read(kind, ids, names, archived=False)
    by_id = dict(zip(page.ids, page.texts, strict=True))
    return [by_id[record_id] for record_id in ids]
