"""A portal in memory that answers a session's questions: for tests of reading alone, call by call.

Records are texts by property. `short` says how many rows of a full page really come, `inclusive` whether a page begins
with the record that `after` names, `meanwhile` is called before each answer and may change anything.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.session import Reply, Session
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Permanent

START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Record:
    """One record; `minute` is when it changed, `archived` when it was archived, minutes behind `START`."""

    id: int
    values: dict[str, Any] = field(default_factory=dict)
    minute: int = 0
    archived: int | None = None


@dataclass
class MemoryPortal:
    """One type of records, the answers about it, and what was asked."""

    name: str = "contacts"
    records: dict[int, Record] = field(default_factory=dict)
    properties: list[dict[str, Any]] = field(default_factory=list)
    edges: dict[str, dict[int, list[dict[str, Any]]]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    answers: dict[str, Any] = field(default_factory=dict)
    owners: dict[str, list[list[Any]]] = field(default_factory=dict)
    inclusive: bool = True
    searchable: bool = True
    short: Callable[[int], int] = lambda rows: rows
    meanwhile: Callable[[], None] = lambda: None
    lost: Callable[[], bool] = lambda: False
    hidden: Callable[[], bool] = lambda: False
    minute: int = 100
    edges_a_page: int = 500
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def session(self) -> Session:
        """Return itself as what a connector asks."""
        return cast("Session", self)

    def add(self, record: int, minute: int = 0, **values: Any) -> Record:
        """Make a record."""
        self.records[record] = Record(record, values, minute)
        return self.records[record]

    def get(self, path: str, *, kind: str, about: str = "", params: Sequence[tuple[str, str]] = (), **_: Any) -> Reply:
        given = dict(params)
        self.asked.append((path, given))
        self.meanwhile()
        if path.rsplit("/", maxsplit=1)[-1] in self.unreadable or path in self.unreadable:
            raise NotReadable("The app lacks a scope.", subject=about)
        if path in self.answers:
            return self._reply(self.answers[path])
        if path == "/crm/v3/owners" and self.owners:
            return self._reply(self._owners(given))
        if path.startswith("/crm/v3/properties/"):
            return self._reply({"results": self.properties})
        if path == f"/crm/v3/objects/{self.name}":
            return self._reply(self._list({"archived": "false", "properties": "", **given}))
        if (record := path.removeprefix(f"/crm/v3/objects/{self.name}/")).isdecimal() and int(record) in self.records:
            return self._reply(self._record(int(record), []))
        if path.startswith("/crm/v3/objects/") and not record.isdecimal():
            return self._reply({"results": []})
        raise NotReadable("There is no such thing.", subject=about)

    def post(
        self, path: str, body: Any, *, kind: str, about: str = "", params: Sequence[tuple[str, str]] = (), **_: Any
    ) -> Reply:
        self.asked.append((path, body))
        self.meanwhile()
        if path in self.answers:
            return self._reply(self.answers[path])
        if path.endswith("/search"):
            return self._reply(self._search(body))
        if path.startswith("/crm/v4/associations/"):
            return self._reply(self._associations(path.split("/")[5], body))
        return self._reply(self._read(body, archived=("archived", "true") in params))

    def usage(self) -> Usage:
        return Usage(calls=len(self.asked))

    def _reply(self, body: Any) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        now = START + timedelta(minutes=self.minute)
        return Reply(content, now, now)

    def _list(self, given: Mapping[str, str]) -> Any:
        if self.lost():
            return {"results": []}
        after, archived = int(given.get("after", 0)), given["archived"] == "true"
        there = sorted(
            record
            for record, found in self.records.items()
            if (found.archived is not None) == archived and (record >= after if self.inclusive else record > after)
        )
        limit = int(given["limit"])
        page = there[: self.short(limit)] if len(there) > 1 else there
        body: dict[str, Any] = {"results": [self._record(record, given["properties"].split(",")) for record in page]}
        if len(there) > limit:
            body["paging"] = {"next": {"after": str(there[limit] if self.inclusive else there[limit - 1])}}
        elif len(page) < len(there):
            body["paging"] = {"next": {"after": str(there[-1])}}
        return body

    def _owners(self, given: Mapping[str, str]) -> Any:
        place, pages = int(given.get("after", 0)), self.owners[given["archived"]]
        paging = {"paging": {"next": {"after": str(place + 1)}}} if place + 1 < len(pages) else {}
        return {"results": pages[place], **paging}

    def _search(self, body: Any) -> Any:
        if not self.searchable:
            raise Permanent("There is no search.", subject=self.name)
        filters = [each for group in body["filterGroups"] for each in group["filters"]]
        found = [record for record in self.records.values() if record.archived is None and _matches(record, filters)]
        found.sort(key=lambda record: record.id, reverse=body["sorts"][0]["direction"] == "DESCENDING")
        at = int(body.get("after", 0))
        if at + body["limit"] > 10_000:
            raise Permanent("There are 10,000 places.", subject=self.name)
        page = [] if self.hidden() else found[at : at + body["limit"]]
        return {"total": len(found), "results": [self._record(record.id, body["properties"]) for record in page]}

    def _read(self, body: Any, *, archived: bool) -> Any:
        ids = [int(given["id"]) for given in body["inputs"]]
        found = [self.records[record] for record in ids if record in self.records]
        there = [record.id for record in found if (record.archived is not None) == archived]
        missing = [str(record) for record in ids if record not in there]
        answer = {"status": "COMPLETE", "results": [self._record(record, body["properties"]) for record in there[::-1]]}
        return answer | ({"numErrors": 1, "errors": [{"context": {"ids": missing}}]} if missing else {})

    def _associations(self, to: str, body: Any) -> Any:
        results, without = [], []
        for given in body["inputs"]:
            edges = self.edges.get(to, {}).get(int(given["id"]), [])
            start = int(given.get("after", 0))
            page = edges[start : start + self.edges_a_page]
            result: dict[str, Any] = {"from": {"id": given["id"]}, "to": page}
            if start + len(page) < len(edges):
                result["paging"] = {"next": {"after": str(start + len(page))}}
            if page:
                results.append(result)
            else:
                without.append({"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": [given["id"]]}})
        return {"status": "COMPLETE", "results": results, **({"errors": without} if without else {})}

    def _record(self, number: int, names: Sequence[str]) -> Any:
        record = self.records[number]
        stamp = _time(record.minute)
        every = {**record.values, "hs_object_id": str(number), "lastmodifieddate": stamp}
        body = {
            "id": str(number),
            "properties": {name: every[name] for name in names if name in every},
            "createdAt": _time(0),
            "updatedAt": stamp,
            "archived": record.archived is not None,
        }
        return body if record.archived is None else {**body, "archivedAt": _time(record.archived)}


def edge(to: int, label: str | None = None) -> dict[str, Any]:
    """Return an association as HubSpot lists it."""
    kind = {"category": "HUBSPOT_DEFINED", "typeId": 1 if label else 279, "label": label}
    return {"toObjectId": to, "associationTypes": [kind]}


def listed(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """Return a property as the properties API lists it."""
    return {"name": name, "type": kind, "hubspotDefined": True, **more}


def _matches(record: Record, filters: Sequence[Mapping[str, str]]) -> bool:
    stamp = round((START + timedelta(minutes=record.minute)).timestamp() * 1000)
    for each in filters:
        value, mine = int(each["value"]), record.id if each["propertyName"] == "hs_object_id" else stamp
        if not {"GT": mine > value, "GTE": mine >= value, "LT": mine < value}[each["operator"]]:
            return False
    return True


def _time(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
