"""A CRM of three objects in one JSON file, for tests of the sync alone; processes share it.

Rows are {"Id", "SystemModstamp", "IsDeleted", "Name"}; every extraction is noted in `<file>.log`, so that a test
can count what was fetched twice. `broken` maps an object to the failure that its chunks meet.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from nooks_dagster import failures
from nooks_dagster.crm.model import (
    Chunk,
    Extraction,
    FieldType,
    Plan,
    SourceField,
    SourceObject,
    Step,
    Usage,
    Window,
)

OBJECTS = {"Account": "accounts", "Contact": "contacts", "Widget__c": "custom_objects"}
FIELDS = (
    SourceField("Id", FieldType.TEXT),
    SourceField("SystemModstamp", FieldType.TIMESTAMP),
    SourceField("IsDeleted", FieldType.BOOLEAN),
    SourceField("Name", FieldType.TEXT),
    SourceField("Score__c", FieldType.INTEGER, custom=True),
)
ROWS_PER_CHUNK = 5
ALWAYS = "9999"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(minute: int) -> str:
    """Return a stamp: minutes after noon."""
    return (NOON + timedelta(minutes=minute)).isoformat()


def row(number: int, minute: int = 0, **more: Any) -> dict[str, Any]:
    """Return a row whose stamp is so many minutes after noon."""
    found = {"Id": f"{number:04d}", "SystemModstamp": at(minute), "IsDeleted": False, "Name": f"n{number}"}
    return found | {"Score__c": number} | more


def expected(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the canonical table says of rows: id to (name, score, deleted reason)."""
    return {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}


class FakeCrm:
    """The file and the connector over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fields = FIELDS
        self.asked: Counter[str] = Counter()
        self.in_flight = 0
        self.peak = 0
        self._lock = threading.Lock()

    def write(self, rows: Mapping[str, list[dict[str, Any]]], minute: int = 60, **broken: str) -> None:
        """Replace the world: rows by object, the clock, and what is broken."""
        self.path.write_text(json.dumps({"rows": rows, "now": at(minute), "broken": broken}))

    def fetched(self) -> Counter[str]:
        """Return how often each chunk was fetched to its end."""
        log = Path(f"{self.path}.log")
        return Counter(log.read_text().split("\n")[:-1] if log.exists() else [])

    def note(self, source: SourceObject, chunk: Chunk) -> None:
        """Note that a chunk was fetched to its end."""
        with Path(f"{self.path}.log").open("a") as log:
            log.write(f"{source.name} {chunk.key}\n")

    def objects(self) -> Mapping[str, str]:
        self._meet("objects")
        return OBJECTS

    def describe(self, name: str) -> SourceObject:
        return SourceObject(name, OBJECTS[name], self.fields, "Id", "SystemModstamp", "IsDeleted", {"name": "Name"})

    def safe_bound(self, name: str) -> datetime:
        return datetime.fromisoformat(self._world()["now"])

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None) -> Plan:
        since = window.since.isoformat() if window.since else ""
        until = window.until.isoformat() if window.since else ALWAYS
        return Plan(self._steps(source, since, until, resume), len(self._since(source.name, since)))

    def _steps(self, source: SourceObject, since: str, until: str, resume: Mapping[str, str] | None) -> Iterator[Step]:
        ids = sorted(r["Id"] for r in self._since(source.name, since) if r["SystemModstamp"] < until)
        for start in range(0, len(ids), ROWS_PER_CHUNK):
            group = ids[start : start + ROWS_PER_CHUNK]
            if resume is None or group[0] > resume["first"]:
                spec = {"first": group[0], "last": group[-1], "since": since, "until": until}
                yield Step((Chunk(f"{start:04d}", spec),), spec)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        self.asked[f"{source.name} {chunk.key}"] += 1
        self._meet(source.name)
        with self._lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        until = chunk.spec.get("until", ALWAYS)
        found = [r for r in self._since(source.name, chunk.spec.get("since", "")) if r["SystemModstamp"] < until]
        if chunk.ids:
            found = [r for r in found if r["Id"] in chunk.ids]
        else:
            found = [r for r in found if chunk.spec["first"] <= r["Id"] <= chunk.spec["last"]]
        return Extraction(self.safe_bound(source.name), self._batches(source, chunk, found), len(found))

    def deleted(self, source: SourceObject, window: Window) -> Sequence[str]:
        return self._world().get("purged", {}).get(source.name, ())

    def count(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        return sum(map(len, self.ids(source, low, high)))

    def ids(self, source: SourceObject, low: str | None, high: str | None) -> Iterator[list[str]]:
        self._meet(source.name)
        alive = [r["Id"] for r in self._since(source.name, "") if not r["IsDeleted"]]
        yield sorted(i for i in alive if (low or "") <= i and (high is None or i < high))

    def usage(self) -> Usage:
        return Usage(calls=0)

    def _batches(self, source: SourceObject, chunk: Chunk, found: list[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
        time.sleep(0.01)  # as a network would, so that chunks overlap
        parsed = [r | {"SystemModstamp": datetime.fromisoformat(r["SystemModstamp"])} for r in found]
        yield pa.RecordBatch.from_pylist(parsed, schema=source.schema)
        self.note(source, chunk)
        with self._lock:
            self.in_flight -= 1

    def _meet(self, name: str) -> None:
        kind = self._world()["broken"].get(name)
        if kind:
            raise getattr(failures, kind)("it is broken", subject=name)

    def _since(self, name: str, since: str) -> list[dict[str, Any]]:
        return [r for r in self._world()["rows"].get(name, []) if r["SystemModstamp"] >= since]

    def _world(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text()))
