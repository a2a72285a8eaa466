"""The bucket itself: what is in it, what it is called, and how its objects go.

Belongs here: names, listings, existence, removal. Does not: bytes (`lake.store`), JSON documents (`lake.documents`).
`STORAGE_EMULATOR_HOST` is honoured by the client library itself, so nothing here knows about it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.adapters import HTTPAdapter

from nooks_dagster.lake.errors import Missing, lake_errors

TIMEOUT = 60
"""Seconds of one request."""
_CONNECTIONS = 64
_BATCH = 100  # requests that Google takes in one body


class Stored(NamedTuple):
    """An object as a listing tells it; when it was created is the bucket's word."""

    name: str
    bytes: int
    created: datetime


class Bucket:
    """One bucket. Safe to share between threads.

    Args:
        bucket: Its name.
        client: A google-cloud-storage client; by default one with the ambient credentials.
        patience: Seconds for which a single call is tried again while the lake does not answer.

    Raises:
        Permanent: There are no Google credentials.
    """

    def __init__(self, bucket: str, client: storage.Client | None = None, *, patience: float = 60.0) -> None:
        self._name = bucket
        with lake_errors(f"gs://{bucket}"):
            self._client = client or _client()
        self._bucket = self._client.bucket(bucket)
        self._bucket_seen = False
        self._retry = DEFAULT_RETRY.with_timeout(patience)

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
                self._bucket.blob(name).reload(retry=self._retry, timeout=TIMEOUT)
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
                self._bucket, prefix=prefix, delimiter="/", retry=self._retry, timeout=TIMEOUT
            )
            return sorted(folder for page in listing.pages for folder in page.prefixes)

    def objects(self, prefix: str, start: str | None = None, end: str | None = None) -> Iterator[Stored]:
        """Yield every object below a prefix in the order of the names, a page of 1,000 at a time.

        Args:
            prefix: What their names begin with.
            start: The first name.
            end: The name before which it ends.
        """
        with lake_errors(self.uri(prefix)):
            for blob in self._client.list_blobs(
                self._bucket, prefix=prefix, start_offset=start, end_offset=end, retry=self._retry, timeout=TIMEOUT
            ):
                yield Stored(blob.name, int(blob.size or 0), blob.time_created)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects, 100 in a request; those that are gone already are no error.

        Raises:
            Permanent: Access was refused.
        """
        for group in (names[start : start + _BATCH] for start in range(0, len(names), _BATCH)):
            with suppress(Missing), lake_errors(self.uri(group[0])), self._client.batch():
                for name in group:
                    self._bucket.blob(name).delete(timeout=TIMEOUT)

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


def _client() -> storage.Client:
    """Return a client that keeps a connection for each thread of a live worker; requests itself keeps ten."""
    client = storage.Client()
    client._http.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS))  # noqa: SLF001  as Google's guide does
    client._http.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS))  # noqa: SLF001  a lake of one's own
    return client
