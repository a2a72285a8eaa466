"""The bucket: objects created once and verified when read, and small JSON documents swapped by generation.

Belongs here: every call to GCS that the platform makes. Does not: what is inside the objects.
`STORAGE_EMULATOR_HOST` is honoured by the client library itself, so nothing here knows about it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from pydantic import JsonValue
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from nooks_dagster.failures import Corrupt, Transient
from nooks_dagster.lake.errors import Conflict, Missing, disk_errors, lake_errors
from nooks_dagster.lake.handle import Handle
from nooks_dagster.settings import settings

# Above the client's 8 MiB an upload is resumable; each piece of it has a time-out and retries of its own.
_PIECE = 8 * 1024 * 1024
_TIMEOUT = 60
_BATCH = 100  # requests that Google takes in one body


class Document(NamedTuple):
    """A JSON object as it was read. Generation 0 means that there is none."""

    value: JsonValue
    generation: int


class Stored(NamedTuple):
    """An object as a listing tells it; when it was created is the bucket's word."""

    name: str
    bytes: int
    created: datetime


class Lake:
    """One bucket. Safe to share between threads.

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
        self._scratch = (scratch or settings().scratch).absolute()
        self._name = bucket
        with lake_errors(f"gs://{bucket}"):
            self._client = client or storage.Client()
        self._bucket = self._client.bucket(bucket)
        self._bucket_seen = False
        self._retry = DEFAULT_RETRY.with_timeout(patience)

    @property
    def scratch(self) -> Path:
        """The folder of files that live for one part; created when it is missing."""
        with disk_errors(self._scratch):
            self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch

    def uri(self, name: str) -> str:
        """Return the address of an object."""
        return f"gs://{self._name}/{name}"

    def exists(self, name: str) -> bool:
        """Return whether exactly this object is there.

        Raises:
            Permanent: The bucket is missing, or access was refused.
        """
        try:
            with self._reading(self.uri(name)):
                self._bucket.blob(name).reload(retry=self._retry, timeout=_TIMEOUT)
        except Missing:
            return False
        return True

    def folders(self, prefix: str) -> list[str]:
        """Return the names directly below a folder that are folders themselves, each ending in `/`.

        Args:
            prefix: A folder's name, ending in `/`; "" for the bucket itself.
        """
        with lake_errors(self.uri(prefix)):
            listing = self._client.list_blobs(
                self._bucket, prefix=prefix, delimiter="/", retry=self._retry, timeout=_TIMEOUT
            )
            return sorted(folder for page in listing.pages for folder in page.prefixes)

    def objects(self, prefix: str) -> Iterator[Stored]:
        """Yield every object below a prefix in the order of the names, a page of 1,000 at a time."""
        with lake_errors(self.uri(prefix)):
            for blob in self._client.list_blobs(self._bucket, prefix=prefix, retry=self._retry, timeout=_TIMEOUT):
                yield Stored(blob.name, int(blob.size or 0), blob.time_created)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects, 100 in a request; those that are gone already are no error.

        Raises:
            Permanent: Access was refused.
        """
        for group in (names[start : start + _BATCH] for start in range(0, len(names), _BATCH)):
            with suppress(Missing), lake_errors(self.uri(group[0])), self._client.batch():
                for name in group:
                    self._bucket.blob(name).delete(timeout=_TIMEOUT)

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
        blob = self._bucket.blob(name, chunk_size=_PIECE)
        blob.metadata = {"sha256": handle.sha256, "rows": str(rows)}
        try:
            with lake_errors(handle.uri):
                blob.upload_from_filename(
                    str(path),
                    content_type="application/octet-stream",
                    if_generation_match=0,
                    checksum="crc32c",
                    retry=self._retry,
                    timeout=_TIMEOUT,
                )
        except Conflict:
            self._check_same(handle, name)
        except Missing as lost:
            raise Transient("The lake lost an upload half-way.", subject=handle.uri) from lost
        return handle

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
                blob = self._bucket.blob(self._object(handle))
                blob.download_to_filename(str(unverified), retry=self._retry, timeout=_TIMEOUT)
            if unverified.stat().st_size != handle.bytes or _sha256(unverified) != handle.sha256:
                raise Corrupt(
                    "The bytes are not those that were written (size or sha256 differs).",
                    subject=handle.uri,
                    next_step="Materialise the asset that wrote it again, or restore the object.",
                )
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

    def tail(self, handle: Handle, size: int) -> bytes:
        """Return the last bytes of an object, unverified: at most `size`.

        Raises:
            Missing: The object is gone.
            Transient: The lake did not answer.
        """
        blob = self._bucket.blob(self._object(handle))
        start = max(0, handle.bytes - size)
        with self._reading(handle.uri):
            return bytes(blob.download_as_bytes(start=start, retry=self._retry, timeout=_TIMEOUT))

    def read_json(self, name: str) -> Document:
        """Return a JSON object with its generation, or `Document(None, 0)` when there is none.

        Raises:
            Corrupt: It is no JSON.
        """
        blob = self._bucket.blob(name)
        try:
            with self._reading(self.uri(name)):
                data = blob.download_as_bytes(retry=self._retry, timeout=_TIMEOUT)
            return Document(json.loads(data), int(blob.generation or 0))
        except Missing:
            return Document(None, 0)
        except ValueError as error:
            raise Corrupt("The object is no JSON.", subject=self.uri(name)) from error

    def write_json(self, name: str, value: JsonValue, generation: int) -> int:
        """Replace a JSON object if it still has the given generation, and return the new one.

        Args:
            name: The object's name.
            value: What to write.
            generation: As read; 0 creates the object and refuses to replace one.

        Raises:
            Conflict: Another writer came first, or this one's own earlier try did.
            ValueError: The value holds a NaN or an infinity, which JSON has not.
        """
        data = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        blob = self._bucket.blob(name)
        with lake_errors(self.uri(name)):
            blob.upload_from_string(
                data,
                content_type="application/json",
                if_generation_match=generation,
                checksum="crc32c",
                retry=self._retry,
                timeout=_TIMEOUT,
            )
        return int(blob.generation or 0)

    @retry(
        retry=retry_if_exception_type(Conflict),
        wait=wait_random_exponential(0.1, max=3),
        stop=stop_after_attempt(20),
        reraise=True,
    )
    def swap_json(self, name: str, change: Callable[[Document], JsonValue]) -> None:
        """Change a JSON object so that no writer undoes what another has written meanwhile.

        Args:
            name: The object's name.
            change: Makes the new value out of the standing one. Called again whenever another writer comes
                first, so what it returns for its own result must be that result.

        Raises:
            Conflict: Others came first twenty times in a row.
        """
        standing = self.read_json(name)
        changed = change(standing)
        if not standing.generation or changed != standing.value:
            self.write_json(name, changed, standing.generation)

    @contextmanager
    def _reading(self, uri: str) -> Iterator[None]:
        try:
            with lake_errors(uri):
                yield
        except Missing:
            if not self._bucket_seen:  # the answer to a read may not tell a missing bucket from a missing object
                self.folders("")
                self._bucket_seen = True
            raise

    def _check_same(self, handle: Handle, name: str) -> None:
        """Raise unless the object that took the name first holds the bytes of the handle."""
        blob = self._bucket.blob(name)
        with lake_errors(handle.uri):
            blob.reload(retry=self._retry, timeout=_TIMEOUT)
        if blob.size != handle.bytes or (blob.metadata or {}).get("sha256") != handle.sha256:
            raise Corrupt(
                "The name is taken by other bytes; objects are never overwritten.",
                subject=handle.uri,
                next_step="Write under another name: part names carry the fence of their writer.",
            )

    def _object(self, handle: Handle) -> str:
        bucket, _, name = handle.uri.removeprefix("gs://").partition("/")
        if bucket != self._name:
            raise Missing(f"The object lies in another bucket than {self._name}.", subject=handle.uri)
        return name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
