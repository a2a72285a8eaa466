"""Which process serves a state folder, if any, and on which port.

Belongs here: the one file that says so, and the lock on it that dies with its process.
Does not: starting or stopping anything.
"""

import fcntl
import os
from pathlib import Path

DEFAULT_PORT = 15080


class Serving:
    """The note `serving` in a state folder: a port number, locked while somebody serves there."""

    def __init__(self, state: Path) -> None:
        self._path = state / "serving"
        self._descriptor: int | None = None

    def port(self) -> int | None:
        """Return the port on which this folder is served now, or None."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self.last_port()
        else:
            return None
        finally:
            os.close(descriptor)

    def last_port(self) -> int:
        """Return the port on which this folder was served last, or the default."""
        text = self._path.read_text() if self._path.exists() else ""
        return int(text) if text.isdigit() else DEFAULT_PORT

    def claim(self) -> bool:
        """Become the one that serves, until this process ends, and return whether that succeeded."""
        self._descriptor = self._open()
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            return False
        return True

    def announce(self, port: int) -> None:
        """Write down the port, once it listens."""
        self._path.write_text(str(port))

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
