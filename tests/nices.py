"""How nice threads are: the value of this one, and those under which something was called.

Belongs here: asking the kernel. Does not: who should give way (the tests of each room).
"""

import os
import sys
import threading
from typing import Any

import pytest


def nice() -> int:
    """Return the nice value of this thread; only Linux has one of each."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


class Called:
    """Something that tells under which nice values it was called from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        do, self.nices = getattr(owner, name), set[int]()

        def noting(*args: Any, **kwargs: Any) -> Any:
            self.nices.add(nice())
            return do(*args, **kwargs)

        monkeypatch.setattr(owner, name, noting)

    @property
    def gave_way(self) -> bool:
        """Say whether it was called, and each time by a thread that gives way; elsewhere than on Linux none can."""
        return bool(self.nices) and (self.nices == {10} or sys.platform != "linux")
