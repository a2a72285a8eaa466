"""One lake on disk: its parts put together, checked and swept.

Belongs here: opening and closing, and the lock against a second process.
Does not: HTTP.
"""

import fcntl
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sandbox.gcs.blobs import Blobs
from sandbox.gcs.buckets import Buckets
from sandbox.gcs.metadata import Metadata
from sandbox.gcs.objects import Objects
from sandbox.gcs.uploads import Uploads

logger = logging.getLogger(__name__)


class FolderTaken(Exception):
    """Another process serves this folder; two would sweep away each other's uploads."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Everything a request may need."""

    folder: Path
    blobs: Blobs
    metadata: Metadata
    buckets: Buckets
    objects: Objects
    uploads: Uploads
    lock: TextIO

    def close(self) -> None:
        """Release the folder."""
        self.metadata.close()
        self.lock.close()


def open_lake(folder: Path) -> Lake:
    """Open the lake in `folder`, made if missing, and remove what a killed process left behind.

    Raises:
        FolderTaken: Another process serves it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder / "lock")
    blobs = Blobs(folder / "data")
    metadata = Metadata(folder / "metadata.sqlite", blobs)
    objects = Objects(metadata, blobs)
    uploads = Uploads(metadata, blobs, objects)
    uploads.expire()
    swept = blobs.sweep(metadata.files())
    logger.info("Opened the lake in %s; removed %d files that no object names.", folder, swept)
    return Lake(folder, blobs, metadata, Buckets(metadata), objects, uploads, lock)


def _locked(path: Path) -> TextIO:
    """Return the lock file, locked until this process ends in whatever way."""
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        message = f"Another lake serves {path.parent}: stop it, or give this one its own --data folder."
        raise FolderTaken(message) from None
    return handle
