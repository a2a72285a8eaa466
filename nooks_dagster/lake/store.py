"""The lake: objects created once and verified when read, from files and from memory, in a bucket with documents.

Belongs here: the bytes of objects. Does not: what is inside them, JSON that changes (`lake.documents`), listings
(`lake.bucket`).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from google.api_core.exceptions import RequestRangeNotSatisfiable
from google.cloud import storage

from nooks_dagster.failures import Corrupt, Transient
from nooks_dagster.lake.bucket import TIMEOUT
from nooks_dagster.lake.documents import Documents
from nooks_dagster.lake.errors import Conflict, Missing, disk_errors, lake_errors
from nooks_dagster.lake.handle import Handle
from nooks_dagster.settings import settings

# Above the client's 8 MiB an upload is resumable; each piece of it has a time-out and retries of its own.
_PIECE = 8 * 1024 * 1024
# Bytes read in one go: in the client's pieces of 8 KB half a megabyte costs 3 ms of CPU instead of 1.6.
_AT_ONCE = 32 * 1024 * 1024


class Lake(Documents):
    """One bucket and a folder beside it. Safe to share between threads.

    Args:
        bucket: Its name.
        client: A google-cloud-storage client; by default one with the ambient credentials.
        scratch: Folder of files that live for one part; by default the settings'.
        patience: Seconds for which a single call is tried again while the lake does not answer.

    Raises:
        Permanent: There are no Google credentials.
    """

    def __init__(
        self,
        bucket: str,
        client: storage.Client | None = None,
        *,
        scratch: Path | None = None,
        patience: float = 60.0,
    ) -> None:
        super().__init__(bucket, client, patience=patience)
        self._scratch = (scratch or settings().scratch).absolute()

    @property
    def scratch(self) -> Path:
        """The folder of files that live for one part; created when it is missing."""
        with disk_errors(self._scratch):
            self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch

    def upload(self, path: Path, name: str, rows: int, sha256: str | None = None) -> Handle:
        """Create an object from a local file. Doing it twice with the same bytes is doing it once.

        Args:
            path: The file.
            name: The object's name, without the bucket.
            rows: How many rows it holds, for the handle.
            sha256: Of the file, when the caller has computed it already.

        Raises:
            Corrupt: The name is taken by other bytes.
            Transient: The lake did not answer, or lost the upload half-way.
        """
        handle = Handle(self.uri(name), rows, path.stat().st_size, sha256 or _sha256(path))
        blob = self._blob(name, handle)
        with self._creating(name, handle):
            blob.upload_from_filename(str(path), content_type="application/octet-stream", **self._once)
        return handle

    def put(self, name: str, data: bytes, content_type: str, rows: int = 0) -> Handle:
        """Create a small object from memory. Doing it twice with the same bytes is doing it once.

        Args:
            name: The object's name, without the bucket.
            data: All of it; what is larger than some megabytes goes by `upload`.
            content_type: Such as "application/json".
            rows: How many rows it holds, for the handle.

        Raises:
            Corrupt: The name is taken by other bytes.
            Transient: The lake did not answer.
        """
        handle = Handle(self.uri(name), rows, len(data), hashlib.sha256(data).hexdigest())
        blob = self._blob(name, handle)
        with self._creating(name, handle):
            blob.upload_from_string(data, content_type=content_type, **self._once)
        return handle

    def get(self, handle: Handle) -> bytes:
        """Return all of a small object, verified.

        Raises:
            Corrupt: Size or sha256 differ from the handle's.
            Missing: The object is gone.
            Transient: The lake did not answer.
        """
        blob = self._bucket.blob(self._object(handle.uri))
        with self._reading(handle.uri):
            at_once = handle.bytes <= _AT_ONCE
            data = bytes(blob.download_as_bytes(retry=self._retry, timeout=TIMEOUT, single_shot_download=at_once))
        if len(data) != handle.bytes or hashlib.sha256(data).hexdigest() != handle.sha256:
            raise _altered(handle)
        return data

    def download(self, handle: Handle, path: Path) -> None:
        """Write an object to a local file, which appears only when all of it is verified.

        Raises:
            Corrupt: Size or sha256 differ from the handle's.
            Missing: The object is gone.
            Transient: The lake did not answer, or the local disk is full.
        """
        unverified = path.with_name(f"{path.name}.unverified")
        try:
            with disk_errors(path.parent), self._reading(handle.uri):
                path.parent.mkdir(parents=True, exist_ok=True)
                blob = self._bucket.blob(self._object(handle.uri))
                blob.download_to_filename(str(unverified), retry=self._retry, timeout=TIMEOUT)
            if unverified.stat().st_size != handle.bytes or _sha256(unverified) != handle.sha256:
                raise _altered(handle)
            unverified.replace(path)
        finally:
            unverified.unlink(missing_ok=True)

    @contextmanager
    def fetched(self, handle: Handle) -> Iterator[Path]:
        """Yield a verified local copy of an object, which goes afterwards; raises as `download` does."""
        path = self.scratch / uuid4().hex
        try:
            self.download(handle, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def read(self, uri: str, most: int) -> bytes:
        """Return the beginning of an object of which nobody has a handle, unverified: at most `most` + 1 bytes.

        Raises:
            Missing: There is none, or it lies in another bucket.
            Transient: The lake did not answer.
        """
        blob = self._bucket.blob(self._object(uri))
        with self._reading(uri), suppress(RequestRangeNotSatisfiable):
            return bytes(
                blob.download_as_bytes(
                    end=most, retry=self._retry, timeout=TIMEOUT, single_shot_download=most <= _AT_ONCE
                )
            )
        return b""  # of an empty object not even the first byte can be asked for

    @contextmanager
    def copied(self, uri: str, most: int) -> Iterator[Path]:
        """Yield a local copy, which goes afterwards, of what `read` returns the bytes of.

        Raises:
            Missing: There is none, or it lies in another bucket.
            Transient: The lake did not answer, or the local disk is full.
        """
        path = self.scratch / uuid4().hex
        try:
            with disk_errors(path.parent), self._reading(uri):
                blob = self._bucket.blob(self._object(uri))
                blob.download_to_filename(str(path), end=most, retry=self._retry, timeout=TIMEOUT)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def tail(self, handle: Handle, size: int) -> bytes:
        """Return the last bytes of an object, unverified: at most `size`.

        Raises:
            Missing: The object is gone.
            Transient: The lake did not answer.
        """
        blob = self._bucket.blob(self._object(handle.uri))
        start = max(0, handle.bytes - size)
        with self._reading(handle.uri):
            return bytes(blob.download_as_bytes(start=start, retry=self._retry, timeout=TIMEOUT))

    @property
    def _once(self) -> dict[str, Any]:
        return {"if_generation_match": 0, "checksum": "crc32c", "retry": self._retry, "timeout": TIMEOUT}

    def _blob(self, name: str, handle: Handle) -> storage.Blob:
        blob = self._bucket.blob(name, chunk_size=_PIECE)
        blob.metadata = {"sha256": handle.sha256, "rows": str(handle.rows)}
        return blob

    @contextmanager
    def _creating(self, name: str, handle: Handle) -> Iterator[None]:
        try:
            with lake_errors(handle.uri):
                yield
        except Conflict:
            self._check_same(handle, name)
        except Missing as lost:
            raise Transient("The lake lost an upload half-way.", subject=handle.uri) from lost

    def _check_same(self, handle: Handle, name: str) -> None:
        """Raise unless the object that took the name first holds the bytes of the handle."""
        blob = self._bucket.blob(name)
        with lake_errors(handle.uri):
            blob.reload(retry=self._retry, timeout=TIMEOUT)
        if blob.size != handle.bytes or (blob.metadata or {}).get("sha256") != handle.sha256:
            raise Corrupt(
                "The name is taken by other bytes; objects are never overwritten.",
                subject=handle.uri,
                next_step="Write under another name: part names carry the fence of their writer.",
            )

    def _object(self, uri: str) -> str:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        if bucket != self._name:
            raise Missing(f"The object lies in another bucket than {self._name}.", subject=uri)
        return name


def _altered(handle: Handle) -> Corrupt:
    return Corrupt(
        "The bytes are not those that were written (size or sha256 differs).",
        subject=handle.uri,
        next_step="Materialise the asset that wrote it again, or restore the object.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
