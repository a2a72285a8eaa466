"""Recordings: their bytes, read from the lake once for all stages that follow soon.

Belongs here: where a workspace's recordings lie, and the last of them in memory. Does not: what is in them
(`calls.audio`), uploading them (`calls.ingest`).
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

KEPT = 64 * 1024 * 1024
"""Bytes of recordings that a process keeps: 120 of eight seconds, five times the calls in its hands."""
SMALL = 16 * 1024 * 1024
"""Larger ones, of more than four minutes, are read from a file and not kept: they would fill the memory."""


@dataclass(frozen=True, slots=True)
class Read:
    """A recording as it was read: what it is called from now on, and its bytes, or a file of them."""

    handle: Handle
    source: bytes | Path = field(repr=False)


class Recordings:
    """The recordings of a lake. One object of a process, used by many threads at once.

    Args:
        lake: Where they are.
        kept: Bytes of them that are kept in memory.
    """

    def __init__(self, lake: Lake, kept: int = KEPT) -> None:
        self._lake = lake
        self._most = kept
        self._kept: OrderedDict[Handle, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def owns(self, workspace: str, uri: str) -> bool:
        """Say whether an address lies below a workspace's own prefix."""
        return uri.startswith(self._lake.uri(f"recordings/workspace={workspace}/"))

    @contextmanager
    def first(self, uri: str, most: int) -> Iterator[Read | None]:
        """Yield a recording that nobody has a handle of yet; None if it is larger than `most` bytes.

        Raises:
            Missing: It is not there.
            Transient: The lake did not answer.
        """
        data = self._lake.read(uri, min(SMALL, most))
        if len(data) <= min(SMALL, most):
            handle = Handle(uri, 0, len(data), hashlib.sha256(data).hexdigest())
            self._keep(handle, data)
            yield Read(handle, data)
        elif len(data) > most:
            yield None
        else:
            del data
            with self._lake.copied(uri, most) as path:
                yield _read(uri, path) if path.stat().st_size <= most else None

    def read(self, handle: Handle) -> bytes:
        """Return a recording, verified.

        Raises:
            Corrupt: The bytes are not those that were validated.
            Missing: It is gone.
            Transient: The lake did not answer.
        """
        with self._lock:
            if (data := self._kept.get(handle)) is not None:
                self._kept.move_to_end(handle)
                return data
        data = self._lake.get(handle)
        self._keep(handle, data)
        return data

    def remove(self, uri: str) -> bool:
        """Remove a recording unread; say whether it was there.

        Raises:
            Transient: The lake did not answer.
        """
        if not self._lake.exists(self._name(uri)):
            return False
        self.remove_all([uri])
        return True

    def remove_all(self, uris: Sequence[str]) -> None:
        """Remove recordings unread; those that are not there are no error.

        Raises:
            Transient: The lake did not answer.
        """
        self._lake.remove([self._name(uri) for uri in uris])

    def _name(self, uri: str) -> str:
        return uri.removeprefix(self._lake.uri(""))

    def _keep(self, handle: Handle, data: bytes) -> None:
        if len(data) > min(SMALL, self._most):
            return
        with self._lock:
            if handle not in self._kept:
                self._kept[handle] = data
                self._bytes += len(data)
            while self._bytes > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest)


def _read(uri: str, path: Path) -> Read:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Read(Handle(uri, 0, path.stat().st_size, sha256), path)
