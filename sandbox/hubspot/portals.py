"""The folder of portals: which there are, what each is made of, durable on disk.

Belongs here: creating, altering, finding and reopening portals.
Does not: what a portal answers (`sandbox.hubspot.portal`).

`portals/<name>/portal.json` says what a portal is made of and is written last, so that it is there whole or not at all.
"""

import threading
from datetime import timedelta
from pathlib import Path

from sandbox.alterations import AlterableWorlds
from sandbox.folders import Definition, Folders, Version
from sandbox.hubspot.alterations import ALTERATIONS, Alteration, read_alteration
from sandbox.hubspot.altered import altered
from sandbox.hubspot.generated.world import make_world
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.records import Records
from sandbox.world.hashing import mix, salt

DEFAULT_SKEW = timedelta(minutes=7)
"""How far a portal's clock is behind the machine's, unless it is made otherwise: unkind by default."""

DEFAULT_TIES = 12_000
"""How many rows of a type share one millisecond, if it has more than twice as many: more than search gives out."""

_MOST_ACCOUNTS = 3_000_000
"""42 million records; beyond, the arithmetic of their moments would leave 63 bits."""

_LOG = "writes.sqlite"


class Portals(AlterableWorlds[Portal, Alteration]):
    """Every portal below `state/portals/<name>/`. What another process creates is seen at the next call."""

    def __init__(self, state: Path) -> None:
        super().__init__(Folders(state / "portals", "portal"), ALTERATIONS, read_alteration)
        self._open: dict[str, tuple[Version, Records]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Portal:
        """Return a portal as it was altered.

        Raises:
            KeyError: There is no such portal.
        """
        return altered(self.living(name), self.alterations(name))

    def create_generated(
        self, name: str, accounts: int, seed: int, skew: timedelta = DEFAULT_SKEW, ties: int = DEFAULT_TIES
    ) -> Portal:
        """Make a portal whose records are a pure function of `seed`, types in proportion to accounts (companies).

        Making the same portal again returns it, with everything that was written to it since.

        Raises:
            ValueError: The name cannot be a host name, accounts is out of range, or another portal has the name.
        """
        if not 1 <= accounts <= _MOST_ACCOUNTS:
            raise ValueError(f"{accounts} accounts: choose between 1 and {_MOST_ACCOUNTS:,}")
        self._folders.define(
            name, {"accounts": accounts, "seed": seed, "skew_seconds": skew.total_seconds(), "ties": ties}
        )
        return self.get(name)

    def living(self, name: str) -> Records:
        """Return a portal, and what may happen to its records, whatever its alterations.

        Raises:
            KeyError: There is no such portal.
        """
        version = self._folders.version(name)
        with self._lock:
            known = self._open.get(name)
            if known is None or known[0] != version:
                opened = _open(self._folders.folder(name), self._folders.definition(name))
                known = self._open[name] = (version, opened)
        return known[1]


def _open(folder: Path, definition: Definition) -> Records:
    seed = definition["seed"]
    hub_id = 20_000_000 + mix(seed ^ salt(folder.name)) % 79_999_999
    world = make_world(hub_id, seed, definition["accounts"], definition["ties"])
    return Records(folder.name, hub_id, world, folder / _LOG, definition["skew_seconds"])
