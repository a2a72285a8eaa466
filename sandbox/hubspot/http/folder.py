"""The folder of portals, as the interface sees it.

Belongs here: what is asked of it. Does not: the folder itself (`sandbox.hubspot.portals`).
"""

from collections.abc import Sequence
from typing import Protocol

from sandbox.hubspot.portal import Portal


class Folder(Protocol):
    """Every portal that is served. What another process creates is seen at the next call."""

    def names(self) -> Sequence[str]:
        """Names of all portals, sorted."""
        ...

    def get(self, name: str) -> Portal:
        """Return a portal.

        Raises:
            KeyError: There is no such portal.
        """
        ...
