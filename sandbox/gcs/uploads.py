"""Resumable uploads: sessions that outlive the process.

Belongs here: starting, appending, finishing and cancelling a session. How much has arrived is the size of its
file, so a killed server resumes where the bytes end; checksums are then computed again from the file.
Does not: the HTTP conversation (`resumable_api`).
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from uuid import uuid4

from sandbox.gcs.blobs import Blobs, Digest
from sandbox.gcs.checksums import Checksums
from sandbox.gcs.metadata import Metadata
from sandbox.gcs.objects import Incoming, Objects, StoredObject, check_name
from sandbox.gcs.preconditions import Preconditions
from sandbox.gcs.refusals import Refusal, no_bucket, no_upload

LIFETIME = 7 * 24 * 3600  # seconds, as Google's


@dataclass(frozen=True, slots=True)
class Upload:
    """A session: where the bytes will go, what they must be, and the object it ended in, if it ended."""

    id: str
    file: str
    incoming: Incoming
    answer: StoredObject | None


@dataclass(slots=True)
class _Progress:
    """What this process knows of a session: one request at a time, and the running digest."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    digest: Digest = field(default_factory=Digest)


class Uploads:
    """The unfinished uploads of one lake, and for a week the finished ones."""

    def __init__(self, metadata: Metadata, blobs: Blobs, objects: Objects) -> None:
        self._metadata = metadata
        self._blobs = blobs
        self._objects = objects
        self._progress: dict[str, _Progress] = {}
        self._progress_lock = threading.Lock()

    def start(self, incoming: Incoming) -> str:
        """Open a session and return its id. Raises `Refusal` 400 and 404."""
        check_name(incoming.name)
        self._blobs.check_room(0)
        identity = uuid4().hex
        with self._metadata.writing() as rows:
            if not rows.execute("SELECT 1 FROM buckets WHERE name = ?", (incoming.bucket,)).fetchone():
                raise no_bucket(incoming.bucket)
            row = (identity, uuid4().hex, json.dumps(asdict(incoming)), time.time())
            rows.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, NULL)", row)
        return identity

    @contextmanager
    def held(self, identity: str) -> Iterator[Upload]:
        """Hold a session, so that a client's second try waits for its first. Raises `Refusal` 404."""
        self._get(identity)
        with self._progress_lock:
            progress = self._progress.setdefault(identity, _Progress())
        with progress.lock:
            yield self._get(identity)

    def received(self, upload: Upload) -> int:
        """Return how many bytes of a held session have arrived."""
        return self._blobs.size(upload.file)

    def append(self, upload: Upload, chunks: Iterator[bytes]) -> int:
        """Add bytes to a held session and return the new total; what came before a failure stays."""
        digest = self._digest(upload)
        with self._blobs.resume(upload.file, digest) as writer:
            writer.write_all(chunks)
        return digest.size

    def finish(self, upload: Upload, checksums: Checksums) -> StoredObject:
        """Turn a held session into its object; a `Refusal` (400 checksum, 404, 412) ends it too."""
        told = upload.incoming.checksums.merged(checksums)
        incoming = replace(upload.incoming, checksums=told)
        with self._blobs.resume(upload.file, self._digest(upload)) as writer:
            blob = writer.finish()
        try:
            with self._metadata.writing() as rows:
                stored = self._objects.put_within(rows, incoming, blob)
                answer = json.dumps(asdict(stored))
                rows.execute("UPDATE uploads SET answer = ?, file = '' WHERE id = ?", (answer, upload.id))
        except Refusal:
            self.end(upload)
            raise
        self._forget(upload.id)
        return stored

    def end(self, upload: Upload) -> None:
        """Drop a held session and its bytes."""
        with self._metadata.writing() as rows:
            if upload.answer is None:
                self._metadata.doom(upload.file)
            for part in rows.execute("SELECT file FROM parts WHERE upload = ?", (upload.id,)):
                self._metadata.doom(part["file"])
            rows.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        self._forget(upload.id)

    def expire(self) -> None:
        """Drop the sessions that are a week old; called when the lake starts."""
        limit = time.time() - LIFETIME
        with self._metadata.reading() as rows:
            old = [row["id"] for row in rows.execute("SELECT id FROM uploads WHERE started < ?", (limit,))]
        for identity in old:
            self.end(self._get(identity))

    def _digest(self, upload: Upload) -> Digest:
        """Return the digest of the bytes that are there, from the file when memory has not followed them."""
        with self._progress_lock:
            progress = self._progress.setdefault(upload.id, _Progress())
        if progress.digest.size != self.received(upload):
            progress.digest = Digest()
            for chunk in self._blobs.read(upload.file):
                progress.digest.update(chunk)
        return progress.digest

    def _forget(self, identity: str) -> None:
        with self._progress_lock:
            self._progress.pop(identity, None)

    def _get(self, identity: str) -> Upload:
        with self._metadata.reading() as rows:
            row = rows.execute("SELECT * FROM uploads WHERE id = ?", (identity,)).fetchone()
        if row is None:
            raise no_upload()
        answer = StoredObject(**json.loads(row["answer"])) if row["answer"] else None
        return Upload(row["id"], row["file"], _from_json(row["incoming"]), answer)


def _from_json(text: str) -> Incoming:
    declared = json.loads(text)
    return Incoming(
        declared["bucket"],
        declared["name"],
        declared["fields"],
        Preconditions(**declared["conditions"]),
        Checksums(**declared["checksums"]),
    )
