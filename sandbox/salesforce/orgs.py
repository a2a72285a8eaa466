"""The folder of orgs: which there are, what each is made of, durable on disk.

Belongs here: creating, altering, finding and reopening orgs, with a running server looking on.
Does not: what an org answers (`sandbox.salesforce.org`), the records of a loaded one (`sandbox.salesforce.export`),
what happens to records (`sandbox.salesforce.living`).

`orgs/<name>/org.json` says what an org is made of and is written last, so that an org is there whole or not at all.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.alterations import FILE, AlterableWorlds
from sandbox.folders import Definition, Folders, Version
from sandbox.salesforce.alterations import ALTERATIONS, Alteration, read_alteration
from sandbox.salesforce.altered import altered, open_since
from sandbox.salesforce.export.load import load
from sandbox.salesforce.export.table import loaded_tables
from sandbox.salesforce.generated.table import generated_tables
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.living.states import States
from sandbox.salesforce.org import Org
from sandbox.salesforce.table import Table
from sandbox.salesforce.table_org import TableOrg

DEFAULT_SKEW = timedelta(minutes=7)
"""How far an org's clock is behind the machine's, unless it is made otherwise: unkind by default."""

_MOST_ACCOUNTS = 40_000_000
_RECORDS = "records.sqlite"
_CHANGES = "changes.sqlite"


class Orgs(AlterableWorlds[Org, Alteration]):
    """Every org below `state/orgs/<name>/`. What another process creates is seen at the next call."""

    def __init__(self, state: Path) -> None:
        super().__init__(Folders(state / "orgs", "org"), ALTERATIONS, read_alteration)
        self._open: dict[str, tuple[Version, Org]] = {}
        self._living: dict[str, tuple[Version, Living]] = {}
        self._lock = threading.RLock()

    def get(self, name: str) -> Org:
        """Return an org, the same object until its folder changes.

        Raises:
            KeyError: There is no such org.
        """
        version = self._folders.version(name, _RECORDS, FILE)
        with self._lock:
            known = self._open.get(name)
            if known is None or known[0] != version:
                known = self._open[name] = (version, self._opened(name))
        return known[1]

    def living(self, name: str) -> Living:
        """Return the records of an org, and what may happen to them, whatever its alterations.

        Raises:
            KeyError: There is no such org.
        """
        version = self._folders.version(name, _RECORDS)
        with self._lock:
            known = self._living.get(name)
            if known is None or known[0] != version:
                folder, definition = self._folders.folder(name), self._folders.definition(name)
                skew = timedelta(seconds=definition["skew_seconds"])
                made = Living(folder / _CHANGES, _tables(folder, definition), skew)
                known = self._living[name] = (version, made)
        return known[1]

    def states(self, name: str) -> States:
        """Return all that the records of an org ever were, up to now.

        Raises:
            KeyError: There is no such org.
        """
        return States(self._folders.folder(name) / _CHANGES, self.living(name))

    def create_generated(self, name: str, accounts: int, seed: int, skew: timedelta = DEFAULT_SKEW) -> Org:
        """Make an org whose records are a pure function of `seed`, objects in proportion to accounts.

        Making the same org again returns it.

        Raises:
            ValueError: The name cannot be a host name, accounts is out of range, or another org has the name.
        """
        if not 1 <= accounts <= _MOST_ACCOUNTS:
            raise ValueError(f"{accounts} accounts: choose between 1 and {_MOST_ACCOUNTS:,}")
        definition = {"kind": "generated", "accounts": accounts, "seed": seed, "skew_seconds": skew.total_seconds()}
        self._folders.define(name, definition)
        return self.get(name)

    def load_export(self, name: str, folder: Path) -> Org:
        """Make an org from a Salesforce Data Export, replacing a loaded org of that name whole.

        Raises:
            ValueError: The folder or a file in it cannot be loaded; the sentence names file and line.
        """
        own = self._folders.prepared(name)
        existing = self._folders.existing(name)
        if existing is not None and existing["kind"] != "loaded":
            raise ValueError(f"org {name} exists and is generated: choose another name, or delete {own}")
        load(folder, own / _RECORDS)
        for changes in own.glob(f"{_CHANGES}*"):
            changes.unlink()
        definition = {"kind": "loaded", "skew_seconds": DEFAULT_SKEW.total_seconds()}
        self._folders.write(name, definition)
        return self.get(name)

    def _opened(self, name: str) -> Org:
        living, done = self.living(name), self.alterations(name)
        altered_since = open_since(done)

        def covered() -> datetime:
            with living.overlay.reading():  # Nobody is between a stamp and showing it.
                return min([living.clock(), *altered_since, *living.open_since()])

        return TableOrg(name, altered(list(living.tables.values()), done), living.clock, covered, living)


def _tables(folder: Path, definition: Definition) -> Sequence[Table[Any]]:
    if definition["kind"] == "generated":
        return generated_tables(definition["seed"], definition["accounts"])
    return loaded_tables(folder / _RECORDS)
