"""Search: reading a request, with all the caps that HubSpot has.

Belongs here: `POST …/search`. Does not: finding (`sandbox.hubspot.portal`), how often it may be asked (`limits`).
"""

from collections.abc import Mapping
from typing import Any

from sandbox.hubspot.http.call import Call, items_of
from sandbox.hubspot.http.errors import invalid
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import Reply, as_json, listed
from sandbox.hubspot.model import Filter, ObjectType, Search

MOST_FOUND = 10_000
_MOST_A_PAGE = 200
_MOST_GROUPS, _MOST_IN_GROUP, _MOST_FILTERS = 5, 6, 18
_ONE_VALUE = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
_MANY_VALUES = {"IN", "NOT_IN"}
_NO_VALUE = {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}


def search(call: Call) -> Reply:
    """Answer what the index finds."""
    kind, document = call.object_type, call.document
    most = call.services.terms.search_characters
    if most and len(call.asked.body.decode("utf-8", "replace")) > most:
        raise invalid(f"The request body exceeds the maximum of {most:,} characters", "REQUEST_TOO_LARGE")
    limit, offset = _limit(document), _offset(document)
    if offset + limit > MOST_FOUND:
        raise invalid(f"A search has {MOST_FOUND:,} results at most; after and limit lead beyond", "INVALID_AFTER")
    found = call.portal.search(kind, read_search(kind, document), offset, limit, call.strings("properties"))
    after = offset + len(found.page.ids)
    paging = as_json({"paging": {"next": {"after": str(after)}}})[1:-1] if after < found.total else b""
    return listed(found.page.texts, b'"total":%d,' % found.total, b"," + paging if paging else b"")


def read_search(kind: ObjectType, document: Mapping[str, Any]) -> Search:
    """Read what is searched for.

    Raises:
        Refused: It is too much, or no search.
    """
    groups = [_filters(group) for group in items_of(document, "filterGroups")]
    if flat := items_of(document, "filters"):
        groups.append(flat)
    if len(groups) > _MOST_GROUPS:
        raise invalid(f"A search has {_MOST_GROUPS} filterGroups at most", "TOO_MANY_FILTER_GROUPS")
    if max(map(len, groups), default=0) > _MOST_IN_GROUP or sum(map(len, groups)) > _MOST_FILTERS:
        said = f"A group has {_MOST_IN_GROUP} filters at most, and a search {_MOST_FILTERS}"
        raise invalid(said, "TOO_MANY_FILTERS")
    read = tuple(tuple(_filter(kind, each) for each in group) for group in groups)
    sort, descending = _sort(kind, items_of(document, "sorts"))
    return Search(read, sort, descending, str(document.get("query") or ""))


def _filters(group: Any) -> list[Any]:
    if not isinstance(group, dict):
        raise invalid("A group is an object with filters", "INVALID_FILTER_GROUP")
    return items_of(group, "filters")


def _filter(kind: ObjectType, given: Any) -> Filter:
    if not isinstance(given, dict):
        raise invalid("A filter is an object", "INVALID_FILTER")
    operator = str(given.get("operator", ""))
    name = _known(kind, given.get("propertyName"))
    if operator in _NO_VALUE:
        return Filter(name, operator)
    if operator in _MANY_VALUES and isinstance(given.get("values"), list) and given["values"]:
        return Filter(name, operator, tuple(str(value) for value in given["values"]))
    names = ("value", "highValue") if operator == "BETWEEN" else ("value",)
    values = [given.get(each) for each in names]
    if (operator in _ONE_VALUE or operator == "BETWEEN") and None not in values:
        return Filter(name, operator, tuple(str(value) for value in values))
    raise invalid(f"The operator {operator} does not exist, or lacks its value", "INVALID_FILTER", operator=operator)


def _sort(kind: ObjectType, sorts: list[Any]) -> tuple[str, bool]:
    if len(sorts) > 1:
        raise invalid("A search has one sort at most", "TOO_MANY_SORTS")
    if not sorts:
        return "hs_object_id", False
    if isinstance(sorts[0], dict):
        return _known(kind, sorts[0].get("propertyName")), sorts[0].get("direction") == "DESCENDING"
    name = str(sorts[0])
    return _known(kind, name.removeprefix("-")), name.startswith("-")


def _known(kind: ObjectType, name: Any) -> str:
    if not any(made.name == name for made in kind.properties):
        raise invalid(f"There is no property {name} of {kind.name}", "PROPERTY_DOESNT_EXIST", propertyName=str(name))
    return str(name)


def _limit(document: dict[str, Any]) -> int:
    limit = whole(document.get("limit", 10))
    if limit is None or limit > _MOST_A_PAGE:
        raise invalid(f"limit must be a number up to {_MOST_A_PAGE}", "INVALID_LIMIT")
    return limit or 10


def _offset(document: dict[str, Any]) -> int:
    offset = whole(document.get("after") or 0)
    if offset is None:
        raise invalid("after must be a number", "INVALID_AFTER")
    return offset
