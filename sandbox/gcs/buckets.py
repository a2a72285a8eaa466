"""Buckets: create, read, list, change, delete.

Belongs here: the rules of bucket names and the refusal to delete a full bucket.
Does not: the objects inside.
"""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from sandbox.gcs.fields import Fields, cleaned, patched
from sandbox.gcs.metadata import Metadata
from sandbox.gcs.preconditions import Preconditions
from sandbox.gcs.refusals import Refusal, invalid, no_bucket

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{1,220})[a-z0-9]")
_KEPT = ("iamConfiguration", "labels", "lifecycle", "location", "storageClass", "versioning")


def now() -> str:
    """Return this moment as Google writes it: UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as it is stored."""

    name: str
    metageneration: int
    fields: Fields
    created: str
    updated: str

    generation = 1  # a bucket has no generations; conditions look at its metageneration only

    @property
    def etag(self) -> str:
        """Return the tag that changes with the bucket."""
        return f"bucket/{self.metageneration}"


def _from_row(row: sqlite3.Row) -> Bucket:
    return Bucket(**{**dict(row), "fields": json.loads(row["fields"])})


def _kept(resource: Mapping[str, JsonValue]) -> Fields:
    versioning = resource.get("versioning")
    if isinstance(versioning, dict) and versioning.get("enabled"):
        raise invalid("This lake keeps one generation of an object: versioning cannot be enabled here.")
    return {name: resource[name] for name in _KEPT if name in resource}


class Buckets:
    """The buckets of one lake."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def create(self, name: str, resource: Mapping[str, JsonValue]) -> Bucket:
        """Create a bucket. Raises `Refusal` 400 for a bad name and 409 when it exists."""
        if not _NAME.fullmatch(name):
            raise invalid(f"Invalid bucket name: {name[:80]!r}. Use 3 to 63 of a-z, 0-9, '-', '_' and '.'.")
        moment, fields = now(), json.dumps(cleaned(_kept(resource)))
        with self._metadata.writing() as rows:
            if rows.execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone():
                raise Refusal(409, "conflict", f"You already own this bucket: {name}")
            rows.execute("INSERT INTO buckets VALUES (?, 1, ?, ?, ?)", (name, fields, moment, moment))
        return self.get(name)

    def get(self, name: str) -> Bucket:
        """Return a bucket. Raises `Refusal` 404."""
        with self._metadata.reading() as rows:
            row = rows.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise no_bucket(name)
        return _from_row(row)

    def all(self, prefix: str = "") -> list[Bucket]:
        """Return the buckets whose names start with `prefix`, by name."""
        with self._metadata.reading() as rows:
            found = rows.execute("SELECT * FROM buckets WHERE name >= ? ORDER BY name", (prefix,)).fetchall()
        return [_from_row(row) for row in found if row["name"].startswith(prefix)]

    def patch(self, name: str, change: Mapping[str, JsonValue], conditions: Preconditions) -> Bucket:
        """Change the fields given. Raises `Refusal` 404 and 412."""
        with self._metadata.writing() as rows:
            bucket = self.get(name)
            conditions.check_write(bucket)
            rows.execute(
                "UPDATE buckets SET metageneration = ?, fields = ?, updated = ? WHERE name = ?",
                (bucket.metageneration + 1, json.dumps(patched(bucket.fields, _kept(change))), now(), name),
            )
            return self.get(name)

    def delete(self, name: str, conditions: Preconditions) -> None:
        """Delete an empty bucket. Raises `Refusal` 404, 409 and 412."""
        with self._metadata.writing() as rows:
            conditions.check_write(self.get(name))
            if rows.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise Refusal(409, "conflict", f"The bucket you tried to delete is not empty: {name}")
            rows.execute("DELETE FROM buckets WHERE name = ?", (name,))
