"""Objects: put, find, open, change, delete, copy, compose.

Belongs here: one row for each live object, and the rule that a new generation appears whole or not at all.
Does not: listing (`listing`), unfinished uploads (`uploads`), HTTP.
"""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from pydantic import JsonValue

from sandbox.gcs.blobs import Blob, Blobs, chunks_of
from sandbox.gcs.buckets import now
from sandbox.gcs.checksums import Checksums
from sandbox.gcs.fields import Fields, cleaned, patched
from sandbox.gcs.metadata import Metadata
from sandbox.gcs.preconditions import Preconditions
from sandbox.gcs.refusals import invalid, no_bucket, no_object

NO_CONDITIONS = Preconditions()
NO_CHECKSUMS = Checksums()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A live object as it is stored; the fields are the columns of its row, in their order."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    file: str
    size: int
    md5: str | None
    crc32c: str
    components: int | None
    fields: Fields
    created: str
    updated: str

    @property
    def etag(self) -> str:
        """Return the tag that changes with the bytes and with the metadata."""
        return f"{self.generation}/{self.metageneration}"


@dataclass(frozen=True, slots=True)
class Source:
    """An object to read from: by name, and by generation and conditions when the client gave them."""

    bucket: str
    name: str
    generation: int | None = None
    conditions: Preconditions = NO_CONDITIONS


@dataclass(frozen=True, slots=True)
class Incoming:
    """An object before its bytes: what the client declares, to be held against what arrives."""

    bucket: str
    name: str
    fields: Fields
    conditions: Preconditions = NO_CONDITIONS
    checksums: Checksums = NO_CHECKSUMS


def from_row(row: sqlite3.Row) -> StoredObject:
    """Return the object that a row of `objects` describes."""
    return StoredObject(**{**dict(row), "fields": json.loads(row["fields"])})


def check_name(name: str) -> str:
    """Return `name`, or refuse with 400 what Google does not take as the name of an object."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise invalid("Object names must be valid Unicode.") from None
    if not 1 <= size <= 1024 or name in {".", ".."} or "\n" in name or "\r" in name:
        raise invalid("Object names have 1 to 1024 bytes of UTF-8, no line breaks, and are not '.' or '..'.")
    return name


class Objects:
    """The live objects of one lake."""

    def __init__(self, metadata: Metadata, blobs: Blobs) -> None:
        self._metadata = metadata
        self._blobs = blobs
        self._last_generation = metadata.last_generation

    def put(self, incoming: Incoming, blob: Blob) -> StoredObject:
        """Make a finished blob the object it was declared to be. Raises `Refusal` 400, 404 and 412."""
        with self._metadata.writing() as rows:
            return self.put_within(rows, incoming, blob)

    def put_within(
        self, rows: sqlite3.Connection, incoming: Incoming, blob: Blob, components: int | None = None
    ) -> StoredObject:
        """Do what `put` does inside the caller's transaction."""
        incoming.checksums.verify(blob)
        new = StoredObject(
            incoming.bucket, incoming.name, 0, 0, blob.file, blob.size, blob.md5, blob.crc32c, components,
            incoming.fields, created="", updated="",
        )  # fmt: skip
        return self._replace(rows, new, incoming.conditions)

    def _replace(self, rows: sqlite3.Connection, new: StoredObject, conditions: Preconditions) -> StoredObject:
        """Put `new` in place of what has its name, as a new generation with times of its own."""
        if not rows.execute("SELECT 1 FROM buckets WHERE name = ?", (new.bucket,)).fetchone():
            raise no_bucket(new.bucket)
        current = self._row(rows, new.bucket, new.name)
        conditions.check_write(current)
        if current:
            self._metadata.doom(current.file)
        moment = now()
        new = replace(
            new, generation=self._next_generation(), metageneration=1, created=moment, updated=moment,
            fields=cleaned({"contentType": "application/octet-stream", **cleaned(new.fields)}),
        )  # fmt: skip
        self._write(rows, new)
        return new

    def find(self, source: Source) -> StoredObject:
        """Return an object's metadata. Raises `Refusal` 404, 304 and 412."""
        with self._metadata.reading() as rows:
            found = self._existing(rows, source)
        source.conditions.check_read(found)
        return found

    def open(self, source: Source) -> tuple[StoredObject, BinaryIO]:
        """Return an object and its open bytes, which stay readable when it is replaced meanwhile."""
        with self._metadata.reading():
            found = self.find(source)
            return found, self._blobs.open(found.file)

    def patch(self, source: Source, change: Mapping[str, JsonValue], *, whole: bool = False) -> StoredObject:
        """Change the writable fields; `whole` replaces them. Raises `Refusal` 404 and 412."""
        with self._metadata.writing() as rows:
            found = self._existing(rows, source)
            source.conditions.check_write(found)
            fields = cleaned(change) if whole else patched(found.fields, change)
            after = replace(found, metageneration=found.metageneration + 1, fields=fields, updated=now())
            self._write(rows, after)
            return after

    def delete(self, source: Source) -> None:
        """Delete an object. Raises `Refusal` 404 and 412."""
        with self._metadata.writing() as rows:
            found = self._existing(rows, source)
            source.conditions.check_write(found)
            self._drop(rows, found)

    def copy(self, source: Source, bucket: str, name: str, change: Fields, conditions: Preconditions) -> StoredObject:
        """Copy without copying bytes: the new object gets a hard link. Raises `Refusal` 404 and 412."""
        with self._metadata.writing() as rows:
            found = self._existing(rows, source)
            source.conditions.check_write(found)
            file = self._blobs.link(found.file)
            try:
                fields = {**found.fields, **change}
                new = replace(found, bucket=bucket, name=name, file=file, fields=fields)
                return self._replace(rows, new, conditions)
            except BaseException:
                self._blobs.remove(file)
                raise

    def move(self, source: Source, name: str, conditions: Preconditions) -> StoredObject:
        """Rename within the bucket, in one transaction. Raises `Refusal` 404 and 412."""
        with self._metadata.writing() as rows:
            found = self._existing(rows, source)
            source.conditions.check_write(found)
            rows.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", (found.bucket, found.name))
            return self._replace(rows, replace(found, name=name), conditions)

    def compose(self, sources: Sequence[Source], incoming: Incoming) -> StoredObject:
        """Concatenate up to 32 objects into one. Raises `Refusal` 400, 404 and 412."""
        if not 1 <= len(sources) <= 32:
            raise invalid("compose takes 1 to 32 source objects.")
        found = [self.find(source) for source in sources]
        with self._blobs.writer(sum(part.size for part in found)) as writer:
            for part in found:
                _, handle = self.open(Source(part.bucket, part.name, part.generation))
                with handle:
                    writer.write_all(chunks_of(handle))
            blob = replace(writer.finish(), md5=None)  # Google gives composed objects no MD5 either
            components = sum(part.components or 1 for part in found)
            with self._metadata.writing() as rows:
                return self.put_within(rows, incoming, blob, components)

    def _existing(self, rows: sqlite3.Connection, source: Source) -> StoredObject:
        found = self._row(rows, source.bucket, source.name)
        if found is None or source.generation not in (None, found.generation):
            raise no_object(source.bucket, source.name)
        return found

    def _row(self, rows: sqlite3.Connection, bucket: str, name: str) -> StoredObject | None:
        key = (bucket, check_name(name))
        row = rows.execute("SELECT * FROM objects WHERE bucket = ? AND name = ?", key).fetchone()
        return from_row(row) if row else None

    def _write(self, rows: sqlite3.Connection, value: StoredObject) -> None:
        columns = (
            value.bucket, value.name, value.generation, value.metageneration, value.file, value.size,
            value.md5, value.crc32c, value.components, json.dumps(value.fields), value.created,
            value.updated,
        )  # fmt: skip
        rows.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns)

    def _drop(self, rows: sqlite3.Connection, found: StoredObject) -> None:
        rows.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", (found.bucket, found.name))
        self._metadata.doom(found.file)

    def _next_generation(self) -> int:
        """Microseconds since 1970, like Google's, and always greater than the last one."""
        self._last_generation = max(self._last_generation + 1, time.time_ns() // 1000)
        return self._last_generation
